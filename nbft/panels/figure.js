// One plot of the live chart: its title, the keys of its lines, and the drawing, which is uPlot's.

const LARGE = 236;
const SMALL = 96;
const MAX_DOTS = 120;
const POINTS_PER_PIXEL = 0.5;

class Figure {
  constructor(view, plot) {
    this.view = view;
    this.plot = plot;
    this.height = plot.small ? SMALL : LARGE;
    this.root = make("section", plot.small ? "nbft-plot nbft-plot-small" : "nbft-plot");
    this.root.setAttribute("aria-label", plot.title);
    const head = make("header", "nbft-plot-head");
    this.keys = make("div", "nbft-keys");
    this.at = make("span", "nbft-at");
    head.append(make("h4", "nbft-title", plot.title), this.keys);
    this.box = make("div", "nbft-canvas");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "img");
    this.box.setAttribute("aria-describedby", view.help.id);
    this.box.addEventListener("keydown", (event) => pressed(this, event));
    this.box.addEventListener("blur", () => view.cross(null));
    this.ticks = plot.small ? null : new Ticks(this);
    this.root.append(head, this.box);
    // every line is one series for uPlot, a noisy one two: its raw points, faint, and the running mean over them
    this.keyed = [...plot.lines].sort((one, other) => one.ghost - other.ghost);
    const halves = (line) => (line.style === "noisy" ? [{ line, raw: true }, { line, mean: true }] : [{ line, mean: line.style === "mean" }]);
    this.curves = plot.lines.flatMap(halves);
  }

  get names() {
    return this.plot.lines.map((line) => line.metric);
  }

  get isLog() {
    return this.view.settings.log && this.plot.log;
  }

  resize(width) {
    if (width < 60) return;
    if (!this.chart) this.build(width);
    else if (this.chart.width !== width) this.chart.setSize({ width, height: this.height });
    else return;
    this.draw();
  }

  build(width) {
    this.wasLog = this.isLog;
    this.chart = new uPlot(this.options(width), this.data(width), this.box);
    if (this.ticks) this.box.append(this.ticks.root, this.at);
  }

  // An axis can't turn from linear into logarithmic: the drawing is made anew.
  rescale() {
    if (!this.chart || this.wasLog === this.isLog) return;
    const { width } = this.chart;
    this.chart.destroy();
    this.build(width);
  }

  data(width) {
    const { view, isLog } = this;
    const [from, to] = view.range();
    const curves = this.curves.map(({ line, mean }) => {
      const track = view.store.tracks.get(line.metric) || EMPTY;
      const drawn = mean ? smoothed(track, view.settings.smoothing / 1000) : track;
      return thinned(isLog ? positive(drawn) : drawn, from, to, Math.max(60, width * POINTS_PER_PIXEL));
    });
    return aligned(curves, [from, to]);
  }

  draw() {
    const points = this.view.store.count(this.names);
    this.root.dataset.points = points;
    this.root.classList.toggle("nbft-empty", points === 0);
    if (this.chart && this.root.offsetParent !== null) this.redraw();
    this.label();
  }

  redraw() {
    this.rescale();
    const [min, max] = this.view.range();
    this.chart.batch(() => {
      this.chart.setData(this.data(this.chart.width), false);
      this.chart.setScale("x", { min, max });
    });
    this.ticks?.show(this.chart);
  }

  showLines() {
    this.curves.forEach(({ line }, i) => {
      const show = !this.view.hidden.has(line.metric);
      if (this.chart && this.chart.series[i + 1].show !== show) this.chart.setSeries(i + 1, { show });
    });
    this.label();
  }

  // The key of each line with its newest value, or the one under the crosshair.
  label() {
    const { chart, view, plot } = this;
    const hovered = chart && chart.cursor.left >= 0 ? chart.cursor.idxs : null;
    const said = this.keyed.map((line) => amount(hovered ? this.under(line, hovered) : this.newest(line), plot.unit));
    const step = hovered ? chart.data[0][chart.cursor.idx] : undefined;
    if (!plot.small) this.writeStep(step);
    this.writeKeys(said);
    this.said = this.keyed.map((line, i) => `${line.label} ${said[i]}`).join(", ");
    this.box.setAttribute("aria-label", `${plot.title}: ${this.said}`);
  }

  // The step under the crosshair, with the marks beside it: on the axis, where nothing has to make room for it.
  writeStep(step) {
    this.at.hidden = step === undefined;
    if (this.at.hidden) return;
    const { view, chart, box } = this;
    const near = marksNear(view, chart, chart.cursor.left);
    this.at.textContent = [`step ${Math.round(step).toLocaleString("en")}`, ...near].join(" · ");
    const half = this.at.offsetWidth / 2;
    const middle = chart.bbox.left / uPlot.pxRatio + chart.cursor.left;
    this.at.style.left = `${Math.max(half, Math.min(middle, box.clientWidth - half))}px`;
  }

  newest(line) {
    const track = this.view.store.tracks.get(line.metric);
    return track ? track.values[track.values.length - 1] : null;
  }

  under(line, hovered) {
    const column = 1 + this.curves.findIndex((curve) => curve.line === line);
    return hovered[column] == null ? this.newest(line) : this.chart.data[column][hovered[column]];
  }

  writeKeys(said) {
    const { view, keyed } = this;
    if (this.keysTheme !== view.theme.name) {
      this.keysTheme = view.theme.name;
      this.keys.replaceChildren(...keyed.map((line) => key(this, line)));
    }
    keyed.forEach((line, i) => {
      const item = this.keys.children[i];
      if (item.lastChild.textContent !== said[i]) item.lastChild.textContent = said[i];
      item.setAttribute("aria-pressed", String(!view.hidden.has(line.metric)));
    });
  }

  options(width) {
    const { view, plot, isLog } = this;
    const axis = { stroke: () => view.theme.ink, ticks: { show: false }, font: `11px ${view.theme.font}` };
    const grid = { stroke: () => view.theme.grid, width: 1 };
    const range = isLog ? (_, min, max) => spread(min, max) : (_, min, max) => airy(min, max, plot.zero);
    const logarithmic = isLog ? { splits: (_, __, min, max) => logTicks(min, max, plot.small ? 3 : 7), filter: (_, all) => all } : {};
    const values = (_, all) => all.map((value) => tick(value, plot.unit));
    return {
      width,
      height: this.height,
      padding: [plot.small ? 6 : 24, 16, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { distr: isLog ? 3 : 1, range } },
      axes: [
        { ...axis, size: plot.small ? 28 : 32, gap: plot.small ? 6 : 10, space: 72, grid: { show: false }, values: (_, all) => all.map(wholeTick) },
        { ...axis, size: 52, gap: 8, space: plot.small ? 24 : 40, grid, values, ...logarithmic },
      ],
      series: [{}, ...this.curves.map((curve) => this.series(curve))],
      cursor: this.cursor(),
      hooks: {
        drawClear: [(chart) => drawBands(this, chart)],
        draw: [(chart) => drawMarks(this, chart)],
        setCursor: [() => this.label()],
        setSelect: [(chart) => this.zoom(chart)],
      },
    };
  }

  series({ line, raw }) {
    const colour = () => this.view.theme.colours[line.colour];
    const alpha = raw ? 0.35 : line.ghost ? 0.55 : 1;
    const dotted = line.style === "dots";
    return {
      label: line.label,
      show: !this.view.hidden.has(line.metric),
      stroke: colour,
      alpha,
      width: raw ? 1 : line.ghost ? 1.5 : 2,
      dash: line.dash.length ? line.dash : undefined,
      spanGaps: true,
      points: { show: () => dotted && this.view.store.count([line.metric]) <= MAX_DOTS, size: 6, fill: colour },
    };
  }

  cursor() {
    const quiet = (curve) => curve.line.ghost || (curve.mean && curve.line.style === "noisy");
    return {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: (_, i) => (quiet(this.curves[i - 1]) ? 0 : 8), width: 0 },
      sync: { key: this.view.id, scales: ["x", null], filters: { pub: (kind) => kind === "mousemove" || kind === "mouseleave" } },
      dataIdx: (chart, series, index) => nearest(chart.data[series], index),
      bind: { dblclick: () => () => this.view.zoomTo(null) },
    };
  }

  zoom(chart) {
    const { left, width } = chart.select;
    if (width < 4) return;
    this.view.zoomTo([chart.posToVal(left, "x"), chart.posToVal(left + width, "x")]);
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  destroy() {
    this.chart?.destroy();
    this.root.remove();
  }
}

// The range of a linear axis, with some air; from zero on where that is asked for.
function airy(min, max, zero) {
  if (min === null || min === undefined) return [0, 1];
  const low = zero ? Math.min(min, 0) : min;
  const air = (max - low) * 0.06 || Math.abs(max) * 0.1 || 1;
  return [zero && low === 0 ? 0 : low - air, max + air];
}

function spread(min, max) {
  return min > 0 ? [min / 1.15, max * 1.15] : [0.1, 1];
}

function nearest(column, index) {
  for (let off = 0; off < column.length; off++) {
    if (column[index - off] != null) return index - off;
    if (column[index + off] != null) return index + off;
  }
  return index;
}
