// Working alone, at the end: what comes next, what it would cost, and a button that does it.
import { call } from "./calls.js";
import { el } from "./html.js";
import { t } from "./words.js";

const POLL = 1500; // ms

// Draws into `place`; `goOn` is called when a step is through, for there may be new pairs.
export function showNext(place, goOn) {
  let gone = false;
  const still = () => !gone && place.isConnected;

  async function look(after) {
    let found;
    try {
      found = await call("/api/next");
    } catch (problem) {
      if (still()) place.replaceChildren(el("p", { class: "bad" }, problem.message));
      return;
    }
    if (!still()) return;
    if (found.run?.running) {
      place.replaceChildren(el("p", {}, t("Running: {command}", { command: found.run.command })), output(found.run));
      setTimeout(() => look(true), POLL);
      return;
    }
    draw(found);
    if (after) goOn();
  }

  function draw({ run, next }) {
    const ended = run && [el("p", { class: run.failed ? "bad" : "good" }, run.failed ? t("It did not end well: {command}", { command: run.command }) : t("Done: {command}", { command: run.command })), output(run)];
    place.replaceChildren(...(ended ?? []), ...(STEPS[next.kind] ?? STEPS.command)(next, start));
  }

  async function start(next) {
    try {
      await call("/api/next", { kind: next.kind, usd: next.usd });
    } catch (problem) {
      place.replaceChildren(el("p", { class: "bad" }, problem.message));
      setTimeout(() => still() && look(false), 2 * POLL);
      return;
    }
    look(true);
  }

  look(false);
  return () => (gone = true);
}

function output(run) {
  return el("pre", { class: "said", dir: "ltr", tabindex: "0" }, run.said.join("\n"));
}

function button(text, does) {
  return el("p", {}, el("button", { type: "button", class: "strong", onclick: does }, text));
}

const STEPS = {
  route: (next, start) => [
    el("p", {}, t("Next: routing decides with your answers which pairs the judges may label, and what is still asked of you. It is free.")),
    button(t("Run route now"), () => start(next)),
  ],
  judge: (next, start) => [
    el("p", {}, t("{n} answers are left for the judges.", { n: next.answers })),
    el("p", {}, next.usd ? t("About {usd} for {calls} calls, {time}. It stops when {most} are spent in all.", { ...next.told, calls: next.calls, time: next.told.hours }) : t("It costs nothing.")),
    button(t("Run the judges now"), () => (next.usd ? agree(next, start) : start(next))),
  ],
  command: (next) => [
    el("p", {}, t("Next, in a terminal:")),
    el("p", {}, el("code", { dir: "ltr" }, next.command)),
    el("p", { class: "hint", dir: "auto" }, next.why),
  ],
};

// Money is spent only after its amount was read and agreed to.
function agree(next, start) {
  const dialog = document.getElementById("dialog-spend");
  document.getElementById("spend-title").textContent = t("Spend about {usd}?", next.told);
  document.getElementById("spend-yes").textContent = t("Spend about {usd}", next.told);
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && start(next), { once: true });
  dialog.showModal();
}
