// The guidelines, in a dialog of the page: whoever closes it has seen this version.
import { call } from "./calls.js";
import { open } from "./dialogs.js";
import { notice } from "./frame.js";
import { el, setHtml } from "./html.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);

export async function showGuidelines() {
  const dialog = open("guidelines");
  try {
    const found = await call("/api/guidelines");
    setHtml($("guidelines-text"), found.html);
    $("guidelines-changes").hidden = !found.changes;
    setHtml($("guidelines-changes").querySelector("div"), found.changes ?? "");
    dialog.addEventListener("close", () => seen(found.id), { once: true });
  } catch (problem) {
    $("guidelines-text").textContent = t("They can't be loaded now: {why}", { why: problem.message });
  }
}

async function seen(id) {
  try {
    await call("/api/guidelines/seen", { id });
    notice("guidelines", null);
  } catch {
    // The notice stays and can be clicked again.
  }
}

// What the server tells of the current version: whether it is another than this person has seen.
export function sayIfChanged(found) {
  if (!found.changed || $("notice-guidelines")) return;
  const see = el("button", { type: "button", onclick: showGuidelines }, t("See what changed"), " ", el("kbd", {}, "h"));
  notice("guidelines", "info", t("The guidelines have changed."), " ", see);
}
