// The page on which all responses to a prompt are ranked: offers prompts, takes rankings. What is given is in the
// outbox before the next prompt shows.
import { newKey } from "./calls.js";
import { answered, open } from "./dialogs.js";
import { marked, notice, press, progress, say, screen, showWork } from "./frame.js";
import { sayIfChanged, showGuidelines } from "./guidelines.js";
import { el } from "./html.js";
import { meaningInRanking } from "./keys.js";
import { Offers } from "./offers.js";
import { Outbox } from "./outbox.js";
import { Places } from "./places.js";
import { READS } from "./reading.js";
import { drawPrompt, enlarge, fill, more, showReads, toLastTurn, watch, wordsIn } from "./texts.js";
import { Timer } from "./timer.js";
import { Undo } from "./undo.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const AHEAD = 2; // prompts held: the one on screen and the one after it
const LOCKED = 250; // ms after a prompt shows in which a held-down key is no ranking of it

const timer = new Timer();
const outbox = new Outbox();
const places = new Places($("places"), changed);
const at = { page: "/rank", offers: "/api/rank", leave: "/api/rank/leave" };
const offers = new Offers(outbox, at, AHEAD, { current: () => current, held, taken, forget });
const done = new Undo(outbox, "/api/rank/undo", again);

let current = null; // the task on screen
let ahead = []; // tasks loaded for after it
let guideline = null;
let note = "";
let written = false;
let shownAt = 0;

watch($("prompt"));

// ---- what is next

function held() {
  return [current, ...ahead].filter(Boolean);
}

function forget() {
  current = null;
  ahead = [];
  done.forget();
}

function taken(found, unsent) {
  if (found.state === "qualify") return location.assign("/work");
  progress(found.progress);
  guideline = found.guideline;
  sayIfChanged(guideline);
  if (found.comments) {
    const link = el("a", { href: "/me", target: "_blank" }, t("Read"));
    notice("comments", "info", t("Your lead left you {n} comments.", { n: found.comments }), " ", link);
  } else notice("comments", null);
  ahead = ahead.filter((task) => !found.gone.includes(task.id));
  if (current && found.gone.includes(current.id)) {
    notice("gone", "info", t("The responses you had were decided meanwhile. Here are the next ones."));
    current = null;
  }
  // What was given while this was under way must not be asked for again.
  const known = new Set([...held().map((task) => task.id), ...unsent, ...outbox.waiting.map((each) => each.body.id)]);
  ahead.push(...found.tasks.filter((task) => !known.has(task.id)));
  if (current) return;
  if (ahead.length) return next();
  screen(found.state === "paused" ? t("Paused") : t("All done"), found.message || t("One moment …"), ...undoButton());
  offers.later(found.state === "work" ? 300 : 15000);
}

function undoButton() {
  if (!done.last) return [];
  return [el("p", {}, el("button", { type: "button", onclick: undo }, t("Undo the last ranking"), " ", el("kbd", {}, "u")))];
}

function next() {
  current = ahead.shift() ?? null;
  if (!current) {
    screen(t("One moment …"), t("The next responses are on their way."));
    offers.load();
    return;
  }
  show(current);
  offers.load();
}

function show(task) {
  current = task;
  note = task.previous?.note ?? "";
  showWork();
  enlarge(false);
  draw();
  const before = task.previous?.places ?? {};
  const all = task.responses.map((each) => before[each.id]);
  places.begin(all.length, all.every(Boolean) ? all : null);
  changed();
  marked("note", note !== "");
  notice("before", Object.keys(before).length ? "info" : null, t("This is how you had ranked them."));
  toLastTurn();
  scrollTo(0, 0);
  timer.start(wordsIn([...task.prompt, ...task.responses]));
  shownAt = performance.now();
}

function draw() {
  drawPrompt(current.prompt, written);
  $("responses").dataset.n = current.responses.length;
  $("responses").replaceChildren(...current.responses.map(response));
  showReads();
  press("written", written);
  more($("prompt"));
}

