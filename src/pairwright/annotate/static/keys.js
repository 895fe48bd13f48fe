// What a key means on the pages of work, or null for one that means nothing there.
export const CHOICES = {
  1: "left", a: "left", ArrowLeft: "left", 2: "right", b: "right", ArrowRight: "right",
  t: "tie", "=": "tie", g: "both_good", x: "both_bad",
};
export const DOES = {
  u: "undo", s: "skip", f: "flag", n: "note", r: "raw", w: "written", d: "diff", l: "together",
  o: "reasoning", c: "calls", p: "parting", v: "images", e: "enlarge", h: "guidelines", i: "guidelines",
  "?": "keys", j: "down", k: "up", "-": "slightly", "+": "much",
  m: "past", q: "mark", Escape: "leave", Enter: "onward", ",": "smaller", ".": "larger",
};

export const REASONS = "34567890"; // the lead's reasons, in order
export const MARKS = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "j", "k", " ", "Enter"]; // while marking

// On the page of rankings; 1 to 9 are responses.
export const RANKS = {
  "=": "tie", t: "tie", Backspace: "back", Enter: "save", u: "undo", s: "skip", f: "flag", n: "note",
  w: "written", o: "reasoning", c: "calls", v: "images", e: "enlarge", h: "guidelines", i: "guidelines",
  "?": "keys", j: "down", k: "up", ",": "smaller", ".": "larger",
};

// The key's name; null while somebody types, and for what the browser or a button does with it.
function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  if (event.target.closest?.("input:not([type=radio]), textarea, select, dialog")) return null;
  if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return null;
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

// With Shift the digit keys give other characters, and which ones depends on the layout.
function digitOf(event) {
  return /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
}

// One key a choice. Gives {do}, {choice, strength}, {reason} or {mark}.
export function meaning(event, marking = false) {
  // On a rating the arrows choose another value; all other keys mean what they mean everywhere.
  if (event.target.matches?.("input[type=radio]") && event.key.startsWith("Arrow")) return null;
  const named = pressed(event);
  if (named === null) return null;
  const key = digitOf(event) ?? named;
  if (marking && MARKS.includes(key)) return { mark: key };
  if (REASONS.includes(key)) return { reason: key };
  if (key in CHOICES) {
    const sided = CHOICES[key] === "left" || CHOICES[key] === "right";
    return { choice: CHOICES[key], strength: event.shiftKey && sided && key !== "=" ? 3 : null };
  }
  return key in DOES ? { do: DOES[key] } : null;
}

// Gives {response}, a number from 0, or {do}.
export function meaningInRanking(event) {
  const key = pressed(event);
  if (key === null) return null;
  const digit = event.shiftKey ? 0 : Number(digitOf(event) ?? 0);
  if (digit) return { response: digit - 1 };
  return key in RANKS ? { do: RANKS[key] } : null;
}
