// Active seconds: the page is in view, and the person did something not long ago.
// Reading is quiet, so a longer text allows a longer pause: a word in a third of a second, 30 to 180 s.
export class Timer {
  #seconds = 0;
  #since = null;
  #pause = 30;
  #last = 0;

  constructor(now = () => performance.now()) {
    this.now = now;
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"]) {
      addEventListener(name, () => this.touch(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.touch()));
    addEventListener("pagehide", () => this.#stop());
  }

  start(words) {
    this.#seconds = 0;
    this.#pause = Math.min(180, Math.max(30, words / 3));
    this.#since = document.hidden ? null : this.now();
    this.#last = this.now();
  }

  touch() {
    const now = this.now();
    if (this.#since !== null && now - this.#last > this.#pause * 1000) {
      // Away in between: count up to the pause that reading explains, no more.
      this.#seconds += (this.#last - this.#since) / 1000 + this.#pause;
      this.#since = now;
    }
    if (this.#since === null && !document.hidden) this.#since = now;
    this.#last = now;
  }

  #stop() {
    this.touch();
    if (this.#since !== null) this.#seconds += (this.now() - this.#since) / 1000;
    this.#since = null;
  }

  get seconds() {
    this.touch();
    const running = this.#since === null ? 0 : (this.now() - this.#since) / 1000;
    return Math.round((this.#seconds + running) * 1000) / 1000;
  }
}
