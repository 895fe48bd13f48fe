// What the server offers: loaded ahead, kept while it is read, given back on leaving. In one tab at a time, for
// two would show the same.
import { beacon, call, person } from "./calls.js";
import { notice, screen } from "./frame.js";
import { el } from "./html.js";
import { t } from "./words.js";

export class Offers {
  active = true; // false while another tab of this person is the one in use
  #loading = null;
  #retry = 0;
  #tabs = new BroadcastChannel(`pairwright:${person}`);

  // `at`: {page, offers, leave}, paths; `most`: tasks held, with the one on screen. The page tells of itself by
  // `current()`, the task on screen, and `held()`, all without an answer. It uses what came by
  // `taken(found, unsent)`, and drops all it holds by `forget()`.
  constructor(outbox, at, most, page) {
    Object.assign(this, { outbox, at, most, page });
    outbox.addEventListener("state", ({ detail }) => this.#connection(detail));
    setInterval(() => this.#renew(), 5 * 60 * 1000);
    document.addEventListener("visibilitychange", () => this.#renew());
    this.#tabs.addEventListener("message", ({ data }) => this.#heard(data));
    addEventListener("pagehide", () => this.#leave());
    // The back button may bring the page back as it was: what it held was given back on leaving.
    addEventListener("pageshow", (event) => event.persisted && this.#takeOver());
    this.#tabs.postMessage("here");
  }

  get #names() {
    return this.page.held().map((task) => task.id);
  }

  async load() {
    if (this.#loading || !this.active) return this.#loading;
    this.#loading = this.#ask();
    try {
      await this.#loading;
    } finally {
      this.#loading = null;
    }
  }

  async #ask() {
    const unsent = this.outbox.waiting.map((each) => each.body.id).filter(Boolean);
    const n = this.most - this.#names.length;
    if (n <= 0 && this.page.current()) return;
    const have = [...new Set([...this.#names, ...unsent])].join(",");
    let found;
    try {
      found = await call(`${this.at.offers}?${new URLSearchParams({ n: Math.max(n, 1), have })}`);
    } catch (problem) {
      this.later(3000);
      if (problem.status === 401) this.#signedOut("");
      else if (!this.page.current()) {
        const title = problem.status ? t("Something is wrong") : t("Not connected");
        screen(title, `${problem.message} ${t("Trying again …")}`);
      }
      return;
    }
    this.page.taken(found, unsent);
  }

  later(ms) {
    this.rest();
    this.#retry = setTimeout(() => this.load(), ms);
  }

  rest() {
    clearTimeout(this.#retry);
  }

  // Whoever reads for long keeps what they hold; whoever comes back later learns what was decided meanwhile.
  async #renew() {
    if (!this.active || document.hidden || this.#loading || !this.page.current()) return;
    const query = new URLSearchParams({ n: 0, have: this.#names });
    const found = await call(`${this.at.offers}?${query}`).catch(() => null);
    if (found && found.gone.length) this.page.taken(found, []);
  }

  #connection({ state, text }) {
    if (state === "clear") {
      notice("connection", null);
      this.load();
    } else if (state === "signed-out") this.#signedOut(text);
    else notice("connection", "warn", state === "offline" ? `${t("Not connected.")} ${text}` : text);
  }

  #signedOut(text) {
    const link = el("a", { href: `/signin?next=${this.at.page}`, target: "_blank" }, t("Sign in"));
    const what = t("You are signed out: sign in again in a new tab and come back here.");
    notice("connection", "warn", what, " ", link, ` ${text}`);
  }

  #heard(said) {
    if (said !== "here" || !this.active) return;
    this.active = false;
    const back = el("button", { type: "button", class: "strong", onclick: () => this.#takeOver() }, t("Work here instead"));
    screen(t("You are working in another tab"), t("Answers you gave here are saved."), el("p", {}, back));
  }

  #takeOver() {
    this.active = true;
    this.#tabs.postMessage("here");
    this.page.forget();
    this.load();
  }

  #leave() {
    const ids = this.#names;
    if (this.active && ids.length) beacon(this.at.leave, { ids });
  }
}
