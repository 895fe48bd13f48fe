// Shows one pair, and what is said about it.
import { press, showWork } from "./frame.js";
import { el, setHtml } from "./html.js";
import { drawPrompt, enlarge, fill, more, showReads, toLastTurn, watch, wordsIn } from "./texts.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const CHOICES = {
  left: () => (stacked.matches ? t("the upper one is better") : t("left is better")),
  right: () => (stacked.matches ? t("the lower one is better") : t("right is better")),
  tie: () => t("tie"), both_good: () => t("both good"), both_bad: () => t("both bad"),
  torn: () => t("torn: its answers in the two orders differ"),
};
const STRENGTHS = { 1: (choice) => t("{choice}, slightly", { choice }), 3: (choice) => t("{choice}, much", { choice }) };
// As style.css has it.
const stacked = matchMedia("(max-width: 760px)");

// A side as the person sees it: on a narrow screen one stands above the other.
export function sideName(side) {
  if (stacked.matches) return side === "left" ? t("the upper one") : t("the lower one");
  return side === "left" ? t("left") : t("right");
}

export class View {
  written = false; // texts as they were written, until that is taken back
  instead = null; // {what, left, right, prompt} while the difference or the row as JSON shows
  together = true;
  #task = null;

  constructor() {
    for (const [mine, other] of [["left", "right"], ["right", "left"]]) {
      $(mine).addEventListener("scroll", () => this.#follow($(mine), $(other)), { passive: true });
    }
    for (const id of ["prompt", "left", "right"]) watch($(id), () => this.#came($(id)));
  }

  // Scrolled together by share of the way, so that texts of unequal length part together and end together.
  #leader = null;
  #follow(leader, follower) {
    if (!this.together || (this.#leader && this.#leader !== leader)) return;
    this.#leader = leader;
    clearTimeout(this.release);
    this.release = setTimeout(() => (this.#leader = null), 80);
    const [ours, theirs] = [stages(leader), stages(follower)];
    const at = leader.scrollTop >= ours[1] ? 1 : 0;
    const share = (leader.scrollTop - ours[at]) / (ours[at + 1] - ours[at] || 1);
    follower.scrollTop = theirs[at] + share * (theirs[at + 1] - theirs[at]);
  }

  show(task) {
    this.#task = task;
    this.instead = null;
    enlarge(false);
    showWork();
    this.#draw();
    this.toStart();
    scrollTo(0, 0);
    this.#judges(task.judge);
    $("heading").textContent = task.kind === "qualify" ? t("Practice: which response is better?") : t("Which response is better?");
  }

  #draw() {
    const task = this.#task;
    if (this.instead?.prompt) {
      const row = el("div", { class: "text-body" });
      setHtml(row, this.instead.prompt);
      $("prompt").replaceChildren(row);
    } else drawPrompt(task.prompt, this.written);
    for (const side of this.instead?.draw ? [] : ["left", "right"]) {
      const other = this.instead?.[side];
      fill($(side), other === undefined ? task[side] : { html: other }, this.written && other === undefined);
    }
    this.instead?.draw?.();
    const what = this.instead?.what;
    $("pair").classList.toggle("differs", what === "diff");
    for (const each of ["raw", "diff", "mark"]) press(each, what === each);
    press("written", this.written && !what);
    press("together", this.together);
    showReads();
    for (const id of ["prompt", "left", "right"]) more($(id));
  }

  #promptAt = 0; // where its pane was put, and stays while nobody moves it
  #came(scroller) {
    if (scroller.id === "prompt" && scroller.scrollTop === this.#promptAt) this.#toLastTurn();
    more(scroller);
  }

  // The last turn is what the responses answer.
  #toLastTurn() {
    this.#promptAt = toLastTurn();
    if (this.instead?.prompt) $("prompt").scrollTop = this.#promptAt = 0;
  }

  toStart() {
    this.#toLastTurn();
    $("left").scrollTop = $("right").scrollTop = 0;
  }

  redraw() {
    if (this.#task && !$("pair").hidden) this.#draw();
  }

  #judges(said) {
    $("judges").hidden = !said?.length;
    if (said?.length) $("judges").replaceChildren(el("b", {}, t("Judges said:"), " "), ...said.map(judgeLine));
  }

  words(task) {
    return wordsIn([...task.prompt, task.left, task.right]);
  }
}

export function judgeLine(said) {
  const sure = said.confidence ? ` (${said.confidence})` : "";
  const sides = t("A is {a}, B is {b}", { a: sideName("left"), b: sideName("right") });
  const reason = said.reason ? ` - ${said.reason} (${sides})` : "";
  return el("span", { class: "judge" }, `${said.name}: ${CHOICES[said.verdict]()}${sure}${reason} `);
}

export function choiceText(choice, strength) {
  const said = CHOICES[choice]();
  return STRENGTHS[strength]?.(said) ?? said;
}

// Where a text begins, where it parts from the other, and where it ends, as places to scroll to.
function stages(scroller) {
  const end = scroller.scrollHeight - scroller.clientHeight;
  const mark = scroller.querySelector(".parts");
  const parts = mark ? mark.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop : 0;
  return [0, Math.min(parts, end), end];
}
