// What helps to read a pair: reasoning and calls are opened and folded, the place where two part is found,
// images are enlarged. On pages that only read, these keys are all there is to set up.
import { el } from "./html.js";
import { showImages } from "./images.js";
import { t } from "./words.js";

const CALLS = "details.piece.call, details.piece.result";
const all = (selector) => [...document.querySelectorAll(selector)];

// Open all, or fold all where all are open.
function fold(selector) {
  const found = all(selector);
  const open = found.some((each) => !each.open);
  for (const each of found) each.open = open;
  return found.length > 0;
}

// Where responses stand below each other, the next mark on the way down; else both.
function toParting() {
  const marks = all(".parts");
  const below = marks.find((each) => each.getBoundingClientRect().top > 10) ?? marks[0];
  const beside = marks.length > 1 && marks[0].getBoundingClientRect().left !== marks[1].getBoundingClientRect().left;
  for (const mark of beside ? marks : marks.length ? [below] : []) mark.scrollIntoView({ block: "start" });
  return marks.length > 0;
}

// By name: [key, what has to be there, what is done; false where there is nothing of it, its button].
export const READS = {
  reasoning: ["o", "details.piece.reasoning", () => fold("details.piece.reasoning"), t("Reasoning")],
  calls: ["c", CALLS, () => fold(CALLS), t("Calls")],
  parting: ["p", ".parts", toParting, t("Parting")],
  images: ["v", "img.picture", () => showImages(), t("Images")],
};

export function listen() {
  const there = Object.values(READS).filter(([, selector]) => document.querySelector(`main ${selector}`));
  const buttons = there.map(([key, , read, name]) =>
    el("button", { type: "button", class: "quiet", onclick: read }, `${name} `, el("kbd", {}, key)),
  );
  const sides = document.querySelector(".sides");
  if (sides && buttons.length) sides.before(el("div", { class: "reads", role: "group", "aria-label": t("Reading") }, ...buttons));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const found = Object.values(READS).find(([key]) => key === event.key);
    if (found?.[2]()) event.preventDefault();
  });
}
