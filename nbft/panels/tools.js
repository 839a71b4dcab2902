// The line above the charts: smoothing, log scale, the second row, another run to compare with, and the way out of a zoom.

const REMEMBERED = "nbft-charts";
const DEFAULTS = { smoothing: 20, log: false, more: true };

// Kept by the browser for all runs; where a page may keep nothing, the defaults hold.
function remembered() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(REMEMBERED) || "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

function remember(settings) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(settings));
  } catch {
    // a page without storage forgets
  }
}

class Tools {
  constructor(view) {
    this.view = view;
    this.root = make("div", "nbft-tools");
    this.root.setAttribute("role", "toolbar");
    this.root.setAttribute("aria-label", "Charts");
    this.reset = make("button", "nbft-tool nbft-reset", "Reset zoom");
    this.reset.addEventListener("click", () => view.zoomTo(null));
    this.log = this.toggle("Log scale", "log", "Losses, learning rate and gradient norm on a logarithmic axis");
    this.more = this.toggle("More charts", "more", "Learning rate, gradient norm, speed and memory");
    this.root.append(this.reset, this.compare(), this.smoothing(), this.log, this.more);
  }

  toggle(words, setting, title) {
    const button = make("button", "nbft-tool", words);
    button.title = title;
    button.addEventListener("click", () => this.view.set(setting, !this.view.settings[setting]));
    return button;
  }

  smoothing() {
    const label = make("label", "nbft-tool-label", "Smoothing");
    this.slider = make("input", "nbft-slider");
    Object.assign(this.slider, { type: "range", min: 0, max: 100, step: 5 });
    this.slider.addEventListener("input", () => this.view.set("smoothing", Number(this.slider.value)));
    label.append(this.slider);
    return label;
  }

  compare() {
    this.label = make("label", "nbft-tool-label", "Compare with");
    this.select = make("select", "nbft-select");
    this.select.addEventListener("change", () => this.view.model.send({ op: "compare", run: this.select.value }));
    this.label.append(this.select);
    return this.label;
  }

  show() {
    const { model, settings, zoomed, figures } = this.view;
    this.reset.hidden = zoomed === null;
    this.log.setAttribute("aria-pressed", String(settings.log));
    this.more.setAttribute("aria-pressed", String(settings.more));
    this.more.hidden = !figures.some((figure) => figure.plot.small);
    this.slider.value = settings.smoothing;
    this.slider.setAttribute("aria-valuetext", `mean over ${settings.smoothing / 10} % of the points`);
    this.showOthers(model.get("others") || [], model.get("ghost") || "");
  }

  showOthers(names, chosen) {
    this.label.hidden = names.length === 0;
    if (this.names !== JSON.stringify(names)) {
      this.names = JSON.stringify(names);
      this.select.replaceChildren(...["", ...names].map((name) => new Option(name || "no other run", name)));
    }
    if (document.activeElement !== this.select || this.select.value === chosen) this.select.value = chosen;
  }
}
