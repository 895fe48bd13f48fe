// Answers wait in the browser until the server has them: through a dead server, a reload, an expired sign-in.
// They are sent one by one in the order they were given, each with a key by which it counts once.
import { call, person, refreshToken, whose } from "./calls.js";
import { t } from "./words.js";

const PLACE = `pairwright:outbox:${whose}`;
const REFUSED = `pairwright:refused:${whose}`;
const WAITS = [1, 2, 4, 8, 15, 30];

export class Outbox extends EventTarget {
  #sending = false;
  #failures = 0;
  #timer = 0;

  constructor() {
    super();
    addEventListener("online", () => this.send());
    addEventListener("focus", () => this.send());
  }

  // [{path, body, id}], oldest first. Read anew each time: another tab may have sent some.
  get waiting() {
    return JSON.parse(localStorage.getItem(PLACE) ?? "[]");
  }

  #keep(entries) {
    localStorage.setItem(PLACE, JSON.stringify(entries));
  }

  add(path, body) {
    this.#keep([...this.waiting, { path, body }]);
    this.send();
  }

  // Take back an answer that has not been sent; false if it has, or is on its way.
  takeBack(id) {
    const entries = this.waiting;
    const at = entries.findLastIndex((each) => each.body.id === id);
    if (at < 0 || (at === 0 && this.#sending)) return false;
    this.#keep(entries.toSpliced(at, 1));
    return true;
  }

  async send() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      for (let entries = this.waiting; entries.length; entries = this.waiting) {
        const { path, body } = entries[0];
        let answer = null;
        try {
          answer = await call(path, body);
        } catch (problem) {
          if (!(await this.#mended(problem, entries[0]))) return;
          continue;
        }
        this.#failures = 0;
        this.#drop(body.key);
        this.dispatchEvent(new CustomEvent("sent", { detail: { path, body, answer } }));
      }
      this.#tell("clear", "");
    } finally {
      this.#sending = false;
    }
  }

  #drop(key) {
    this.#keep(this.waiting.filter((each) => each.body.key !== key));
  }

  // What to do about a call that failed: true to go on at once.
  async #mended(problem, entry) {
    const n = this.waiting.length;
    const kept = t("{n} answers are kept here and sent later.", { n });
    if (problem.status === 403 && problem.kind === "Csrf") {
      try {
        const name = await refreshToken();
        if (name === person && this.#failures++ < 3) return true;
        const other = t("{name} is signed in now: the answers of {person} are kept until {person} signs in.", { name, person });
        this.#tell("other", name === person ? kept : other);
      } catch {
        this.#tell("signed-out", kept);
      }
      this.#later();
      return false;
    }
    if (problem.status === 401) {
      this.#tell("signed-out", kept);
      this.#later();
      return false;
    }
    if (problem.status === 403 && (problem.kind === "Paused" || problem.kind === "Removed")) {
      // Rights may come back: what was given before they were taken is not thrown away.
      this.#tell("paused", `${problem.message} ${t("{n} answers are kept here and sent once you may work again.", { n })}`);
      this.#later();
      return false;
    }
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429 && problem.status !== 408) {
      // It will never be taken: kept aside and told, never lost in silence.
      const aside = JSON.parse(localStorage.getItem(REFUSED) ?? "[]");
      localStorage.setItem(REFUSED, JSON.stringify([...aside, { ...entry, why: problem.message }].slice(-100)));
      this.#drop(entry.body.key);
      this.dispatchEvent(new CustomEvent("refused", { detail: { ...entry, why: problem.message } }));
      return true;
    }
    this.#tell("offline", kept);
    this.#later();
    return false;
  }

  #later() {
    const seconds = WAITS[Math.min(this.#failures++, WAITS.length - 1)];
    this.#timer = setTimeout(() => this.send(), seconds * 1000);
  }

  #tell(state, text) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, text } }));
  }
}
