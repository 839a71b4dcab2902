// Keys of a widget: no shortcut of the front end takes them while it has the focus.

const SUPPRESS = "data-lm-suppress-shortcuts";

// Ctrl-S still saves the notebook and Shift-Enter still runs the cell.
function isForFrontEnd(event) {
  return event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
}

// Front ends look for their shortcuts on the way down to the focused element, before the widget hears of the key, or on the
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
