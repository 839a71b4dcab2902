// The keys of a whole dashboard: what a control needs is not taken by the front end, and Escape takes a question back.
// key_guard.js stands before it in one module. Other keys are left to the front end, as the letters that add cells.

const PRESSES = ["Enter", " "];

function isOfControl({ key, target }) {
  return target.matches("button, summary, a, [type='checkbox']") ? PRESSES.includes(key) : target.matches("input, select");
}

function asks(root) {
  return Boolean(root.querySelector(".nbft-confirm .nbft-no")?.offsetParent);
}

export default {
  render({ el }) {
    let root = null;
    let unguard = () => {};
    const find = () => {
      if (root || !(root = el.closest(".nbft-dashboard"))) return;
      unguard = guardKeys(root, (event) => isOfControl(event) || (event.key === "Escape" && asks(root)));
      root.addEventListener("keydown", takeBack);
    };
    const takeBack = (event) => {
      if (event.key !== "Escape" || !asks(root)) return;
      event.stopPropagation();
      root.querySelector(".nbft-confirm .nbft-no").click();
    };
    const attached = new ResizeObserver(find); // told once the element is in the page
    attached.observe(el);
    find();
    return () => {
      attached.disconnect();
      root?.removeEventListener("keydown", takeBack);
      unguard();
    };
  },
};
