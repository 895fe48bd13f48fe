// Marking what decided: both responses as they were written, in which spans are selected or sentences stepped
// through. Offsets count characters (code points) of one message's own text, as the server does.
import { call } from "./calls.js";
import { el } from "./html.js";
import { t } from "./words.js";

const SIDES = ["left", "right"];
const MOST = 20;
const LONG = 100_000; // characters over which sentences are not looked for: lines are
// Characters that can't be seen but deceive, as annotate/rendering.py names them.
const HIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

export class Marks {
  spans = []; // {side, turn, start, end}
  on = false;
  #parts = null; // {left: [{turn, role, chars, sentences}], right}
  #at = null; // the sentence the keys are on: {side, part, n}

  constructor(changed) {
    this.changed = changed;
    for (const side of SIDES) {
      document.getElementById(side).addEventListener("pointerup", () => this.on && setTimeout(() => this.#selected(side)));
    }
  }

  // For another pair: nothing marked, or what was marked before.
  begin(spans = []) {
    this.spans = spans;
    this.on = false;
    this.#parts = this.#at = null;
  }

  async open(id) {
    const found = await call(`/api/parts?id=${id}`);
    this.#parts = Object.fromEntries(SIDES.map((side) => [side, found[side].map(prepared)]));
    this.on = true;
    const side = SIDES.find((each) => this.#parts[each].length);
    this.#at = side ? { side, part: 0, n: 0 } : null;
  }

  close() {
    this.on = false;
  }

  draw() {
    for (const side of SIDES) {
      const parts = this.#parts[side].flatMap((part, at) => this.#part(side, part, at));
      const none = el("p", { class: "hint" }, t("(nothing to mark)"));
      document.getElementById(side).replaceChildren(...(parts.length ? parts : [none]));
    }
    document.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }

  #part(side, part, at) {
    const cuts = new Set([0, part.chars.length]);
    const mine = this.spans.filter((span) => span.side === side && span.turn === part.turn);
    for (const span of mine) cuts.add(span.start).add(span.end);
    const here = this.#at?.side === side && this.#at.part === at ? part.sentences[this.#at.n] : null;
    if (here) cuts.add(here[0]).add(here[1]);
    const edges = [...cuts].sort((a, b) => a - b);
    const leaves = edges.slice(0, -1).map((start, n) => {
      const marked = mine.some((span) => span.start <= start && start < span.end);
      const current = here && here[0] <= start && start < here[1];
      return el(marked ? "mark" : "span", { class: current ? "at" : null }, ...letters(part.chars, start, edges[n + 1]));
    });
    const title = this.#parts[side].length > 1 ? [el("div", { class: "role" }, part.role)] : [];
    return [...title, el("pre", { class: "raw markable", dir: "auto", "data-part": at }, ...leaves)];
  }

  // A selection is marked as it is; a click or tap marks the sentence it falls on.
  #selected(side) {
    const selection = getSelection();
    if (!selection.rangeCount) return;
    const range = selection.getRangeAt(0);
    const pre = (range.startContainer.nodeType === 1 ? range.startContainer : range.startContainer.parentElement).closest("pre.markable");
    if (!pre || !document.getElementById(side).contains(pre)) return;
    const part = this.#parts[side][Number(pre.dataset.part)];
    const ends = [place(pre, range.startContainer, range.startOffset), place(pre, range.endContainer, range.endOffset)];
    const [start, end] = [ends[0], pre.contains(range.endContainer) ? ends[1] : part.chars.length];
    selection.removeAllRanges();
    if (end > start) this.#add({ side, turn: part.turn, start, end });
    else {
      const n = part.sentences.findIndex(([from, to]) => from <= start && start < to);
      if (n < 0) return;
      this.#at = { side, part: Number(pre.dataset.part), n };
      this.#toggle();
    }
  }

  // Gives whether the key meant something here.
  key(name) {
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
    if (name in steps) this.#step(steps[name]);
    else if (name === "ArrowLeft" || name === "ArrowRight") this.#cross();
    else if (name === " " || name === "Enter") this.#toggle();
    else return false;
    return true;
  }

  #step(by) {
    if (!this.#at) return;
    let { side, part, n } = this.#at;
    const parts = this.#parts[side];
    n += by;
    if (n < 0 && part > 0) n = parts[--part].sentences.length - 1;
    else if (n >= parts[part].sentences.length && part < parts.length - 1) [part, n] = [part + 1, 0];
    this.#at = { side, part, n: Math.min(Math.max(n, 0), parts[part].sentences.length - 1) };
    this.draw();
  }

  #cross() {
    const other = this.#at?.side === "left" ? "right" : "left";
    if (!this.#parts[other].length) return;
    this.#at = { side: other, part: 0, n: 0 };
    this.draw();
  }

  // Mark the sentence, or take away what is marked in it.
  #toggle() {
    if (!this.#at) return;
    const { side, part, n } = this.#at;
    const [start, end] = this.#parts[side][part].sentences[n];
    const { turn } = this.#parts[side][part];
    const inside = (span) => span.side === side && span.turn === turn && span.start < end && span.end > start;
    if (!this.spans.some(inside)) return this.#add({ side, turn, start, end });
    this.spans = this.spans.filter((span) => !inside(span));
    this.#told();
  }

  // Spans that touch become one.
  #add(span) {
    const touches = (each) => each.side === span.side && each.turn === span.turn && each.start <= span.end && each.end >= span.start;
    const joined = this.spans.filter(touches);
    const start = Math.min(span.start, ...joined.map((each) => each.start));
    const end = Math.max(span.end, ...joined.map((each) => each.end));
    const rest = this.spans.filter((each) => !touches(each));
    if (rest.length < MOST) this.spans = [...rest, { ...span, start, end }];
    this.#told();
  }

  #told() {
    this.draw();
    this.changed();
  }
}

// A message's text as characters, and where its sentences are: [start, end) without the space around them.
function prepared({ turn, role, text }) {
  const chars = [...text];
  const cut = chars.length > LONG ? lines(text) : new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text);
  const sentences = [];
  let at = 0;
  let number = null; // where a list's number stands: it is no sentence, and goes with what follows
  for (const { segment } of cut) {
    for (const line of segment.split(/(?<=\n)/)) {
      const length = [...line].length;
      const before = [...line.slice(0, line.length - line.trimStart().length)].length;
      const inner = [...line.trim()].length;
      if (/^\d{1,3}[.)]$/.test(line.trim())) number ??= at + before;
      else if (inner) {
        sentences.push([number ?? at + before, at + before + inner]);
        number = null;
      }
      at += length;
    }
  }
  return { turn, role, chars, sentences };
}

function lines(text) {
  return text.split(/(?<=\n)/).map((segment) => ({ segment }));
}

// Characters as nodes: what can't be seen is named, and still counts as the one it is.
function letters(chars, start, end) {
  const nodes = [];
  let plain = "";
  for (const char of chars.slice(start, end)) {
    if (!HIDDEN.test(char)) {
      plain += char;
      continue;
    }
    if (plain) nodes.push(plain);
    plain = "";
    const code = char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(el("span", { class: "odd" }, `[U+${code}]`));
  }
  if (plain) nodes.push(plain);
  return nodes;
}

// How many characters of a part stand before a place in the page.
function place(pre, node, offset) {
  const before = document.createRange();
  before.setStart(pre, 0);
  before.setEnd(node, offset);
  const copy = before.cloneContents();
  for (const odd of copy.querySelectorAll(".odd")) odd.replaceWith("x");
  return [...copy.textContent].length;
}
