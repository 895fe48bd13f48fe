// The page on which all responses to a prompt are ranked: offers prompts, takes rankings. What is given is in the
// outbox before the next prompt shows.
import { beacon, call, newKey, person } from "./calls.js";
import { answered, open } from "./dialogs.js";
import { el, setHtml } from "./html.js";
import { Outbox } from "./outbox.js";
import { Places } from "./places.js";
import { READS } from "./reading.js";
import { Timer } from "./timer.js";

const $ = (id) => document.getElementById(id);
const AHEAD = 2; // prompts held: the one on screen and the one after it
const LOCKED = 250; // ms after a prompt shows in which a held-down key is no ranking of it

const timer = new Timer();
const outbox = new Outbox();
const places = new Places($("places"), changed);

let current = null; // the task on screen
let ahead = []; // tasks loaded for after it
let history = []; // {task, given}: what can be undone at once, newest last
let guideline = null;
let note = "";
let written = false;
let shownAt = 0;
let active = true; // false while another tab of this person is the one in use
let loading = null;
let retry = 0;

// ---- what is next

async function load() {
  if (loading || !active) return loading;
  loading = (async () => {
    const unsent = outbox.waiting.map((each) => each.body.id).filter(Boolean);
    const have = [current, ...ahead].filter(Boolean).map((task) => task.id);
    const n = AHEAD - have.length;
    if (n <= 0 && current) return;
    const query = new URLSearchParams({ n: Math.max(n, 1), have: [...new Set([...have, ...unsent])].join(",") });
    let found;
    try {
      found = await call(`/api/rank?${query}`);
    } catch (problem) {
      clearTimeout(retry);
      retry = setTimeout(load, 3000);
      if (problem.status === 401) signedOut("");
      else if (!current) {
        const told = problem.status ? ["Something is wrong", problem.message] : ["Not connected", "The server can't be reached."];
        screen(told[0], `${told[1]} Trying again …`);
      }
      return;
    }
    taken(found);
  })();
  try {
    await loading;
  } finally {
    loading = null;
  }
}

// Whoever reads for long keeps what they hold; whoever comes back later learns what was decided meanwhile.
async function renew() {
  if (!active || document.hidden || loading || !current) return;
  const have = [current, ...ahead].map((task) => task.id);
  const found = await call(`/api/rank?${new URLSearchParams({ n: 0, have })}`).catch(() => null);
  if (found && found.gone.length) taken(found);
}
setInterval(renew, 5 * 60 * 1000);
document.addEventListener("visibilitychange", renew);

function taken(found) {
  if (found.state === "qualify") return location.assign("/work");
  progress(found.progress);
  version(found.guideline);
  if (found.comments) {
    const n = found.comments === 1 ? "a comment" : `${found.comments} comments`;
    notice("comments", "info", `Your lead left you ${n}. `, el("a", { href: "/me", target: "_blank" }, "Read"));
  } else notice("comments", null);
  ahead = ahead.filter((task) => !found.gone.includes(task.id));
  if (current && found.gone.includes(current.id)) {
    notice("gone", "info", "The responses you had were decided meanwhile. Here are the next ones.");
    current = null;
  }
  // What was given while this was under way must not be asked for again.
  const known = new Set([current?.id, ...ahead.map((task) => task.id), ...outbox.waiting.map((each) => each.body.id)]);
  ahead.push(...found.tasks.filter((task) => !known.has(task.id)));
  if (current) return;
  if (ahead.length) return next();
  const waits = found.state === "paused" ? "Paused" : "All done";
  screen(waits, found.message || "One moment …", ...undoButton());
  clearTimeout(retry);
  retry = setTimeout(load, found.state === "work" ? 300 : 15000);
}

function undoButton() {
  if (!history.length) return [];
  return [el("p", {}, el("button", { type: "button", onclick: undo }, "Undo the last ranking ", el("kbd", {}, "u")))];
}

function next() {
  current = ahead.shift() ?? null;
  if (!current) {
    screen("One moment …", "The next responses are on their way.");
    load();
    return;
  }
  show(current);
  load();
}

function show(task) {
  current = task;
  note = task.previous?.note ?? "";
  $("screen").hidden = true;
  $("pair").hidden = $("choices").hidden = false;
  enlarge(false);
  draw();
  const before = task.previous?.places;
  places.begin(task.responses.length, before && task.responses.every((each) => before[each.id]) ? task.responses.map((each) => before[each.id]) : null);
  changed();
  mark("note", note !== "");
  notice("before", before && Object.keys(before).length ? "info" : null, "This is how you had ranked them.");
  $("prompt").scrollTop = $("prompt").scrollHeight;
  scrollTo(0, 0);
  const texts = [...task.prompt, ...task.responses].map((each) => each.written);
  timer.start(texts.reduce((sum, text) => sum + text.split(/\s+/).length, 0));
  shownAt = performance.now();
}