function response(of, n) {
  const place = el("span", { class: "place", id: `place-${n}` });
  const title = el("h2", { id: `title-${n}` }, t("Response {n}", { n: n + 1 }), " ", el("kbd", {}, String(n + 1)), place);
  const text = el("div", { class: "text", dir: "ltr", tabindex: "0", role: "region", "aria-labelledby": `title-${n}` });
  text.append(fill(el("div", { class: "text-body" }), of, written));
  return el("section", { class: "side", "aria-labelledby": `title-${n}` }, title, text);
}

// The ranking changed: its places stand beside the responses, and it can be saved once it is whole.
function changed(number = null) {
  if (!current) return;
  const given = places.places;
  given.forEach((place, n) => ($(`place-${n}`).textContent = place ? t("Place {place}", { place }) : ""));
  press("tie", places.tie);
  document.querySelector("[data-do=save]").disabled = !places.complete;
  if (number === null) return;
  const left = places.rest.length;
  say(`${places.told(number)}. ${left ? t("Still to rank: {n}.", { n: left }) : t("All are ranked: Enter saves.")}`);
}

// ---- answers

function save() {
  if (!current || !offers.active || !places.complete || performance.now() - shownAt < LOCKED) return;
  const given = places.places;
  const of = {
    places: Object.fromEntries(current.responses.map((each, n) => [each.id, given[n]])),
    seconds: timer.seconds,
    note: note || null,
    guideline: guideline?.id ?? null,
  };
  leaveBehind("/api/rank", of, t("Saved."));
}

function leaveBehind(path, given, said) {
  const task = current;
  done.keep(task, given);
  current = null;
  outbox.add(path, { id: task.id, key: newKey(), ...given });
  notice("before", null);
  notice("gone", null);
  say(said);
  next();
}

function undo() {
  if (offers.active) done.undo();
}

// What is left of the prompt may have been offered meanwhile: the whole of it takes that place.
function again(task, given) {
  ahead = held().filter((each) => each.id !== task.id);
  const { places, note } = given ?? {};
  show(given ? { ...task, previous: places ? { places, note } : null } : task);
}

outbox.addEventListener("sent", ({ detail: { answer: got } }) => {
  if (got.progress) progress(got.progress);
});

outbox.addEventListener("refused", ({ detail }) => {
  notice("refused", "bad", t("A ranking was not taken: {why}", { why: detail.why }));
  offers.load();
});

answered({
  skip: (reason) => current && leaveBehind("/api/rank/skip", { reason }, t("Skipped.")),
  flag: (what, said) => current && leaveBehind("/api/rank/flag", { what, note: said || null, response: flagged }, t("Flagged.")),
  note: (text) => {
    note = text ?? note;
    marked("note", note !== "");
  },
});

// Read as it is chosen: the form is emptied before what was said in it is passed on.
let flagged = null;
$("flag-response").addEventListener("change", () => (flagged = $("flag-response").value));

function openFlag() {
  const options = current.responses.map((each, n) => el("option", { value: each.id }, t("Response {n}", { n: n + 1 })));
  $("flag-response").replaceChildren(...options);
  flagged = current.responses[0].id;
  open("flag");
  $("flag-response").focus();
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
    if (!current) return;
    written = !written;
    draw();
    changed();
  },
  enlarge: () => enlarge(),
  ...Object.fromEntries(["reasoning", "calls", "images"].map((name) => [name, () => current && READS[name][2]()])),
  smaller: () => $("smaller").click(),
  larger: () => $("larger").click(),
  down: () => scroll(1),
  up: () => scroll(-1),
  guidelines: showGuidelines,
  keys: () => open("keys"),
};

function scroll(way) {
  for (const each of document.querySelectorAll("#responses .text")) each.scrollBy({ top: way * each.clientHeight * 0.8 });
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const meant = meaningInRanking(event);
  if (!meant) return;
  event.preventDefault();
  if (event.repeat && !["down", "up"].includes(meant.do)) return;
  if (meant.response === undefined) does[meant.do]();
  else if (current) places.toggle(meant.response);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) does[button.dataset.do]();
});

outbox.send();
offers.load();
