import { told } from "./words.js";

// The one place where HTML made by the server (and sanitised there) enters the page.
const policy = window.trustedTypes?.createPolicy("pairwright", { createHTML: (text) => text });

export function setHtml(element, text) {
  element.innerHTML = policy ? policy.createHTML(text) : text;
  for (const own of element.querySelectorAll("[data-t]")) own.textContent = told(own.textContent);
}

// `el("p", {class: "hint"}, "text", child, ...)`: an element; text is never read as HTML.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}