const ROLES = { system: "System", user: "User", assistant: "Assistant", tool: "Tool", offered: "Tools on offer", developer: "Developer" };

function draw() {
  const several = current.prompt.length > 1;
  $("prompt").replaceChildren(
    ...current.prompt.map((turn) => {
      const label = several ? el("div", { class: "role" }, ROLES[turn.role] ?? turn.role) : null;
      return el("div", { class: `turn ${turn.role}` }, label, body(turn));
    }),
  );
  $("responses").dataset.n = current.responses.length;
  $("responses").replaceChildren(
    ...current.responses.map((each, at) => {
      const title = el("h2", { id: `title-${at}` }, `Response ${at + 1} `, el("kbd", {}, String(at + 1)), el("span", { class: "place", id: `place-${at}` }));
      const text = el("div", { class: "text", tabindex: "0", role: "region", "aria-labelledby": `title-${at}` }, body(each));
      return el("section", { class: "side", "aria-labelledby": `title-${at}` }, title, text);
    }),
  );
  for (const [name, [, there]] of Object.entries(READS)) {
    const button = document.querySelector(`[data-do=${name}]`);
    if (button) button.hidden = !$("pair").querySelector(there);
  }
  press("written", written);
}

function body(of) {
  const text = el("div", { class: "text-body" });
  setHtml(text, (written ? of.written : of.html) || '<p class="hint">(empty)</p>');
  return text;
}

// The ranking changed: its places stand beside the responses, and it can be saved once it is whole.
function changed(number = null) {
  if (!current) return;
  const given = places.places;
  given.forEach((place, at) => ($(`place-${at}`).textContent = place ? ` ${ordinal(place)}` : ""));
  press("tie", places.tie);
  document.querySelector("[data-do=save]").disabled = !places.complete;
  if (number === null) return;
  const left = places.rest.length;
  say(`Response ${number + 1}: ${given[number] ? ordinal(given[number]) : "not ranked"}. ${left ? `${left} left.` : "All are ranked: Enter saves."}`);
}

function ordinal(place) {
  return `${place}${["th", "st", "nd", "rd"][place] ?? "th"}`;
}

// ---- answers

function save() {
  if (!current || !active || !places.complete || performance.now() - shownAt < LOCKED) return;
  const task = current;
  const given = places.places;
  leaveBehind("/api/rank", {
    places: Object.fromEntries(task.responses.map((each, at) => [each.id, given[at]])),
    seconds: timer.seconds,
    note: note || null,
    guideline: guideline?.id ?? null,
  }, "Saved.");
}

function leaveBehind(path, given, said) {
  const task = current;
  history = [...history, { task, given }].slice(-20);
  current = null;
  outbox.add(path, { id: task.id, key: newKey(), ...given });
  notice("before", null);
  notice("gone", null);
  say(said);
  next();
}

function undo() {
  if (!active) return;
  const last = history.pop();
  if (!last) {
    undoOnServer();
    return;
  }
  if (current) ahead.unshift(current);
  // What is left of a prompt of which one response was flagged comes back with all of them.
  ahead = ahead.filter((task) => task.id !== last.task.id);
  if (!outbox.takeBack(last.task.id)) outbox.add("/api/rank/undo", { id: last.task.id, key: newKey() });
  show({ ...last.task, previous: last.given.places ? { places: last.given.places, note: last.given.note } : null });
  say("Taken back. Rank again.");
}

// After a reload the page has no history of its own.
async function undoOnServer() {
  if (outbox.waiting.length) await outbox.send();
  try {
    const found = await call("/api/rank/undo", { key: newKey() });
    if (!found.task) {
      notice("undo", "info", "There is nothing to take back.");
      return;
    }
    if (current && current.id !== found.task.id) ahead.unshift(current);
    ahead = ahead.filter((task) => task.id !== found.task.id);
    progress(found.progress);
    show(found.task);
    say("Taken back. Rank again.");
  } catch (problem) {
    notice("undo", "bad", problem.status === 401 ? "Sign in first." : `Not taken back: ${problem.message}`);
  }
}

outbox.addEventListener("sent", ({ detail: { answer: got } }) => {
  if (got.progress) progress(got.progress);
});

outbox.addEventListener("refused", ({ detail }) => {
  notice("refused", "bad", `A ranking was not taken: ${detail.why}`);
  load();
});

outbox.addEventListener("state", ({ detail: { state, text } }) => {
  if (state === "clear") {
    notice("connection", null);
    load();
  } else if (state === "signed-out") signedOut(text);
  else notice("connection", "warn", state === "offline" ? `Not connected. ${text}.` : text);
});

function signedOut(text) {
  const link = el("a", { href: "/signin?next=/rank", target: "_blank" }, "Sign in again");
  notice("connection", "warn", "You are signed out. ", link, ` in a new tab and come back here. ${text ? text + "." : ""}`);
}

