// The dialog of one's own latest answers: those that may still be changed are opened again from here.
import { call } from "./calls.js";
import { open } from "./dialogs.js";
import { el } from "./html.js";
import { choiceText } from "./view.js";
import { moment, t, told } from "./words.js";

const dialog = document.getElementById("dialog-past");
const list = document.getElementById("past");
const CLOSED = {
  old: () => t("too long ago to be changed"),
  used: () => t("already used to measure the judges"),
  decided: () => t("decided by your lead"),
};
const FLAGS = {
  unsafe: () => t("Unsafe content"),
  broken: () => t("Broken or empty text"),
  personal: () => t("Personal data"),
};

// `reopen({id, what})` is called for the one that is chosen.
export async function showPast(reopen) {
  open("past");
  list.replaceChildren(el("p", { class: "hint" }, t("One moment …")));
  let found;
  try {
    found = await call("/api/answers");
  } catch (problem) {
    list.replaceChildren(el("p", { class: "bad" }, t("They can't be loaded now: {why}", { why: problem.message })));
    return;
  }
  const hint = t("An answer can be changed for {n} minutes.", { n: found.minutes });
  const rows = found.answers.map((each) => el("li", {}, row(each, reopen)));
  const none = el("p", {}, t("You have not answered anything yet."));
  list.replaceChildren(el("p", { class: "hint" }, hint), rows.length ? el("ol", { class: "past" }, ...rows) : none);
  list.querySelector("button")?.focus();
}

function row(each, reopen) {
  const what = el("b", {}, said(each));
  const when = el("small", {}, [moment(each.at), each.closed && CLOSED[each.closed]()].filter(Boolean).join(" · "));
  const parts = [what, el("span", { class: "asked", dir: "auto" }, each.prompt), when];
  if (each.closed) return el("div", { class: "closed" }, ...parts);
  const chosen = () => {
    dialog.close();
    reopen(each);
  };
  return el("button", { type: "button", onclick: chosen }, ...parts);
}

function said(each) {
  if (each.what === "skip") return t("Skipped: {reason}", { reason: told(each.text) });
  if (each.what === "flag") return t("Flagged: {reason}", { reason: FLAGS[each.text]() });
  return choiceText(each.choice, each.strength);
}

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  buttons[Math.min(Math.max(buttons.indexOf(document.activeElement) + step, 0), buttons.length - 1)]?.focus();
});
