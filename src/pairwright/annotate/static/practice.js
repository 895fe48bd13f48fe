// What a practice answer was worth, beside the pair it was about: both texts stay until the next is asked for.
import { el, setHtml } from "./html.js";
import { choiceText, sideName } from "./view.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const CHOOSING = ".strength, .main-choices, .reasons";
const ANSWERING = ["undo", "past", "skip", "flag", "note"];

// `of` is the server's feedback, `given` the answer.
export function showFeedback(of, given) {
  const right = choiceText(of.verdict, null);
  $("feedback-title").textContent = of.right ? t("Right: {answer}", { answer: right }) : t("Not this time: {answer}", { answer: right });
  $("feedback-title").className = of.right ? "good" : "bad";
  $("feedback-said").textContent = t("You said: {answer}", { answer: choiceText(given.choice, given.strength) });
  setHtml($("feedback-text"), of.explanation ?? "");
  const more = [];
  if (of.explanation) {
    const sides = { a: sideName(of.a), b: sideName(of.a === "left" ? "right" : "left") };
    more.push(el("p", { class: "hint" }, t("A is {a}, B is {b}", sides)));
  } else if (!of.right) more.push(el("p", {}, t("Look at the guidelines again.")));
  if (of.done === of.needed) {
    const last = of.state === "passed" ? t("That was the last practice pair. Real work starts now.") : t("That was the last practice pair.");
    more.push(el("p", {}, last));
  }
  $("feedback-text").hidden = !of.explanation;
  $("feedback-more").replaceChildren(...more);
  mark(of.verdict, given.choice);
  choosing(false);
  $("onward").focus();
}

export function hideFeedback() {
  mark(null, null);
  choosing(true);
}

function choosing(on) {
  $("feedback").hidden = on;
  for (const part of document.querySelectorAll(CHOOSING)) part.hidden = !on;
  for (const each of ANSWERING) document.querySelector(`[data-do=${each}]`).disabled = !on;
}

// On the sides themselves: which is right, and which one's own answer was.
function mark(right, mine) {
  for (const side of ["left", "right"]) {
    $(`side-${side}`).classList.toggle("is-right", side === right);
    const told = [side === right && t("right answer"), side === mine && t("your answer")].filter(Boolean);
    $(`${side}-told`).replaceChildren(...told.map((each) => el("span", { class: "tag" }, each)));
  }
}
