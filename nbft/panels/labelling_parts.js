// Parts of the panel as DOM. Text of data goes in as textContent alone.

const COLOURS = 8;

function make(tag, name, words = "", more = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (words) element.textContent = words;
  for (const [key, value] of Object.entries(more)) element.setAttribute(key, value);
  return element;
}

function keyCaps(keys) {
  const caps = make("span", "nbft-caps", "", { "aria-hidden": "true" });
  caps.append(...keys.map((key) => make("kbd", "", key.toUpperCase())));
  return caps;
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

function button(words, keys, name, act) {
  const made = make("button", `nbft-button ${name}`, "", { type: "button" });
  made.append(keyCaps(keys), make("span", "", words));
  if (keys.length) made.setAttribute("aria-keyshortcuts", keys.join(" "));
  made.addEventListener("click", act);
  return made;
}

function labelButton(label, place, chosen, act) {
  const made = make("button", `nbft-choice nbft-hue-${place % COLOURS}`, "", { type: "button" });
  made.append(keyCaps(label.keys), make("span", "nbft-choice-name", label.name, { dir: "auto" }));
  const guesses = label.guess !== null && label.guess !== undefined;
  if (guesses) {
    made.append(make("span", "nbft-choice-guess", percent(label.guess)));
    const bar = make("span", "nbft-choice-bar");
    bar.style.width = percent(label.guess);
    made.append(bar);
  }
  const keys = label.keys.length ? `, key ${label.keys.join(" or ")}` : "";
  made.setAttribute("aria-label", `${label.name}${keys}${guesses ? `, the model says ${percent(label.guess)}` : ""}`);
  made.setAttribute("aria-pressed", String(chosen));
  if (label.keys.length) made.setAttribute("aria-keyshortcuts", label.keys.join(" "));
  if (chosen) made.append(make("span", "nbft-tick", "✓", { "aria-hidden": "true" }));
  made.addEventListener("click", act);
  return made;
}

function progressBar(view) {
  const bar = make("div", "nbft-track", "", {
    role: "progressbar",
    "aria-label": "Texts labelled",
    "aria-valuemin": 0,
    "aria-valuemax": view.total,
    "aria-valuenow": view.labelled,
    "aria-valuetext": `${view.labelled} of ${view.total} labelled`,
  });
  // where a text may have many labels they don't add up: one colour then
  const parts = view.many
    ? [["nbft-hue-0", view.labelled]]
    : view.labels.map((label, place) => [`nbft-hue-${place % COLOURS}`, label.count]);
  for (const [name, count] of [...parts, ["nbft-part-skipped", view.skipped]]) {
    if (!count) continue;
    const part = make("span", `nbft-part ${name}`);
    part.style.width = `${(100 * count) / view.total}%`;
    bar.append(part);
  }
  return bar;
}

function legend(view) {
  const letters = view.labels.reduce((sum, label) => sum + label.name.length + 6, 0);
  const list = make("ul", letters > 36 ? "nbft-legend nbft-own-row" : "nbft-legend");
  view.labels.forEach((label, place) => {
    const entry = make("li", `nbft-hue-${place % COLOURS}`);
    entry.append(make("i", ""), make("span", "", label.name, { dir: "auto" }), make("b", "", label.count.toLocaleString("en")));
    list.append(entry);
  });
  return list;
}

// Returns "9 of 20 labelled · 1 skipped · 10 left · 22 a minute", each in a piece of its own, and the labels beside it.
function facts(view) {
  const number = (value) => value.toLocaleString("en");
  const pieces = [
    ["labelled", number(view.labelled), ` of ${number(view.total)} labelled`],
    ["skipped", number(view.skipped), " skipped"],
    ["left", number(view.left), " left"],
  ];
  const line = make("div", "nbft-label-facts");
  for (const [name, value, words] of pieces) {
    const piece = make("span", "", "", { "data-fact": name });
    piece.append(make("b", "", value), words);
    line.append(piece);
  }
  if (view.rate) line.append(make("span", "", view.rate, { "data-fact": "rate" }));
  line.append(legend(view));
  return line;
}

function codeBlock(code) {
  const box = make("div", "nbft-code");
  const copy = make("button", "nbft-button", "Copy", { type: "button" });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Select and copy it by hand";
    }
  });
  box.append(make("pre", "", code), copy);
  return box;
}

function ending(view, again) {
  const box = make("div", "nbft-end");
  const all = view.labelled === view.total;
  box.append(make("h3", all ? "nbft-all" : "", `${all ? "✓ " : ""}${view.end}`, { tabindex: "-1" }));
  const table = make("table", "nbft-counts");
  const most = Math.max(1, ...view.labels.map((label) => label.count));
  view.labels.forEach((label, place) => {
    const row = table.insertRow();
    row.className = `nbft-hue-${place % COLOURS}`;
    row.append(make("th", "", label.name, { dir: "auto", scope: "row" }), make("td", "", label.count.toLocaleString("en")));
    const bar = make("span", "nbft-count-bar", "", { "aria-hidden": "true" });
    bar.style.width = `${(100 * label.count) / most}%`;
    row.insertCell().append(bar);
  });
  box.append(table);
  if (view.skipped) {
    box.append(button(`Label the ${view.skipped.toLocaleString("en")} skipped`, ["Enter"], "nbft-again", again));
  }
  if (view.saved) box.append(make("p", "", `The labelled rows are in ${view.saved}.`));
  if (view.labelled) box.append(make("p", "", "Train on them:"), codeBlock(view.next));
  return box;
}
