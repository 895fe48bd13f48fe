// The annotator's page: offers pairs, takes answers. What is given is in the outbox before the next pair shows.
import { beacon, call, newKey, person } from "./calls.js";
import { answered, open } from "./dialogs.js";
import { el, setHtml } from "./html.js";
import { meaning } from "./keys.js";
import { Marks } from "./marks.js";
import { Outbox } from "./outbox.js";
import { showPast } from "./past.js";
import { hideFeedback, showFeedback } from "./practice.js";
import { showNext } from "./next.js";
import { READS } from "./reading.js";
import { begin, ratingsGiven, reasonsGiven, toggleReason } from "./reasons.js";
import { Timer } from "./timer.js";
import { choiceText, judgeLine, View } from "./view.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const AHEAD = 3; // pairs held: the one on screen and those loaded for after it
const BREAK_AFTER = 50 * 60; // active seconds
const LOCKED = 250; // ms after a pair shows in which a held-down key or double click is not an answer to it

const view = new View();
const timer = new Timer();
const outbox = new Outbox();
const marks = new Marks(() => marked("mark", marks.spans.length > 0));

let current = null; // the task on screen; with `reopened`, one that was answered before
let ahead = []; // tasks loaded for after it
let history = []; // {task, given}: what can be undone at once, newest last
let guideline = null;
let strength = null;
let note = "";
let shownAt = 0;
let active = true; // false while another tab of this person is the one in use
let loading = null;
let retry = 0;
let practised = null; // a practice pair that was answered, until its feedback has been read
let told = false; // whether that feedback is on screen
let lastPractice = false;

// ---- what is next

// What the server offered and still has no answer to.
function held() {
  return [current, ...ahead].filter((task) => task && !task.reopened);
}

async function load() {
  if (loading || !active) return loading;
  loading = (async () => {
    const unsent = outbox.waiting.map((each) => each.body.id).filter(Boolean);
    const have = held().map((task) => task.id);
    const n = AHEAD - have.length;
    if (n <= 0 && current) return;
    const query = new URLSearchParams({ n: Math.max(n, 1), have: [...new Set([...have, ...unsent])].join(",") });
    let found;
    try {
      found = await call(`/api/work?${query}`);
    } catch (problem) {
      clearTimeout(retry);
      retry = setTimeout(load, 3000);
      if (problem.status === 401) signedOut("");
      else if (!current) {
        const title = problem.status ? t("Something is wrong") : t("Not connected");
        view.screen(title, `${problem.message} ${t("Trying again …")}`);
      }
      return;
    }
    taken(found, unsent);
  })();
  try {
    await loading;
  } finally {
    loading = null;
  }
}

// Whoever reads for long keeps their pairs; whoever comes back later learns what was decided meanwhile.
async function renew() {
  if (!active || document.hidden || loading || !current) return;
  const have = held().map((task) => task.id);
  const found = await call(`/api/work?${new URLSearchParams({ n: 0, have })}`).catch(() => null);
  if (found && found.gone.length) taken(found, []);
}
setInterval(renew, 5 * 60 * 1000);
document.addEventListener("visibilitychange", renew);

function taken(found, unsent) {
  if (found.state === "rank") return location.assign("/rank");
  view.progress(found.progress);
  version(found.guideline);
  if (found.comments) {
    const link = el("a", { href: "/me", target: "_blank" }, t("Read"));
    view.notice("comments", "info", t("Your lead left you {n} comments.", { n: found.comments }), " ", link);
  } else view.notice("comments", null);
  ahead = ahead.filter((task) => !found.gone.includes(task.id));
  const known = new Set([current?.id, ...ahead.map((task) => task.id), ...unsent]);
  // An answer given while this was under way must not be asked for again.
  for (const each of outbox.waiting) known.add(each.body.id);
  const fresh = found.tasks.filter((task) => !known.has(task.id));
  if (current && found.gone.includes(current.id)) {
    view.notice("gone", "info", t("The pair you had was decided meanwhile. Here is the next one."));
    current = null;
  }
  ahead.push(...fresh);
  if (!practised) view.notice("qualify", found.state === "qualify" ? "info" : null, found.message);
  if (current || practised) return;
  if (ahead.length) return next();
  const waits = found.state === "paused" ? t("Paused") : t("All done");
  if (found.alone) return alone();
  view.screen(waits, found.message || t("One moment …"), ...undoButton());
  clearTimeout(retry);
  retry = setTimeout(load, found.state === "work" || found.state === "qualify" ? 300 : 15000);
}

