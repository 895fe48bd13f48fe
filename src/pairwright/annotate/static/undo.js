// Taking back: what was done on this page at once, and what was done before it was loaded as the server knows it.
import { call, newKey } from "./calls.js";
import { notice, progress, say } from "./frame.js";
import { t } from "./words.js";

const MOST = 20;

export class Undo {
  #done = []; // {task, given}, newest last

  // `again(task, given)` puts the task back on screen; what was `given` is null where the server knows it alone.
  constructor(outbox, path, again) {
    Object.assign(this, { outbox, path, again });
  }

  get last() {
    return this.#done.at(-1) ?? null;
  }

  keep(task, given) {
    this.#done = [...this.#done, { task, given }].slice(-MOST);
  }

  forget() {
    this.#done = [];
  }

  async undo() {
    const last = this.#done.pop();
    if (!last) return this.#onServer();
    if (!this.outbox.takeBack(last.task.id)) this.outbox.add(this.path, { id: last.task.id, key: newKey() });
    this.#back(last.task, last.given);
  }

  async #onServer() {
    if (this.outbox.waiting.length) await this.outbox.send();
    try {
      const found = await call(this.path, { key: newKey() });
      if (!found.task) return notice("undo", "info", t("There is nothing to take back."));
      progress(found.progress);
      this.#back(found.task, null);
    } catch (problem) {
      notice("undo", "bad", problem.status === 401 ? t("Sign in first.") : t("Not taken back: {why}", { why: problem.message }));
    }
  }

  #back(task, given) {
    this.again(task, given);
    say(t("Taken back. Choose again."));
  }
}
