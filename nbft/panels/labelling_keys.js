// Keys of the panel: they work while it has the focus, and no shortcut of the front end takes them.

const SUPPRESS = "data-lm-suppress-shortcuts";
const SCROLLS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
const LINE = 32;

// Ctrl-S still saves the notebook and Shift-Enter still runs the cell.
function isForFrontEnd(event) {
  return event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
}

// Front ends look for their shortcuts on the way down to the focused element, before the panel hears of the key, or on the
// way up; what carries the attribute they leave alone.
function guardKeys(root) {
  const look = (event) => {
    if (!root.contains(event.target)) return;
    if (isForFrontEnd(event)) root.removeAttribute(SUPPRESS);
    else root.setAttribute(SUPPRESS, "true");
  };
  window.addEventListener("keydown", look, true);
  root.setAttribute(SUPPRESS, "true");
  return () => window.removeEventListener("keydown", look, true);
}

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