// Nobody else is here to go on: the page says what comes next, and does it.
function alone() {
  clearTimeout(retry);
  if ($("next") && !$("screen").hidden) return;
  const place = el("div", { id: "next" });
  view.screen(t("You have answered all that waited for you"), "", place, ...undoButton());
  showNext(place, load);
}

function undoButton() {
  if (!history.length) return [];
  return [el("p", {}, el("button", { type: "button", onclick: undo }, t("Undo the last answer"), " ", el("kbd", {}, "u")))];
}

function next() {
  current = ahead.shift() ?? null;
  if (!current) {
    view.screen(t("One moment …"), t("The next pair is on its way."));
    load();
    return;
  }
  show(current);
  load();
}

function show(task) {
  current = task;
  setStrength(null);
  begin(task.previous);
  marks.begin(task.previous?.spans);
  marked("mark", marks.spans.length > 0);
  note = task.previous?.note ?? "";
  view.show(task);
  if (task.previous) {
    const leave = el("button", { type: "button", onclick: leaveAsItWas }, t("Leave it so"), " ", el("kbd", {}, "Esc"));
    const choice = choiceText(task.previous.choice, task.previous.strength);
    view.notice("before", "info", t("You had answered: {choice}.", { choice }), " ", task.reopened ? leave : "");
  } else view.notice("before", null);
  marked("note", note !== "");
  timer.start(view.words(task));
  shownAt = performance.now();
}

// ---- answers

function answer(choice, much) {
  // Held-down keys repeat and fingers double-click: neither is a look at the pair that has just come up.
  if (!current || !active || performance.now() - shownAt < LOCKED) return;
  const began = performance.now();
  const task = current;
  const sided = choice === "left" || choice === "right";
  const given = {
    id: task.id,
    key: newKey(),
    choice,
    strength: sided ? (much ?? strength) : null,
    seconds: timer.seconds,
    ratings: ratingsGiven(),
    reasons: reasonsGiven(),
    spans: marks.spans,
    note: note || null,
    guideline: guideline?.id ?? null,
  };
  rest(given.seconds);
  if (task.kind === "qualify") practised = task;
  else history = [...history, { task, given }].slice(-20);
  current = null;
  outbox.add("/api/answer", given);
  view.notice("judge", null);
  view.notice("before", null);
  view.notice("mark", null);
  view.notice("gone", null);
  view.say(t("Saved: {choice}.", { choice: choiceText(choice, given.strength) }));
  if (practised) return;
  next();
  requestAnimationFrame(() => setTimeout(() => performance.measure("key-to-next-pair", { start: began })));
}

function leaveBehind(path, body, said) {
  const task = current;
  if (task.reopened) outbox.add("/api/undo", { id: task.id, key: newKey() });
  history = [...history, { task, given: body }].slice(-20);
  current = null;
  outbox.add(path, { id: task.id, key: newKey(), ...body });
  view.say(said);
  next();
}

function undo() {
  if (!active || practised) return;
  const last = history.pop();
  if (!last) {
    undoOnServer();
    return;
  }
  putBack();
  if (!outbox.takeBack(last.task.id)) outbox.add("/api/undo", { id: last.task.id, key: newKey() });
  view.notice("judge", null);
  show({ ...last.task, previous: last.given.choice ? last.given : null });
  view.say(t("Taken back. Choose again."));
}

// After a reload the page has no history of its own.
async function undoOnServer() {
  if (outbox.waiting.length) await outbox.send();
  try {
    const found = await call("/api/undo", { key: newKey() });
    if (!found.task) {
      view.notice("undo", "info", t("There is nothing to take back."));
      return;
    }
    putBack();
    view.progress(found.progress);
    show(found.task);
    view.say(t("Taken back. Choose again."));
  } catch (problem) {
    view.notice("undo", "bad", problem.status === 401 ? t("Sign in first.") : t("Not taken back: {why}", { why: problem.message }));
  }
}

// The pair on screen waits until another is done; one that was reopened keeps its answer.
function putBack() {
  if (current && !current.reopened) ahead.unshift(current);
  current = null;
}

// ---- one's own answers

async function past() {
  if (practised) return;
  if (outbox.waiting.length) await outbox.send();
  showPast(reopen);
}

