// One plot of the live chart: its title, the key of its lines, and the drawing, which is uPlot's.

const HEIGHT = 232;
const MAX_DOTS = 120;

function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 1e-3) return value.toExponential(1);
  if (size < 10) return value.toFixed(4);
  return size < 1000 ? value.toFixed(2) : Math.round(value).toLocaleString("en");
}

function tick(value) {
  return Math.abs(value) >= 1e4 ? value.toLocaleString("en") : String(+value.toPrecision(6));
}

function make(tag, name, words) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (words !== undefined) element.textContent = words;
  return element;
}

class Figure {
  constructor(view, plot) {
    this.view = view;
    this.plot = plot;
    this.root = make("section", "nbft-plot");
    this.root.setAttribute("aria-label", plot.title);
    const head = make("header", "nbft-plot-head");
    this.keys = make("div", "nbft-keys");
    this.at = make("span", "nbft-at");
    head.append(make("h4", "nbft-title", plot.title), this.keys, this.at);
    this.box = make("div", "nbft-canvas");
    this.box.setAttribute("role", "img");
    this.root.append(head, this.box);
    // every line is one series for uPlot, a noisy one two: its raw points, faint, and the running mean over them
    this.curves = plot.lines.flatMap((line) => (line.style === "noisy" ? [{ line, raw: true }, { line, mean: true }] : [{ line }]));
  }

  get names() {
    return this.plot.lines.map((line) => line.metric);
  }

  resize(width) {
    if (width < 60) return;
    if (!this.chart) this.chart = new uPlot(this.options(width), this.data(width), this.box);
    else if (this.chart.width !== width) this.chart.setSize({ width, height: HEIGHT });
    else return;
    this.draw();
  }

  data(width) {
    const [from, to] = this.view.range();
    const none = { steps: [], values: [] };
    const curves = this.curves.map(({ line, mean }) => {
      const track = this.view.store.tracks.get(line.metric) || none;
      return thinned(mean ? smoothed(track) : track, from, to, Math.max(60, width / 2));
    });
    return aligned(curves, [from, to]);
  }

  draw() {
    const points = this.view.store.count(this.names);
    this.root.dataset.points = points;
    this.root.classList.toggle("nbft-empty", points === 0);
    this.label();
    if (!this.chart) return;
    const [min, max] = this.view.range();
    this.chart.batch(() => {
      this.chart.setData(this.data(this.chart.width), false);
      this.chart.setScale("x", { min, max });
    });
  }

  // The key of each line with its newest value, or the one under the cursor.
  label() {
    const { chart, view } = this;
    const hovered = chart && chart.cursor.left >= 0 ? chart.cursor.idxs : null;
    const items = this.plot.lines.map((line) => {
      const column = 1 + this.curves.findIndex((curve) => curve.line === line && !curve.mean);
      const track = view.store.tracks.get(line.metric);
      const newest = track ? track.values[track.values.length - 1] : null;
      const value = hovered && hovered[column] != null ? chart.data[column][hovered[column]] : newest;
      return [line, number(value)];
    });
    const step = hovered ? chart.data[0][chart.cursor.idx] : undefined;
    this.at.textContent = step === undefined ? "" : `step ${Math.round(step).toLocaleString("en")}`;
    this.writeKeys(items);
    this.box.setAttribute("aria-label", `${this.plot.title}: ${items.map(([l, v]) => `${l.label} ${v}`).join(", ")}`);
  }

  writeKeys(items) {
    const theme = this.view.theme;
    if (this.keysTheme !== theme.name) {
      this.keysTheme = theme.name;
      this.keys.replaceChildren(...items.map(([line]) => key(line, theme.colours[line.colour])));
    }
    items.forEach(([, value], i) => (this.keys.children[i].lastChild.textContent = value));
  }

