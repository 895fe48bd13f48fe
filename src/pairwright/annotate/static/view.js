// Shows one pair, and what is said about it.
import { el, setHtml } from "./html.js";

const $ = (id) => document.getElementById(id);
const ROLES = { system: "System", user: "User", assistant: "Assistant", tool: "Tool", offered: "Tools on offer", developer: "Developer" };
const CHOICES = {
  left: "left is better", right: "right is better", tie: "tie", torn: "torn: its answers in the two orders differ",
  both_good: "both good", both_bad: "both bad",
};

export class View {
  raw = false;
  diff = null; // {left, right} while the difference shows
  together = true;
  #task = null;

  constructor() {
    for (const [mine, other] of [["left", "right"], ["right", "left"]]) {
      $(mine).addEventListener("scroll", () => this.#follow($(mine), $(other)), { passive: true });
    }
  }

  // Scrolled together by share of the way, so that texts of unequal length end together.
  #leader = null;
  #follow(leader, follower) {
    if (!this.together || (this.#leader && this.#leader !== leader)) return;
    this.#leader = leader;
    clearTimeout(this.release);
    this.release = setTimeout(() => (this.#leader = null), 80);
    const way = leader.scrollHeight - leader.clientHeight;
    if (way > 0) follower.scrollTop = (leader.scrollTop / way) * (follower.scrollHeight - follower.clientHeight);
  }

  show(task) {
    this.#task = task;
    this.diff = null;
    $("screen").hidden = true;
    $("pair").hidden = $("choices").hidden = false;
    this.#draw();
    $("prompt").scrollTop = $("prompt").scrollHeight; // the last turn is what the responses answer
    $("left").scrollTop = $("right").scrollTop = 0;
    scrollTo(0, 0);
    this.#judges(task.judge);
    for (const input of document.querySelectorAll(".ratings input")) input.checked = false;
    $("heading").textContent = task.kind === "qualify" ? "Practice: which response is better?" : "Which response is better?";
  }

  #draw() {
    const task = this.#task;
    $("prompt").replaceChildren(
      ...task.prompt.map((turn) => {
        const text = el("div", { class: "text-body" });
        setHtml(text, this.raw ? turn.raw : turn.html);
        const label = task.prompt.length > 1 ? el("div", { class: "role" }, ROLES[turn.role] ?? turn.role) : null;
        return el("div", { class: `turn ${turn.role}` }, label, text);
      }),
    );
    for (const side of ["left", "right"]) {
      const text = this.diff?.[side] ?? (this.raw ? task[side].raw : task[side].html);
      setHtml($(side), text || '<p class="hint">(empty)</p>');
    }
    $("pair").classList.toggle("differs", this.diff !== null);
    press("raw", this.raw);
    press("diff", this.diff !== null);
    press("together", this.together);
  }

  redraw() {
    if (this.#task) this.#draw();
  }

  #judges(said) {
    $("judges").hidden = !said?.length;
    if (said?.length) $("judges").replaceChildren(el("b", {}, "Judges said: "), ...said.map(judgeLine));
  }

  // A screen instead of a pair: nothing waits, paused, another tab.
  screen(title, text, ...more) {
    this.#task = null;
    $("pair").hidden = $("choices").hidden = true;
    $("screen").hidden = false;
    $("screen").replaceChildren(el("h2", {}, title), el("p", {}, text), ...more);
  }

  progress(of) {
    const pace = of.per_hour ? ` · ${Math.round(of.per_hour)} an hour` : "";
    $("progress").textContent = `${of.today.toLocaleString()} today · ${of.waiting.toLocaleString()} waiting${pace}`;
  }

  say(text) {
    $("live").textContent = text;
  }

  // A line above the pair that stays until `notice(name, null)`.
  notice(name, kind, ...content) {
    document.getElementById(`notice-${name}`)?.remove();
    if (kind === null) return;
    const close = el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => this.notice(name, null) }, "×");
    $("notices").append(el("div", { class: `notice ${kind}`, id: `notice-${name}`, role: "status" }, el("div", {}, ...content), close));
  }

  words(task) {
    const texts = [...task.prompt.map((turn) => turn.raw), task.left.raw, task.right.raw];
    return texts.reduce((sum, text) => sum + text.split(/\s+/).length, 0);
  }
}

export function judgeLine(said) {
  const sure = said.confidence ? ` (${said.confidence})` : "";
  const reason = said.reason ? ` - ${said.reason} (A is left, B is right)` : "";
  return el("span", { class: "judge" }, `${said.name}: ${CHOICES[said.verdict]}${sure}${reason} `);
}

export function choiceText(choice, strength) {
  const much = strength === 3 ? ", much" : strength === 1 ? ", slightly" : "";
  return `${CHOICES[choice]}${much}`;
}

function press(what, on) {
  document.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", String(on));
}
