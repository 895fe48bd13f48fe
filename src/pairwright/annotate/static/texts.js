// The prompt and the responses as texts on the page: drawn turn by turn, enlarged, and told of when they hold
// more than they show.
import { press } from "./frame.js";
import { el, setHtml } from "./html.js";
import { READS } from "./reading.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const ROLES = { system: t("System"), user: t("User"), assistant: t("Assistant"), tool: t("Tool"), offered: t("Tools on offer"), developer: t("Developer") };

// `of` is {html, written}.
export function fill(place, of, written) {
  setHtml(place, (written ? of.written : of.html) || '<p class="hint" data-t>(empty)</p>');
  return place;
}

export function drawPrompt(turns, written) {
  $("prompt").replaceChildren(
    ...turns.map((turn) => {
      const label = turns.length > 1 ? el("div", { class: "role" }, ROLES[turn.role] ?? turn.role) : null;
      return el("div", { class: `turn ${turn.role}` }, label, fill(el("div", { class: "text-body" }), turn, written));
    }),
  );
}

// The buttons of what there is to read: reasoning, calls, images.
export function showReads() {
  for (const [name, [, there]] of Object.entries(READS)) {
    const button = document.querySelector(`[data-do=${name}]`);
    if (button) button.hidden = !$("pair").querySelector(there);
  }
}

// The prompt's pane takes most of the height.
export function enlarge(on = !$("pair").classList.contains("large")) {
  $("pair").classList.toggle("large", on);
  press("enlarge", on);
}

// The last turn of the prompt is what the responses answer. Gives where its pane stands then.
export function toLastTurn() {
  $("prompt").scrollTop = $("prompt").scrollHeight;
  return $("prompt").scrollTop;
}

// Say on a pane that it holds more than it shows.
export function more(scroller) {
  const below = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  scroller.parentElement.classList.toggle("more-above", scroller.scrollTop > 4);
  scroller.parentElement.classList.toggle("more-below", below > 4);
}

// `came` is called when an image has come, which makes the pane hold more.
export function watch(scroller, came = () => more(scroller)) {
  scroller.addEventListener("scroll", () => more(scroller), { passive: true });
  scroller.addEventListener("toggle", () => more(scroller), { capture: true }); // a card was opened or folded
  scroller.addEventListener("load", came, { capture: true });
  new ResizeObserver(() => more(scroller)).observe(scroller);
}

export function wordsIn(texts) {
  return texts.reduce((sum, text) => sum + text.written.split(/\s+/).length, 0);
}
