// The live chart's page side: the plots of a run side by side, with one step axis, one zoom and the page's own colours.
// The files uPlot.iife.min.js, points.js and figure.js stand before this one in the same module.

const COLOURS = {
  light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"],
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
  return { name: style.color, dark, colours, ink: faint(0.72), strong: faint(0.95), grid: faint(0.12), font: style.fontFamily };
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

let views = 0;

class View {
  constructor(model, el, store) {
    Object.assign(this, { model, el, store, id: `nbft-${++views}-${Date.now()}`, figures: [], zoomed: null, asked: false });
    this.root = make("div", "nbft-plots");
    this.reset = make("button", "nbft-reset", "Show all");
    this.reset.addEventListener("click", () => this.zoomTo(null));
    el.append(this.root);
    this.theme = themeOf(this.root);
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.root);
    this.unwatch = watchTheme(() => this.restyle());
    this.changed = () => this.ask();
    for (const name of ["plots", "marks", "total_steps"]) model.on(`change:${name}`, this.changed);
    store.views.add(this);
    this.draw();
  }

  range() {
    return this.zoomed || [0, horizon(this.store.lastStep(), this.model.get("total_steps"))];
  }

  zoomTo(range) {
    this.zoomed = range;
    this.draw();
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
    this.reset.hidden = this.zoomed === null;
  }

  // Builds the figures anew where other plots are wanted; those that stay keep their place.
  arrange() {
    const wanted = this.model.get("plots");
    const same = (figure, i) => wanted[i] && JSON.stringify(figure.plot) === JSON.stringify(wanted[i]);
    if (this.figures.length === wanted.length && this.figures.every(same)) return;
    this.figures.forEach((figure) => figure.destroy());
    this.figures = wanted.map((plot) => new Figure(this, plot));
    this.root.replaceChildren(this.reset, ...this.figures.map((figure) => figure.root));
    this.fit();
  }

  fit() {
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
    for (const name of ["plots", "marks", "total_steps"]) this.model.off(`change:${name}`, this.changed);
    this.sizes.disconnect();
    this.unwatch();
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
