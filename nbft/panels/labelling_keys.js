// Keys of the panel: they work while it has the focus.

const SCROLLS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
const LINE = 32;

// Returns what a key asks for: {label: place}, {act: name}, {scroll: lines}, or null.
function meaningOf(event, labels, many) {
  if (event.repeat || event.isComposing) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "u" || key === "Backspace") return { act: "undo" };
  if (key === "s" || key === " ") return { act: "skip" };
  if (key === "Escape") return { act: "leave" };
  if (key === "Enter") return { act: many ? "confirm" : "again" };
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const place = labels.findIndex((label) => label.keys.includes(key) || (digit && label.keys.includes(digit[1])));
  return place >= 0 ? { label: place } : null;
}
