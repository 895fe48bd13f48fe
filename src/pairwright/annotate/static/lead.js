// The lead's pages work without this; it keeps the dashboard fresh, copies links, previews Markdown.
import { call } from "./calls.js";
import { setHtml } from "./html.js";
import { listen } from "./reading.js";

listen();

const figures = document.querySelector("[data-refresh]");
if (figures) {
  setInterval(async () => {
    if (document.hidden || figures.contains(document.activeElement)) return;
    const response = await fetch(figures.dataset.refresh, { cache: "no-store" }).catch(() => null);
    if (!response?.ok) return;
    const open = [...figures.querySelectorAll("details[open]")].map((each) => each.id);
    setHtml(figures, await response.text());
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    ready(figures);
  }, 5000);
}

function ready(part) {
  for (const button of part.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  // Without HTTPS there is no clipboard API; the selection can be copied by hand.
  const done = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
  button.textContent = done || document.execCommand("copy") ? "Copied" : "Press Ctrl-C";
}

ready(document);

// A file is read here, into the field its names belong to: nothing is uploaded but what the field then holds.
for (const file of document.querySelectorAll("[data-into]")) {
  file.addEventListener("change", async () => {
    if (file.files[0]) document.getElementById(file.dataset.into).value = await file.files[0].text();
  });
}

for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", () => {
    const made = new Blob([document.getElementById(button.dataset.save).value], { type: "text/csv" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(made);
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

for (const time of document.querySelectorAll("time[data-at]")) {
  time.textContent = new Date(Number(time.dataset.at) * 1000).toLocaleString();
}

const editor = document.querySelector("[data-preview]");
let waiting = 0;
editor?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const found = await call("/api/lead/preview", { text: editor.value }).catch(() => null);
    if (found) setHtml(document.getElementById(editor.dataset.preview), found.html);
  }, 300);
});

// Keys press the button or link that names them; never while something is being written.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, button, a, dialog")) return;
  const found = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (!found) return;
  event.preventDefault();
  found.click();
});