  options(width) {
    const view = this.view;
    const font = () => `11px ${view.theme.font}`;
    const axis = {
      stroke: () => view.theme.ink,
      grid: { stroke: () => view.theme.grid, width: 1 },
      ticks: { show: false },
      font: font(),
    };
    return {
      width,
      height: HEIGHT,
      padding: [24, 16, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: (_, min, max) => airy(min, max) } },
      axes: [
        { ...axis, size: 28, gap: 6, space: 72, grid: { show: false }, values: (_, all) => all.map(wholeTick) },
        { ...axis, size: 52, gap: 8, space: 40, values: (_, all) => all.map(tick) },
      ],
      series: [{}, ...this.curves.map((curve) => this.series(curve))],
      cursor: this.cursor(),
      hooks: {
        draw: [(chart) => this.drawMarks(chart)],
        setCursor: [() => this.label()],
        setSelect: [(chart) => this.zoom(chart)],
      },
    };
  }

  series({ line, raw, mean }) {
    const colour = () => this.view.theme.colours[line.colour];
    return {
      label: line.label,
      stroke: colour,
      alpha: raw ? 0.35 : 1,
      width: raw ? 1 : 2,
      dash: line.dash.length ? line.dash : undefined,
      spanGaps: true,
      points: { show: () => !raw && !mean && this.view.store.count([line.metric]) <= MAX_DOTS, size: 6, fill: colour },
    };
  }

  cursor() {
    return {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: (_, i) => (this.curves[i - 1].mean ? 0 : 8), width: 0 },
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

  drawMarks(chart) {
    const { ctx } = chart;
    const ratio = uPlot.pxRatio;
    const { left, top, width, height } = chart.bbox;
    ctx.save();
    ctx.lineWidth = ratio;
    ctx.fillStyle = ctx.strokeStyle = this.view.theme.ink;
    ctx.textAlign = "right";
    ctx.textBaseline = "top";
    ctx.font = `${11 * ratio}px ${this.view.theme.font}`;
    ctx.fillText("step", left - 12 * ratio, top + height + 6 * ratio);
    for (const mark of this.view.model.get("marks")) {
      const x = chart.valToPos(mark.step, "x", true);
      if (x < left || x > left + width || !this.view.store.count(this.names)) continue;
      ctx.setLineDash([3 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.setLineDash([]);
      if (this.names.includes(mark.metric)) this.ring(chart, mark, x);
    }
    ctx.restore();
  }

  ring(chart, mark, x) {
    const { ctx, bbox } = chart;
    const ratio = uPlot.pxRatio;
    const y = chart.valToPos(mark.value, "y", true);
    ctx.strokeStyle = ctx.fillStyle = this.view.theme.strong;
    ctx.lineWidth = 2 * ratio;
    ctx.beginPath();
    ctx.arc(x, y, 6 * ratio, 0, 2 * Math.PI);
    ctx.stroke();
    const right = x > bbox.left + bbox.width / 2;
    ctx.textAlign = right ? "right" : "left";
    ctx.textBaseline = "bottom";
    ctx.font = `600 ${11 * ratio}px ${this.view.theme.font}`;
    ctx.fillText(`${mark.label} ${number(mark.value)}`, x + (right ? 6 : -6) * ratio, bbox.top - 6 * ratio);
  }

  destroy() {
    this.chart?.destroy();
    this.root.remove();
  }
}

function key(line, colour) {
  const item = make("span", "nbft-key");
  const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  swatch.setAttribute("viewBox", "0 0 16 8");
  swatch.setAttribute("aria-hidden", "true");
  stroke.setAttribute("d", "M0 4H16");
  stroke.setAttribute("stroke", colour);
  stroke.setAttribute("stroke-width", "3");
  if (line.dash.length) stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
  swatch.append(stroke);
  item.append(swatch, make("span", "", line.label), make("b", ""));
  return item;
}

function airy(min, max) {
  if (min === null || min === undefined) return [0, 1];
  const air = (max - min) * 0.06 || Math.abs(max) * 0.1 || 1;
  return [min - air, max + air];
}

function wholeTick(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : "";
}

function nearest(column, index) {
  for (let off = 0; off < column.length; off++) {
    if (column[index - off] != null) return index - off;
    if (column[index + off] != null) return index + off;
  }
  return index;
}
