// Images enlarged: those of the prompt one after the other, those of the two responses beside each other.
import { el } from "./html.js";
import { t } from "./words.js";

let slides = []; // each: [{image, name}], several where both sides have one
let at = 0;
let dialog = null;

function gather() {
  const asked = [...document.querySelectorAll(".prompt img.picture")];
  const sides = [...document.querySelectorAll(".sides .side")].map((side) => ({
    name: [...side.querySelectorAll("h2 .name")].find((each) => each.offsetParent)?.textContent ?? "",
    images: [...side.querySelectorAll("img.picture")],
  }));
  const most = Math.max(0, ...sides.map((side) => side.images.length));
  return [
    ...asked.map((image) => [{ image, name: t("Prompt") }]),
    ...Array.from({ length: most }, (_, n) =>
      sides.filter((side) => side.images[n]).map((side) => ({ image: side.images[n], name: side.name })),
    ),
  ];
}

// Enlarge an image of the page, or the first there is; false where there is none.
export function showImages(image = null) {
  slides = gather();
  if (!slides.length) return false;
  at = Math.max(0, slides.findIndex((slide) => slide.some((each) => each.image === image)));
  dialog ??= made();
  draw();
  dialog.showModal();
  return true;
}

function made() {
  const key = (text) => el("kbd", {}, text);
  const button = (does, ...content) => el("button", { type: "button", onclick: does }, ...content);
  const bar = el(
    "div",
    { class: "bar-of-images" },
    el("b", { id: "images-at", "aria-live": "polite" }),
    el("span", { id: "images-turn" }, button(() => turn(-1), t("Previous"), " ", key("←")), button(() => turn(1), t("Next"), " ", key("→"))),
    el("button", { type: "button", id: "images-size", "aria-pressed": "false", onclick: size }, t("Full size"), " ", key("z")),
    button(() => dialog.close(), t("Back"), " ", key("Esc")),
  );
  const box = el("dialog", { class: "images", autofocus: "", tabindex: "-1", "aria-labelledby": "images-at" }, bar, el("div", { id: "images-shown" }));
  box.addEventListener("keydown", pressed);
  document.body.append(box);
  return box;
}

function draw() {
  document.getElementById("images-at").textContent = t("Image {at} of {all}", { at: at + 1, all: slides.length });
  document.getElementById("images-turn").hidden = slides.length < 2;
  document.getElementById("images-shown").replaceChildren(
    ...slides[at].map(({ image, name }) => {
      const large = el("img", { src: image.getAttribute("src"), alt: t("{name}: image {at}", { name, at: at + 1 }) });
      large.addEventListener("click", size);
      return el("figure", { tabindex: "0" }, el("figcaption", {}, name), large);
    }),
  );
}

function turn(step) {
  at = (at + step + slides.length) % slides.length;
  draw();
}

function size() {
  const full = dialog.classList.toggle("full");
  document.getElementById("images-size").setAttribute("aria-pressed", String(full));
}

export const KEYS = {
  ArrowRight: () => turn(1), j: () => turn(1), n: () => turn(1),
  ArrowLeft: () => turn(-1), k: () => turn(-1),
  z: size, v: () => dialog.close(),
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  // An image larger than the screen is moved by the arrows; it is turned by the other keys.
  if (event.key.startsWith("Arrow") && dialog.classList.contains("full")) return;
  event.preventDefault();
  KEYS[event.key]();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.enlarge");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (showImages(link.querySelector("img"))) event.preventDefault();
});
