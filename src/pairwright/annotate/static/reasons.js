// Reasons for a choice that the lead defined, each a button and a key; and ratings. Both go with the answer.
const buttons = [...document.querySelectorAll("[data-reason]")];
const ratings = () => document.querySelectorAll(".ratings input");

export function reasonsGiven() {
  return buttons.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.reason);
}

export function toggleReason(key) {
  const button = buttons.find((each) => each.dataset.key === key);
  if (button) button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
}

export function ratingsGiven() {
  const found = {};
  for (const input of ratings()) {
    if (!input.checked) continue;
    const side = input.closest(".ratings").dataset.side;
    (found[side] ??= {})[input.dataset.criterion] = Number(input.value);
  }
  return Object.keys(found).length ? found : null;
}

// For another pair: nothing chosen, or what was chosen before.
export function begin(previous) {
  for (const each of buttons) {
    each.setAttribute("aria-pressed", String(previous?.reasons?.includes(each.dataset.reason) ?? false));
  }
  for (const input of ratings()) {
    const given = previous?.ratings?.[input.closest(".ratings").dataset.side]?.[input.dataset.criterion];
    input.checked = given === Number(input.value);
  }
}
