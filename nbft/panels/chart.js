// The live chart's page side: the plots of a run side by side, with one step axis, one zoom and the page's own colours.
// The files uPlot.iife.min.js, words.js, points.js, marks.js, tools.js, keys.js, key_guard.js and figure.js stand before it in one module.

const COLOURS = {
  light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B57D00", "#3C93C8"],
  dark: ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442"],
};
const THEME_LOADS_MS = [0, 100, 400, 1200]; // a front end swaps its style sheets some time after it says so

function luminance([red, green, blue]) {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

// Read from the text's own colour, which every front end sets: light text means a dark page.
function themeOf(element) {
  const style = getComputedStyle(element);
  const rgb = (style.color.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
  const dark = luminance(rgb) > 0.5;
  const faint = (alpha) => `rgba(${rgb.join(",")},${alpha})`;
  const colours = dark ? COLOURS.dark : COLOURS.light;
  const inks = { ink: faint(0.72), strong: faint(0.95), grid: faint(0.12), band: faint(dark ? 0.06 : 0.04) };
  return { name: style.color, dark, colours, ...inks, font: style.fontFamily };
}

function watchTheme(changed) {
  const later = () => THEME_LOADS_MS.forEach((ms) => setTimeout(changed, ms));
  const watch = new MutationObserver(later);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, { attributes: true, attributeFilter: ["class", "theme", "data-theme", "data-jp-theme-name"] });
  }
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", later);
  return () => {
    watch.disconnect();
    media.removeEventListener("change", later);
  };
}

const TRAITS = ["plots", "marks", "bands", "total_steps", "others", "ghost"];
let views = 0;

class View {
  constructor(model, el, store) {
    Object.assign(this, { model, el, store, id: `nbft-${++views}-${Date.now()}`, figures: [], hidden: new Set() });
    Object.assign(this, { zoomed: null, crossed: null, asked: false, settings: remembered() });
    this.build();
    this.theme = themeOf(this.root);
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.root);
    this.unwatch = watchTheme(() => this.restyle());
    this.changed = () => this.ask();
    for (const name of TRAITS) model.on(`change:${name}`, this.changed);
    store.views.add(this);
    this.draw();
  }

  build() {
    this.root = make("div", "nbft-plots");
    this.unguard = guardKeys(this.root);
    this.tools = new Tools(this);
    this.large = make("div", "nbft-large");
    this.small = make("div", "nbft-small");
    this.help = make("span", "nbft-unseen", HELP);
    this.help.id = `${this.id}-help`;
    this.spoken = make("div", "nbft-unseen");
    this.spoken.setAttribute("aria-live", "polite");
    this.root.append(this.tools.root, this.large, this.small, this.help, this.spoken);
    this.el.append(this.root);
  }

  get names() {
    return this.model.get("plots").flatMap((plot) => plot.lines.map((line) => line.metric));
  }

  range() {
    return this.zoomed || [0, horizon(this.store.lastStep(this.names), this.model.get("total_steps"))];
  }

  zoomTo(range) {
    this.zoomed = range;
    this.draw();
  }

  // Zooms about the crosshair, or the middle; all that there is, is the widest.
  zoomBy(factor) {
    const [from, to] = this.range();
    const middle = this.crossed ?? (from + to) / 2;
    const width = Math.max((to - from) * factor, 2);
    this.zoomed = null;
    const [first, last] = this.range();
    const start = Math.max(first, Math.min(middle - width / 2, last - width));
    this.zoomTo(width >= last - first ? null : [start, start + width]);
  }

  // Puts the crosshair of every chart at a step, or takes it away; says what stands there.
  cross(step) {
    if (step === null && this.crossed === null) return;
    this.crossed = step;
    for (const { chart } of this.figures) {
      const left = chart && step !== null ? chart.valToPos(step, "x") : -10;
      chart?.setCursor({ left, top: left < 0 ? -10 : 10 }, true, false);
    }
    const said = this.figures.filter((figure) => !figure.plot.small).map((figure) => figure.said);
    this.spoken.textContent = step === null ? "" : `step ${step.toLocaleString("en")}: ${said.join("; ")}`;
  }

  set(name, value) {
    this.settings[name] = value;
    remember(this.settings);
    this.fit();
    this.draw();
  }

  toggle(metric) {
    if (!this.hidden.delete(metric)) this.hidden.add(metric);
    this.figures.forEach((figure) => figure.showLines());
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      if (this.store.views.has(this)) this.draw();
    });
  }

  draw() {
    this.arrange();
    this.figures.forEach((figure) => figure.draw());
    this.el.dataset.points = this.store.count([...this.store.tracks.keys()]);
    this.tools.show();
  }

  // Builds the figures anew where other plots are wanted; those that stay keep their place.
  arrange() {
    this.small.hidden = !this.settings.more;
    const wanted = this.model.get("plots");
    const kept = new Map(this.figures.map((figure) => [JSON.stringify(figure.plot), figure]));
    const figures = wanted.map((plot) => kept.get(JSON.stringify(plot)) || new Figure(this, plot));
    if (figures.length === this.figures.length && figures.every((figure, i) => figure === this.figures[i])) return;
    this.figures.filter((figure) => !figures.includes(figure)).forEach((figure) => figure.destroy());
    this.figures = figures;
    this.large.replaceChildren(...figures.filter(({ plot }) => !plot.small).map(({ root }) => root));
    this.small.replaceChildren(...figures.filter(({ plot }) => plot.small).map(({ root }) => root));
    this.fit();
  }

  fit() {
    this.small.hidden = !this.settings.more;
    const theme = themeOf(this.root); // before the first size nothing was attached and no colour known
    if (theme.name !== this.theme.name) this.theme = theme;
    this.figures.forEach((figure) => figure.resize(Math.floor(figure.box.clientWidth)));
  }

  restyle() {
    const theme = themeOf(this.root);
    if (theme.name === this.theme.name) return;
    this.theme = theme;
    this.figures.forEach((figure) => {
      figure.label();
      figure.chart?.redraw(false, true);
    });
  }

  destroy() {
    this.store.views.delete(this);
    for (const name of TRAITS) this.model.off(`change:${name}`, this.changed);
    this.sizes.disconnect();
    this.unwatch();
    this.unguard();
    this.root.remove();
    this.figures.forEach((figure) => figure.destroy());
  }
}

export default () => {
  const store = new Store();
  return {
    initialize({ model }) {
      store.listen(model);
    },
    render({ model, el }) {
      const view = new View(model, el, store);
      store.hello(model);
      return () => view.destroy();
    },
  };
};
