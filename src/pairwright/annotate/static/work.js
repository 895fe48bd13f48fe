// The annotator's page: offers pairs, takes answers. What is given is in the outbox before the next pair shows.
import { call, newKey } from "./calls.js";
import { answered, open } from "./dialogs.js";
import { marked, notice, progress, say, screen } from "./frame.js";
import { sayIfChanged, showGuidelines } from "./guidelines.js";
import { el } from "./html.js";
import { meaning } from "./keys.js";
import { Marks } from "./marks.js";
import { showNext } from "./next.js";
import { Offers } from "./offers.js";
import { Outbox } from "./outbox.js";
import { showPast } from "./past.js";
import { hideFeedback, showFeedback } from "./practice.js";
import { READS } from "./reading.js";
import { begin, ratingsGiven, reasonsGiven, toggleReason } from "./reasons.js";
import { enlarge } from "./texts.js";
import { Timer } from "./timer.js";
import { Undo } from "./undo.js";
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
const at = { page: "/work", offers: "/api/work", leave: "/api/leave" };
const offers = new Offers(outbox, at, AHEAD, { current: () => current, held, taken, forget });
const done = new Undo(outbox, "/api/undo", again);

let current = null; // the task on screen; with `reopened`, one that was answered before
let ahead = []; // tasks loaded for after it
let guideline = null;
let strength = null;
let note = "";
let shownAt = 0;
let practised = null; // a practice pair that was answered, until its feedback has been read
let told = false; // whether that feedback is on screen
let lastPractice = false;

// ---- what is next

// What the server offered and still has no answer to.
function held() {
  return [current, ...ahead].filter((task) => task && !task.reopened);
}

function forget() {
  current = null;
  ahead = [];
  done.forget();
}

function taken(found, unsent) {
  if (found.state === "rank") return location.assign("/rank");
  progress(found.progress);
  guideline = found.guideline;
  sayIfChanged(guideline);
  if (found.comments) {
    const link = el("a", { href: "/me", target: "_blank" }, t("Read"));
    notice("comments", "info", t("Your lead left you {n} comments.", { n: found.comments }), " ", link);
  } else notice("comments", null);
  ahead = ahead.filter((task) => !found.gone.includes(task.id));
  const known = new Set([current?.id, ...ahead.map((task) => task.id), ...unsent]);
  // An answer given while this was under way must not be asked for again.
  for (const each of outbox.waiting) known.add(each.body.id);
  const fresh = found.tasks.filter((task) => !known.has(task.id));
  if (current && found.gone.includes(current.id)) {
    notice("gone", "info", t("The pair you had was decided meanwhile. Here is the next one."));
    current = null;
  }
  ahead.push(...fresh);
  if (!practised) notice("qualify", found.state === "qualify" ? "info" : null, found.message);
  if (current || practised) return;
  if (ahead.length) return next();
  const waits = found.state === "paused" ? t("Paused") : t("All done");
  if (found.alone) return alone();
  screen(waits, found.message || t("One moment …"), ...undoButton());
  offers.later(found.state === "work" || found.state === "qualify" ? 300 : 15000);
}

// Nobody else is here to go on: the page says what comes next, and does it.
function alone() {
  offers.rest();
  if ($("next") && !$("screen").hidden) return;
  const place = el("div", { id: "next" });
  screen(t("You have answered all that waited for you"), "", place, ...undoButton());
  showNext(place, () => offers.load());
}

function undoButton() {
  if (!done.last) return [];
  return [el("p", {}, el("button", { type: "button", onclick: undo }, t("Undo the last answer"), " ", el("kbd", {}, "u")))];
}

function next() {
  current = ahead.shift() ?? null;
  if (!current) {
    screen(t("One moment …"), t("The next pair is on its way."));
    offers.load();
    return;
  }
  show(current);
  offers.load();
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
    notice("before", "info", t("You had answered: {choice}.", { choice }), " ", task.reopened ? leave : "");
  } else notice("before", null);
  marked("note", note !== "");
  timer.start(view.words(task));
  shownAt = performance.now();
}

// ---- answers

function answer(choice, much) {
  // Held-down keys repeat and fingers double-click: neither is a look at the pair that has just come up.
  if (!current || !offers.active || performance.now() - shownAt < LOCKED) return;
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
  else done.keep(task, given);
  current = null;
  outbox.add("/api/answer", given);
  notice("judge", null);
  notice("before", null);
  notice("mark", null);
  notice("gone", null);
  say(t("Saved: {choice}.", { choice: choiceText(choice, given.strength) }));
  if (practised) return;
  next();
  requestAnimationFrame(() => setTimeout(() => performance.measure("key-to-next-pair", { start: began })));
}

function leaveBehind(path, body, said) {
  const task = current;
  if (task.reopened) outbox.add("/api/undo", { id: task.id, key: newKey() });
  done.keep(task, body);
  current = null;
  outbox.add(path, { id: task.id, key: newKey(), ...body });
  say(said);
  next();
}

function undo() {
  if (offers.active && !practised) done.undo();
}

function again(task, given) {
  putBack();
  notice("judge", null);
  show(given ? { ...task, previous: given.choice ? given : null } : task);
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
    say(t("Choose again."));
  } catch (problem) {
    notice("undo", "bad", t("It can't be changed: {why}", { why: problem.message }));
  }
}

function leaveAsItWas() {
  if (!current?.reopened) return;
  notice("before", null);
  current = null;
  next();
}

outbox.addEventListener("sent", ({ detail: { path, body, answer: got } }) => {
  if (got.progress) progress(got.progress);
  if (path === "/api/answer" && got.feedback) {
    if (practised?.id !== body.id) return; // given before the page was loaded anew
    told = true;
    lastPractice = got.feedback.done === got.feedback.needed;
    showFeedback(got.feedback, body);
  } else if (path === "/api/answer" && got.judge?.length && done.last?.given.key === body.key) {
    const mine = el("span", {}, t("You said: {answer}", { answer: choiceText(body.choice, body.strength) }), ". ");
    notice("judge", "judge-said", mine, ...got.judge.map(judgeLine));
  }
});

outbox.addEventListener("refused", ({ detail }) => {
  if (practised?.id === detail.body.id) practised = null;
  notice("refused", "bad", t("An answer was not taken: {why}", { why: detail.why }));
  offers.load();
});

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
  enlarge: () => enlarge(),
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
    if (found.left === undefined || found.left === null) notice(what, "info", found.message);
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
    notice("mark", problem ? "bad" : "info", problem?.message ?? t("Select what decided, or tap a sentence. Keys: ↑ ↓ and ← → move, Space marks, q ends."));
  }
  if (!marks.on) notice("mark", null);
  view.instead = marks.on ? { what: "mark", draw: () => marks.draw() } : null;
  view.redraw();
}

function onScreen() {
  return current ?? practised;
}

function blocked() {
  if (current?.kind !== "qualify") return false;
  notice("practice", "info", t("Practice pairs can't be skipped or flagged: choose what you think is best."));
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
  const place = "pairwright:active";
  const sum = Number(sessionStorage.getItem(place) ?? 0) + seconds;
  sessionStorage.setItem(place, String(sum >= BREAK_AFTER ? 0 : sum));
  if (sum >= BREAK_AFTER) notice("break", "info", t("You have been at it for 50 minutes. A short break keeps your eye sharp."));
}

outbox.send();
offers.load();
if (location.hash === "#answers") past();
