// One key a choice. Gives {do}, {choice, strength}, {reason}, {mark} or null for keys that mean nothing here.
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

export function meaning(event, marking = false) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  if (event.target.closest?.("input:not([type=radio]), textarea, select, dialog")) return null;
  if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return null;
  // On a rating the arrows choose another value; all other keys mean what they mean everywhere.
  if (event.target.matches?.("input[type=radio]") && event.key.startsWith("Arrow")) return null;
  // With Shift the digit keys give other characters, and which ones depends on the layout.
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  const key = digit ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  if (marking && MARKS.includes(key)) return { mark: key };
  if (REASONS.includes(key)) return { reason: key };
  if (key in CHOICES) {
    const sided = CHOICES[key] === "left" || CHOICES[key] === "right";
    return { choice: CHOICES[key], strength: event.shiftKey && sided && key !== "=" ? 3 : null };
  }
  return key in DOES ? { do: DOES[key] } : null;
}