// A skip or flag is taken back at once, an answer once another is given.
async function reopen({ id, what }) {
  try {
    const undo = what !== "vote";
    const found = undo ? await call("/api/undo", { id, key: newKey() }) : await call(`/api/reopen?id=${id}`);
    putBack();
    show({ ...found.task, reopened: !undo });
    view.say(t("Choose again."));
  } catch (problem) {
    view.notice("undo", "bad", t("It can't be changed: {why}", { why: problem.message }));
  }
}

function leaveAsItWas() {
  if (!current?.reopened) return;
  view.notice("before", null);
  current = null;
  next();
}

outbox.addEventListener("sent", ({ detail: { path, body, answer: got } }) => {
  if (got.progress) view.progress(got.progress);
  if (path === "/api/answer" && got.feedback) {
    if (practised?.id !== body.id) return; // given before the page was loaded anew
    told = true;
    lastPractice = got.feedback.done === got.feedback.needed;
    showFeedback(got.feedback, body);
  } else if (path === "/api/answer" && got.judge?.length && history.at(-1)?.given.key === body.key) {
    const mine = el("span", {}, t("You said: {answer}", { answer: choiceText(body.choice, body.strength) }), ". ");
    view.notice("judge", "judge-said", mine, ...got.judge.map(judgeLine));
  }
});

outbox.addEventListener("refused", ({ detail }) => {
  if (practised?.id === detail.body.id) practised = null;
  view.notice("refused", "bad", t("An answer was not taken: {why}", { why: detail.why }));
  load();
});

outbox.addEventListener("state", ({ detail: { state, text } }) => {
  if (state === "clear") {
    view.notice("connection", null);
    load();
  } else if (state === "signed-out") signedOut(text);
  else view.notice("connection", "warn", state === "offline" ? `${t("Not connected.")} ${text}` : text);
});

function signedOut(text) {
  const link = el("a", { href: "/signin?next=/work", target: "_blank" }, t("Sign in"));
  const what = t("You are signed out: sign in again in a new tab and come back here.");
  view.notice("connection", "warn", what, " ", link, ` ${text}`);
}

function practiceSeen() {
  if (!told) return;
  practised = null;
  told = false;
  hideFeedback();
  if (lastPractice) ahead = []; // what comes now is another kind of work
  next();
}

answered({
  skip: (reason) => current && leaveBehind("/api/skip", { reason }, t("Skipped.")),
  flag: (what, said) => current && leaveBehind("/api/flag", { what, note: said || null }, t("Flagged.")),
  note: (text) => {
    note = text ?? note;
    marked("note", note !== "");
  },
});

// ---- guidelines

async function showGuidelines() {
  const dialog = open("guidelines");
  try {
    const found = await call("/api/guidelines");
    setHtml($("guidelines-text"), found.html);
    $("guidelines-changes").hidden = !found.changes;
    setHtml($("guidelines-changes").querySelector("div"), found.changes ?? "");
    dialog.addEventListener("close", () => seen(found.id), { once: true });
  } catch (problem) {
    $("guidelines-text").textContent = t("They can't be loaded now: {why}", { why: problem.message });
  }
}

async function seen(id) {
  try {
    await call("/api/guidelines/seen", { id });
    view.notice("guidelines", null);
  } catch {
    // The notice stays and can be clicked again.
  }
}

function version(found) {
  guideline = found;
  if (found.changed && !document.getElementById("notice-guidelines")) {
    const see = el("button", { type: "button", onclick: showGuidelines }, t("See what changed"), " ", el("kbd", {}, "h"));
    view.notice("guidelines", "info", t("The guidelines have changed."), " ", see);
  }
}

// ---- what keys and buttons do

const does = {
  undo,
  past,
  leave: () => (marks.on ? mark() : leaveAsItWas()),
  onward: practiceSeen,
  skip: () => current && !blocked() && open("skip"),
  flag: () => current && !blocked() && open("flag"),
  note: () => {
    if (!current) return;
    $("note").value = note;
    open("note");
  },
  written: () => {
    view.written = !view.written || view.instead !== null;
    view.instead = null;
    view.redraw();
  },
  mark,
  raw: () => instead("raw"),
  diff: () => instead("diff"),
  enlarge: () => view.enlarge(),
  ...Object.fromEntries(Object.entries(READS).map(([name, [, , read]]) => [name, () => onScreen() && read()])),
  together: () => {
    view.together = !view.together;
    view.redraw();
  },
  smaller: () => $("smaller").click(),
  larger: () => $("larger").click(),
  down: () => scrollBoth(1),
  up: () => scrollBoth(-1),
  guidelines: showGuidelines,
  keys: () => open("keys"),
  slightly: () => setStrength(strength === 1 ? null : 1),
  much: () => setStrength(strength === 3 ? null : 3),
};

