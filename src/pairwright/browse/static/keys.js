// The keyboard, and the count of pairs, which the page does not wait for. Without this the pages work all the same.
import { listen } from "/static/reading.js";

const byId = (id) => document.getElementById(id);
const rows = [...document.querySelectorAll("#rows .open")];

function follow(id) {
  const link = byId(id);
  if (link) link.click();
  return Boolean(link);
}

function move(step) {
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  if (next < 0) return follow("previous");
  if (next >= rows.length) return follow("next");
  rows[next].focus();
  rows[next].closest("li").scrollIntoView({ block: "nearest" });
  return true;
}

// Once more takes one back to the text as it is laid out.
const show = (way) => follow(byId(`show-${way}`)?.getAttribute("aria-current") ? "show-text" : `show-${way}`);
const onPair = Boolean(byId("up"));
const DO = {
  "/": () => (byId("q").focus(), byId("q").select(), true),
  "?": () => (byId("keys").showModal(), true),
  j: () => (onPair ? follow("next") : move(1)),
  k: () => (onPair ? follow("previous") : move(-1)),
  n: () => !onPair && follow("next"),
  p: () => !onPair && follow("previous"),
  u: () => follow("up"),
  Escape: () => follow("up"),
  d: () => show("difference"),
  r: () => show("raw"),
  w: () => show("written"),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, select, textarea");
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  if (DO[event.key]?.()) event.preventDefault();
});

listen();

byId("keys-button").addEventListener("click", () => byId("keys").showModal());

// Empty fields say nothing: they are left out of the address, so that it can be read and shared.
for (const form of document.querySelectorAll('form[method="get"]')) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form :disabled")) field.disabled = false;
});

// On a narrow screen pairs come first, and filters open when they are wanted.
if (byId("fold") && matchMedia("(max-width: 900px)").matches) byId("fold").open = false;

const count = byId("count");
if (count) {
  fetch(count.dataset.count)
    .then((answer) => answer.json())
    .then((of) => {
      const n = of.pairs.toLocaleString("en");
      count.textContent = of.all ? n : `at least ${n}`;
    })
    .catch(() => {});
}
