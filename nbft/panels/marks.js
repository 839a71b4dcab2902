// What is marked on a plot besides its lines: epochs as faint bands, the best point, an early stop, and ticks on the axis.

const NARROWEST_BAND = 6; // pixels below which an epoch is not shaded
const NEAR_PX = 4; // how near the crosshair has to come to a mark to name it

function drawBands(figure, chart) {
  const { ctx, bbox } = chart;
  const bands = figure.view.model.get("bands") || [];
  const place = (step) => Math.min(Math.max(chart.valToPos(step, "x", true), bbox.left), bbox.left + bbox.width);
  const boxes = bands.map(([from, to]) => [place(from), place(to) - place(from)]);
  if (Math.max(0, ...boxes.map((box) => box[1])) < NARROWEST_BAND * uPlot.pxRatio) return;
  ctx.save();
  ctx.fillStyle = figure.view.theme.band;
  for (const [x, width] of boxes) ctx.fillRect(x, bbox.top, width, bbox.height);
  ctx.restore();
}

function drawMarks(figure, chart) {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  const { view, plot } = figure;
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = view.theme.ink;
  ctx.font = `${11 * ratio}px ${view.theme.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "top";
  if (!plot.small) ctx.fillText("step", bbox.left - 12 * ratio, bbox.top + bbox.height + 10 * ratio);
  if (view.store.count(figure.names)) {
    for (const mark of view.model.get("marks")) {
      const x = chart.valToPos(mark.step, "x", true);
      if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
      if (mark.kind === "best") drawBest(figure, chart, mark, x);
      if (mark.kind === "stop") drawStop(figure, chart, mark, x);
    }
  }
  ctx.restore();
}

function upright(chart, x, width, dash) {
  const { ctx, bbox } = chart;
  ctx.lineWidth = width * uPlot.pxRatio;
  ctx.setLineDash(dash.map((length) => length * uPlot.pxRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawBest(figure, chart, mark, x) {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  ctx.strokeStyle = figure.view.theme.ink;
  upright(chart, x, 1, [3, 4]);
  if (!figure.names.includes(mark.metric) || figure.view.hidden.has(mark.metric)) return;
  ctx.strokeStyle = ctx.fillStyle = figure.view.theme.strong;
  ctx.lineWidth = 2 * ratio;
  ctx.beginPath();
  ctx.arc(x, chart.valToPos(mark.value, "y", true), 6 * ratio, 0, 2 * Math.PI);
  ctx.stroke();
  const right = x > bbox.left + bbox.width / 2;
  ctx.textAlign = right ? "right" : "left";
  ctx.textBaseline = "bottom";
  ctx.font = `600 ${11 * ratio}px ${figure.view.theme.font}`;
  ctx.fillText(`${mark.label} ${number(mark.value)}`, x + (right ? 6 : -6) * ratio, bbox.top - 6 * ratio);
}

function drawStop(figure, chart, mark, x) {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  ctx.strokeStyle = ctx.fillStyle = figure.view.theme.strong;
  upright(chart, x, 2, []);
  if (figure.plot.small) return;
  const right = x > bbox.left + bbox.width / 2;
  ctx.textAlign = right ? "right" : "left";
  ctx.textBaseline = "bottom";
  ctx.font = `600 ${11 * ratio}px ${figure.view.theme.font}`;
  ctx.fillText(mark.label, x + (right ? -6 : 6) * ratio, bbox.top + bbox.height - 6 * ratio);
}

function titleOf(mark) {
  const at = mark.time ? `, ${new Date(mark.time * 1000).toLocaleTimeString()}` : "";
  return `${mark.label} (step ${mark.step.toLocaleString("en")}${at})`;
}

// Checkpoints, pauses and commands as small shapes below the axis, each with its title.
class Ticks {
  constructor(figure) {
    this.figure = figure;
    this.root = make("div", "nbft-ticks");
    this.root.setAttribute("role", "list");
    this.root.setAttribute("aria-label", "Checkpoints, pauses and commands");
    this.shown = "";
  }

  show(chart) {
    const ratio = uPlot.pxRatio;
    const { left, width, top, height } = chart.bbox;
    const places = new Map();
    for (const mark of this.figure.view.model.get("marks")) {
      const x = Math.round(chart.valToPos(mark.step, "x"));
      if (mark.kind === "best" || mark.kind === "stop" || x < 0 || x > width / ratio) continue;
      const key = `${mark.kind} ${x}`;
      places.set(key, [...(places.get(key) || []), titleOf(mark)]);
    }
    const said = JSON.stringify([[...places], left, top, height]);
    if (said === this.shown) return;
    this.shown = said;
    this.root.style.left = `${left / ratio}px`;
    this.root.style.top = `${(top + height) / ratio}px`;
    this.root.hidden = places.size === 0;
    this.root.replaceChildren(...[...places].map(([key, titles]) => this.tick(...key.split(" "), titles.join("\n"))));
  }

  tick(kind, x, title) {
    const item = make("span", `nbft-tick nbft-tick-${kind}`);
    item.style.left = `${x}px`;
    item.title = title;
    item.setAttribute("role", "listitem");
    item.setAttribute("aria-label", title);
    return item;
  }
}

// The marks beside the crosshair, in words.
function marksNear(view, chart, left) {
  const near = view.model.get("marks").filter((mark) => Math.abs(chart.valToPos(mark.step, "x") - left) <= NEAR_PX);
  return [...new Set(near.map((mark) => mark.label.split(":")[0]))];
}
