// What stands around the responses on the pages of work: notices, progress, a screen in their place, buttons that
// are on or off, and what is read aloud.
import { el } from "./html.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);

// A screen instead of responses: nothing waits, paused, another tab.
export function screen(title, text, ...more) {
  $("pair").hidden = $("choices").hidden = true;
  $("screen").hidden = false;
  $("screen").replaceChildren(el("h2", {}, title), el("p", {}, text), ...more);
}

export function showWork() {
  $("screen").hidden = true;
  $("pair").hidden = $("choices").hidden = false;
}

// Where an answer is to several pairs, what waits is still counted in pairs, and says so.
export function progress(of) {
  const pairs = "pairs" in $("progress").dataset;
  const hour = { n: Math.round(of.per_hour ?? 0) };
  const told = [t("{n} today", { n: of.today })];
  told.push(pairs ? t("{n} pairs waiting", { n: of.waiting }) : t("{n} waiting", { n: of.waiting }));
  if (of.per_hour) told.push(pairs ? t("{n} pairs an hour", hour) : t("{n} an hour", hour));
  $("progress").textContent = told.join(" · ");
}

export function say(text) {
  $("live").textContent = text;
}

// A line above the responses that stays until `notice(name, null)`.
export function notice(name, kind, ...content) {
  document.getElementById(`notice-${name}`)?.remove();
  if (kind === null) return;
  const close = el("button", { type: "button", class: "quiet", "aria-label": t("Close"), onclick: () => notice(name, null) }, "×");
  $("notices").append(el("div", { class: `notice ${kind}`, id: `notice-${name}`, role: "status" }, el("div", {}, ...content), close));
}

export function press(what, on) {
  document.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", String(on));
}

export function marked(what, on) {
  document.querySelector(`[data-do=${what}]`).classList.toggle("on", on);
}
