// A ranking as it is being made: numbers in groups, best first; those in one group tie. Changed by keys, by
// arrows on a number, by dragging and by clicks; tells `changed` after each.
import { el } from "./html.js";
import { list, t } from "./words.js";

// On a number of the ranking. The best stands where a line of the page's language begins.
const BETTER = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
export const STEPS = { ArrowLeft: 1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, [BETTER]: -1 };

export class Places {
  groups = []; // [[0, 2], [1]]: numbers from 0
  tie = false; // the next one joins the last group
  #n = 0;
  #last = []; // in the order they were put in
  #dragged = null;

  constructor(strip, changed) {
    this.strip = strip;
    this.changed = changed;
    strip.addEventListener("keydown", (event) => this.#key(event));
    strip.addEventListener("pointerdown", (event) => this.#down(event));
    strip.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-n]");
      if (chip && !this.#dragged) this.toggle(Number(chip.dataset.n));
      this.#dragged = null;
    });
  }

  // `places`: of each number, 1 for the best; null where nothing is ranked yet.
  begin(n, places = null) {
    this.#n = n;
    this.tie = false;
    const wanted = places ? [...new Set(places)].sort((a, b) => a - b) : [];
    this.groups = wanted.map((place) => this.#all.filter((each) => places[each] === place));
    this.#last = this.groups.flat();
    this.#draw();
  }

  get #all() {
    return [...Array(this.#n).keys()];
  }

  get rest() {
    return this.#all.filter((each) => !this.groups.flat().includes(each));
  }

  get complete() {
    return this.#n > 0 && this.rest.length === 0;
  }

  // 1 for those of the best group, and so on: of each number.
  get places() {
    return this.#all.map((each) => this.groups.findIndex((group) => group.includes(each)) + 1);
  }

  toggle(number) {
    if (!(number in this.#all)) return;
    if (!this.rest.includes(number)) this.#out(number);
    else if (this.tie && this.groups.length) this.groups.at(-1).push(number);
    else this.groups.push([number]);
    this.#settled(number);
  }

  setTie(on = !this.tie) {
    this.tie = on && this.groups.length > 0;
    this.changed();
  }

  back() {
    const number = this.#last.at(-1);
    if (number === undefined) return;
    this.#out(number);
    this.#settled(null);
  }

  #out(number) {
    this.groups = this.groups.map((group) => group.filter((each) => each !== number)).filter((group) => group.length);
  }

  #settled(number) {
    this.tie = false;
    this.#last = this.#last.filter((each) => each !== number && !this.rest.includes(each));
    if (number !== null && !this.rest.includes(number)) this.#last.push(number);
    this.#draw();
    this.changed(number);
  }

  // One step better (-1) or worse (1): out of a tie beside it, or from alone into a tie with the neighbour.
  step(number, way) {
    const at = this.groups.findIndex((group) => group.includes(number));
    if (at < 0) return;
    if (this.groups[at].length > 1) {
      this.groups[at] = this.groups[at].filter((each) => each !== number);
      this.groups.splice(way < 0 ? at : at + 1, 0, [number]);
    } else {
      const beside = this.groups[at + way];
      if (!beside) return;
      beside.push(number);
      this.groups.splice(at, 1);
    }
    this.#settled(number);
    this.strip.querySelector(`[data-n="${number}"]`)?.focus();
  }

  // Into the group at `at`, or alone before it.
  put(number, at, alone) {
    const target = this.groups[at];
    if (target?.length === 1 && target[0] === number) return;
    this.#out(number);
    const index = target ? this.groups.indexOf(this.groups.find((group) => target.some((each) => group.includes(each)))) : -1;
    if (index < 0) this.groups.push([number]);
    else if (alone) this.groups.splice(index, 0, [number]);
    else this.groups[index].push(number);
    this.#settled(number);
  }

  #key(event) {
    const chip = event.target.closest("[data-n]");
    const way = STEPS[event.key];
    if (!chip || !way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.step(Number(chip.dataset.n), way);
  }

  // ---- dragging, by mouse, pen or finger

  #down(event) {
    const chip = event.target.closest("[data-n]");
    if (!chip || event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY };
    this.#dragged = null;
    const move = (now) => {
      if (!this.#dragged && Math.hypot(now.clientX - from.x, now.clientY - from.y) < 6) return;
      this.#dragged = chip;
      chip.classList.add("dragged");
      chip.style.translate = `${now.clientX - from.x}px ${now.clientY - from.y}px`;
      this.#mark(this.#under(now));
    };
    const up = (now) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      chip.classList.remove("dragged");
      chip.style.translate = "";
      this.#mark(null);
      if (!this.#dragged) return;
      const over = now.type === "pointerup" ? this.#under(now) : null;
      const number = Number(chip.dataset.n);
      if (over?.dataset.group) this.put(number, Number(over.dataset.group), false);
      else if (over?.dataset.gap) this.put(number, Number(over.dataset.gap), true);
      else if (over?.dataset.rest !== undefined && !this.rest.includes(number)) this.toggle(number);
      // The click that follows is the end of this drag and no choice.
      setTimeout(() => (this.#dragged = null));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
  }

  #under(event) {
    const found = document.elementsFromPoint(event.clientX, event.clientY);
    return found.map((each) => each.closest("[data-gap], [data-group], [data-rest]")).find((each) => each && this.strip.contains(each));
  }

  #mark(place) {
    for (const each of this.strip.querySelectorAll(".over")) each.classList.remove("over");
    place?.classList.add("over");
  }

  #draw() {
    const parts = [el("span", { class: "hint" }, t("Best"))];
    this.groups.forEach((group, at) => {
      parts.push(el("span", { class: "gap", "data-gap": at }));
      parts.push(el("span", { class: "group", "data-group": at }, ...group.map((number) => this.#chip(number))));
    });
    parts.push(el("span", { class: "gap", "data-gap": this.groups.length }));
    parts.push(el("span", { class: "hint" }, t("Worst")));
    const rest = this.rest.map((number) => this.#chip(number));
    if (rest.length) parts.push(el("span", { class: "group rest", "data-rest": "" }, el("span", { class: "hint" }, t("Not ranked")), ...rest));
    this.strip.replaceChildren(...parts);
  }

  // Where a number stands, in words.
  told(number) {
    const n = number + 1;
    const at = this.groups.findIndex((group) => group.includes(number));
    if (at < 0) return t("Response {n}, not ranked", { n });
    const place = at + 1;
    const others = list(this.groups[at].filter((each) => each !== number).map((each) => String(each + 1)));
    return others ? t("Response {n}, place {place}, tied with {others}", { n, place, others }) : t("Response {n}, place {place}", { n, place });
  }

  #chip(number) {
    return el("button", { type: "button", class: "chip", "data-n": number, "aria-label": this.told(number) }, String(number + 1));
  }
}
