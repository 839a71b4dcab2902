// Keys of a widget: no shortcut of the front end takes them while it has the focus.

const SUPPRESS = "data-lm-suppress-shortcuts";

// Ctrl-S still saves the notebook and Shift-Enter still runs the cell.
function isForFrontEnd(event) {
  return event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
}

// Front ends look for their shortcuts on the way down to the focused element, before the widget hears of the key, or on the
// way up, beginning with the focused element itself; what carries the attribute they leave alone.
function guardKeys(root, isOurs = () => true) {
  const look = (event) => {
    if (event.target.closest?.("[data-nbft-keys]") !== root) return; // a widget within this one may know its keys better
    const ours = isOurs(event) && !isForFrontEnd(event);
    for (const part of [root, event.target]) {
      if (ours) part.setAttribute(SUPPRESS, "true");
      else part.removeAttribute(SUPPRESS);
    }
  };
  window.addEventListener("keydown", look, true);
  root.dataset.nbftKeys = "";
  root.setAttribute(SUPPRESS, "true");
  return () => window.removeEventListener("keydown", look, true);
}