// The difference, or the row as JSON, in place of the texts; once more takes one back to these.
async function instead(what) {
  const task = onScreen();
  if (!task) return;
  if (view.instead?.what === what) view.instead = null;
  else {
    const found = await call(`/api/${what}?id=${task.id}`).catch((problem) => ({ message: problem.message }));
    if (onScreen() !== task) return;
    if (found.left === undefined || found.left === null) view.notice(what, "info", found.message);
    else view.instead = { what, ...found };
  }
  view.redraw();
  if (what === "raw") view.toStart();
}

// Both responses as they were written, to mark in them what decided; once more takes one back.
async function mark() {
  const task = current;
  if (!task) return;
  if (marks.on) marks.close();
  else {
    const problem = await marks.open(task.id).catch((found) => found);
    if (current !== task) return;
    view.notice("mark", problem ? "bad" : "info", problem?.message ?? t("Select what decided, or tap a sentence. Keys: ↑ ↓ and ← → move, Space marks, q ends."));
  }
  if (!marks.on) view.notice("mark", null);
  view.instead = marks.on ? { what: "mark", draw: () => marks.draw() } : null;
  view.redraw();
}

function onScreen() {
  return current ?? practised;
}

function blocked() {
  if (current?.kind !== "qualify") return false;
  view.notice("practice", "info", t("Practice pairs can't be skipped or flagged: choose what you think is best."));
  return true;
}

function scrollBoth(way) {
  for (const side of view.together ? ["left"] : ["left", "right"]) {
    $(side).scrollBy({ top: way * $(side).clientHeight * 0.8 });
  }
}

function setStrength(value) {
  strength = value;
  for (const button of document.querySelectorAll("[data-strength]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.strength) === value));
  }
}

function marked(what, on) {
  document.querySelector(`[data-do=${what}]`).classList.toggle("on", on);
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const meant = meaning(event, marks.on);
  if (!meant) return;
  event.preventDefault();
  if (meant.mark) return marks.key(meant.mark);
  if (event.repeat && !["down", "up"].includes(meant.do)) return;
  if (meant.reason) toggleReason(meant.reason);
  else if (meant.choice) answer(meant.choice, meant.strength);
  else does[meant.do]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.choice) answer(button.dataset.choice, null);
  else if (button.dataset.strength) does[button.dataset.strength === "1" ? "slightly" : "much"]();
  else if (button.dataset.key) toggleReason(button.dataset.key);
  else if (button.dataset.do) does[button.dataset.do]();
});

// ---- a break now and then

function rest(seconds) {
  const at = "pairwright:active";
  const sum = Number(sessionStorage.getItem(at) ?? 0) + seconds;
  sessionStorage.setItem(at, String(sum >= BREAK_AFTER ? 0 : sum));
  if (sum >= BREAK_AFTER) view.notice("break", "info", t("You have been at it for 50 minutes. A short break keeps your eye sharp."));
}

// ---- one tab at a time: two would show the same pair

const tabs = new BroadcastChannel(`pairwright:${person}`);
tabs.addEventListener("message", ({ data }) => {
  if (data !== "here" || !active) return;
  active = false;
  const back = el("button", { type: "button", class: "strong", onclick: takeOver }, t("Work here instead"));
  view.screen(t("You are working in another tab"), t("Answers you gave here are saved."), el("p", {}, back));
});

function takeOver() {
  active = true;
  tabs.postMessage("here");
  current = null;
  ahead = [];
  history = [];
  load();
}

addEventListener("pagehide", () => {
  const ids = held().map((task) => task.id);
  if (active && ids.length) beacon("/api/leave", { ids });
});

// The back button may bring the page back as it was: what it held was given back on leaving.
addEventListener("pageshow", (event) => {
  if (event.persisted) takeOver();
});

tabs.postMessage("here");
outbox.send();
load();
if (location.hash === "#answers") past();
