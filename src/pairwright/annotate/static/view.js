// Shows one pair, and what is said about it.
import { el, setHtml } from "./html.js";
import { READS } from "./reading.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const ROLES = { system: t("System"), user: t("User"), assistant: t("Assistant"), tool: t("Tool"), offered: t("Tools on offer"), developer: t("Developer") };
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
    for (const id of ["prompt", "left", "right"]) {
      $(id).addEventListener("scroll", () => more($(id)), { passive: true });
      $(id).addEventListener("toggle", () => more($(id)), { capture: true }); // a card was opened or folded
      $(id).addEventListener("load", () => this.#came($(id)), { capture: true }); // an image
      new ResizeObserver(() => more($(id))).observe($(id));
    }
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
    this.enlarge(false);
    $("screen").hidden = true;
    $("pair").hidden = $("choices").hidden = false;
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
    } else $("prompt").replaceChildren(
      ...task.prompt.map((turn) => {
        const text = el("div", { class: "text-body" });
        setHtml(text, this.written ? turn.written : turn.html);
        const label = task.prompt.length > 1 ? el("div", { class: "role" }, ROLES[turn.role] ?? turn.role) : null;
        return el("div", { class: `turn ${turn.role}` }, label, text);
      }),
    );
    for (const side of this.instead?.draw ? [] : ["left", "right"]) {
      const text = this.instead?.[side] ?? (this.written ? task[side].written : task[side].html);
      setHtml($(side), text || '<p class="hint" data-t>(empty)</p>');
    }
    this.instead?.draw?.();
    const what = this.instead?.what;
    $("pair").classList.toggle("differs", what === "diff");
    for (const each of ["raw", "diff", "mark"]) press(each, what === each);
    press("written", this.written && !what);
    press("together", this.together);
    for (const [name, [, there]] of Object.entries(READS)) {
      document.querySelector(`[data-do=${name}]`).hidden = !$("pair").querySelector(there);
    }
    for (const id of ["prompt", "left", "right"]) more($(id));
  }

  // The prompt's pane takes most of the height.
  enlarge(on = !$("pair").classList.contains("large")) {
    $("pair").classList.toggle("large", on);
    press("enlarge", on);
  }

  #promptAt = 0; // where its pane was put, and stays while nobody moves it
  #came(scroller) {
    if (scroller.id === "prompt" && scroller.scrollTop === this.#promptAt) this.#toLastTurn();
    more(scroller);
  }

  // The last turn is what the responses answer.
  #toLastTurn() {
    $("prompt").scrollTop = this.instead?.prompt ? 0 : $("prompt").scrollHeight;
    this.#promptAt = $("prompt").scrollTop;
  }

  toStart() {
    this.#toLastTurn();
    $("left").scrollTop = $("right").scrollTop = 0;
  }

  redraw() {
    if (this.#task) this.#draw();
  }

  #judges(said) {
    $("judges").hidden = !said?.length;
    if (said?.length) $("judges").replaceChildren(el("b", {}, t("Judges said:"), " "), ...said.map(judgeLine));
  }

  // A screen instead of a pair: nothing waits, paused, another tab.
  screen(title, text, ...more) {
    this.#task = null;
    $("pair").hidden = $("choices").hidden = true;
    $("screen").hidden = false;
    $("screen").replaceChildren(el("h2", {}, title), el("p", {}, text), ...more);
  }

  progress(of) {
    const told = [t("{n} today", { n: of.today }), t("{n} waiting", { n: of.waiting })];
    if (of.per_hour) told.push(t("{n} an hour", { n: Math.round(of.per_hour) }));
    $("progress").textContent = told.join(" · ");
  }

  say(text) {
    $("live").textContent = text;
  }

  // A line above the pair that stays until `notice(name, null)`.
  notice(name, kind, ...content) {
    document.getElementById(`notice-${name}`)?.remove();
    if (kind === null) return;
    const close = el("button", { type: "button", class: "quiet", "aria-label": t("Close"), onclick: () => this.notice(name, null) }, "×");
    $("notices").append(el("div", { class: `notice ${kind}`, id: `notice-${name}`, role: "status" }, el("div", {}, ...content), close));
  }

  words(task) {
    const texts = [...task.prompt.map((turn) => turn.written), task.left.written, task.right.written];
    return texts.reduce((sum, text) => sum + text.split(/\s+/).length, 0);
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

// Say on a pane that it holds more than it shows.
function more(scroller) {
  const below = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  scroller.parentElement.classList.toggle("more-above", scroller.scrollTop > 4);
  scroller.parentElement.classList.toggle("more-below", below > 4);
}

function press(what, on) {
  document.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", String(on));
}
