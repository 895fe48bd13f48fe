// What the page says, in the annotator's language. Catalogues are keyed by the English sentence; the page
// carries the one it needs.
const carried = document.getElementById("words");
const words = carried ? JSON.parse(carried.textContent) : {};
export const locale = carried?.dataset.locale ?? "en";
const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

// `t("{n} waiting", { n: 3 })`: the number `n` decides the form where a sentence has several.
export function t(sentence, values = {}) {
  const found = words[sentence] ?? sentence;
  const text = typeof found === "string" ? found : (found[plurals.select(values.n)] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

// A sentence that came from the server in English, with what it names.
export function told(message) {
  if (message in words) return t(message);
  for (const [sentence, text] of Object.entries(words)) {
    if (typeof text !== "string" || !sentence.includes("{")) continue;
    const seen = new Set();
    const place = (_, name) => (seen.has(name) ? `\\k<${name}>` : seen.add(name) && `(?<${name}>.+)`);
    const form = sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, place);
    const found = new RegExp(`^${form}$`, "s").exec(message);
    if (found) return t(sentence, found.groups);
  }
  return message;
}

function shown(value) {
  return typeof value === "number" ? numbers.format(value) : String(value);
}

// "1, 2 and 3".
export function list(parts) {
  return new Intl.ListFormat(locale).format(parts);
}

// A moment as the language writes it: the time today, else the day too.
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  const time = { hour: "2-digit", minute: "2-digit" };
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(locale, today ? time : { day: "numeric", month: "short", ...time });
}