answered({
  skip: (reason) => current && leaveBehind("/api/rank/skip", { reason }, "Skipped."),
  flag: (what, said) => current && leaveBehind("/api/rank/flag", { what, note: said || null, response: flagged }, "Flagged."),
  note: (text) => {
    note = text ?? note;
    mark("note", note !== "");
  },
});

// Read as it is chosen: the form is emptied before what was said in it is passed on.
let flagged = null;
$("flag-response").addEventListener("change", () => (flagged = $("flag-response").value));

function openFlag() {
  const options = current.responses.map((each, at) => el("option", { value: each.id }, `Response ${at + 1}`));
  $("flag-response").replaceChildren(...options);
  flagged = current.responses[0].id;
  open("flag");
  $("flag-response").focus();
}

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
    $("guidelines-text").textContent = `They can't be loaded now: ${problem.message}`;
  }
}

async function seen(id) {
  try {
    await call("/api/guidelines/seen", { id });
    notice("guidelines", null);
  } catch {
    // The notice stays and can be clicked again.
  }
}

function version(found) {
  guideline = found;
  if (found.changed && !document.getElementById("notice-guidelines")) {
    const see = el("button", { type: "button", onclick: showGuidelines }, "See what changed ", el("kbd", {}, "h"));
    notice("guidelines", "info", "The guidelines have changed. ", see);
  }
}

// ---- what keys and buttons do

const does = {
  undo,
  save,
  tie: () => places.setTie(),
  back: () => places.back(),
  skip: () => current && open("skip"),
  flag: () => current && openFlag(),
  note: () => {
    if (!current) return;
    $("note").value = note;
    open("note");
  },
  written: () => {
    written = !written;
    if (current) {
      draw();
      changed();
    }
  },
  enlarge: () => enlarge(),
  ...Object.fromEntries(["reasoning", "calls", "images"].map((name) => [name, () => current && READS[name][2]()])),
  down: () => scroll(1),
  up: () => scroll(-1),
  guidelines: showGuidelines,
  keys: () => open("keys"),
};
const KEYS = {
  u: "undo", s: "skip", f: "flag", n: "note", w: "written", o: "reasoning", c: "calls", v: "images", e: "enlarge",
  h: "guidelines", i: "guidelines", "?": "keys", j: "down", k: "up", "=": "tie", t: "tie", Backspace: "back", Enter: "save",
};

function scroll(way) {
  for (const each of document.querySelectorAll("#responses .text")) each.scrollBy({ top: way * each.clientHeight * 0.8 });
}

function enlarge(on = !$("pair").classList.contains("large")) {
  $("pair").classList.toggle("large", on);
  press("enlarge", on);
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input, textarea, select")) return;
  if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return;
  // With Shift the digit keys give other characters, and which ones depends on the layout.
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (digit && current && !event.shiftKey) places.toggle(Number(digit) - 1);
  else if (key in KEYS && (!event.repeat || ["j", "k"].includes(key))) does[KEYS[key]]();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) does[button.dataset.do]();
});

// ---- the frame

// A screen instead of responses: nothing waits, paused, another tab.
function screen(title, text, ...more) {
  $("pair").hidden = $("choices").hidden = true;
  $("screen").hidden = false;
  $("screen").replaceChildren(el("h2", {}, title), el("p", {}, text), ...more);
}

function progress(of) {
  const pace = of.per_hour ? ` · ${Math.round(of.per_hour)} pairs an hour` : "";
  $("progress").textContent = `${of.today.toLocaleString()} today · ${of.waiting.toLocaleString()} pairs waiting${pace}`;
}

function say(text) {
  $("live").textContent = text;
}

// A line above the responses that stays until `notice(name, null)`.
function notice(name, kind, ...content) {
  document.getElementById(`notice-${name}`)?.remove();
  if (kind === null) return;
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => notice(name, null) }, "×");
  $("notices").append(el("div", { class: `notice ${kind}`, id: `notice-${name}`, role: "status" }, el("div", {}, ...content), close));
}

function press(what, on) {
  document.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", String(on));
}

function mark(what, on) {
  document.querySelector(`[data-do=${what}]`).classList.toggle("on", on);
}

// ---- one tab at a time: two would show the same prompt

const tabs = new BroadcastChannel(`pairwright:${person}`);
tabs.addEventListener("message", ({ data }) => {
  if (data !== "here" || !active) return;
  active = false;
  const back = el("button", { type: "button", class: "strong", onclick: takeOver }, "Work here instead");
  screen("You are working in another tab", "Rankings you gave here are saved.", el("p", {}, back));
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
  const ids = [current, ...ahead].filter(Boolean).map((task) => task.id);
  if (active && ids.length) beacon("/api/rank/leave", { ids });
});

// The back button may bring the page back as it was: what it held was given back on leaving.
addEventListener("pageshow", (event) => {
  if (event.persisted) takeOver();
});

tabs.postMessage("here");
outbox.send();
load();
