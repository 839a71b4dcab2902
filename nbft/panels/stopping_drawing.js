// What a rule of early stopping makes of the evaluations, as a drawing and as a sentence. stopping_picture.py draws the same.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480;
const HEIGHT = 132;
const LEFT = 48;
const RIGHT = 16;
const TOP = 20;
const BOTTOM = 22;
const MOST_POINTS = 60; // newest evaluations that are drawn
const MOST_LEFT = 12; // evaluations to come that are drawn

// A number as a person would have typed it.
function setting(value) {
  const short = Number(value.toPrecision(6));
  return short && Math.abs(short) < 1e-4 ? exponential(short.toExponential()) : String(short);
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

function valueText(field, value) {
  return field === "patience" ? plural(value, "evaluation") : setting(value);
}

// Lets a rule judge the evaluations from the first on, as EarlyStopping does; `stop` is where it would have ended the run.
function judged(points, { min_delta, lower }, patience) {
  let reference = null;
  let waited = 0;
  for (const [step, value] of points) {
    const gain = reference === null ? Infinity : lower ? reference - value : value - reference;
    if (value !== null && gain > min_delta) [reference, waited] = [value, 0];
    else waited += 1;
    if (waited >= patience) return { reference, waited, stop: step };
  }
  return { reference, waited, stop: null };
}

// How many evaluations without a gain there would be if the rule were set now; the record counts those of its own rule.
function waitedUnder(view, tried) {
  const same = tried.min_delta === view.rule.min_delta;
  return same ? view.rule.waited : judged(view.points, tried, Infinity).waited;
}

function endsAtOnce(view, tried) {
  return tried.enabled && view.points.length > 0 && waitedUnder(view, tried) >= tried.patience;
}

// What the rule would have done, and what it would do.
function whatIf(view, tried) {
  const gain = tried.min_delta ? ` and a min delta of ${setting(tried.min_delta)}` : "";
  const rule = `A patience of ${tried.patience.toLocaleString("en")}${gain}`;
  const { stop } = judged(view.points, tried, tried.patience);
  const past = stop === null ? "would not have stopped it so far" : `would have stopped at step ${stop.toLocaleString("en")}`;
  if (!tried.enabled || !view.points.length) return `${rule} ${past}.`;
  const left = tried.patience - waitedUnder(view, tried);
  const next = left > 0 ? `it stops after ${plural(left, "more evaluation")} without a gain` : "it stops after this step";
  return `${rule} ${past}. Set now, ${next}.`;
}

// A band that is nowhere says nothing, so nothing is drawn before there are two values.
function drawing(view, tried) {
  const values = view.points.filter(([, value]) => value !== null);
  if (values.length < 2 || view.rule.reference === null) return [];
  return [new Drawing(view, tried, values).svg()];
}

class Drawing {
  constructor(view, tried, values) {
    Object.assign(this, { view, rule: tried || view.rule });
    const found = tried ? judged(view.points, tried, tried.patience) : { ...view.rule, stop: null };
    Object.assign(this, found);
    this.reference ??= view.rule.reference;
    const first = this.stop === null ? values.length : values.findIndex(([step]) => step >= this.stop);
    this.points = values.slice(Math.max(0, Math.min(values.length - MOST_POINTS, first - MOST_LEFT)));
    const left = tried ? tried.patience - waitedUnder(view, tried) : Math.max(this.rule.patience - this.waited, 0);
    this.coming = this.stop === null ? this.comingSteps(left) : [];
    this.scale();
  }

  comingSteps(left) {
    if (!this.rule.enabled || this.view.over || left > MOST_LEFT) return [];
    const [before, last] = this.points.slice(-2).map(([step]) => step);
    return Array.from({ length: Math.max(left, 0) }, (_, i) => last + (i + 1) * (last - before));
  }

  scale() {
    this.wanted = this.reference + (this.rule.lower ? -1 : 1) * this.rule.min_delta;
    const values = [...this.points.map(([, value]) => value), this.reference, this.wanted];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const air = (high - low) * 0.1 || Math.abs(values[0]) * 0.1 || 1;
    Object.assign(this, { low: low - air, high: high + air, first: this.points[0][0] });
    this.last = (this.coming.length ? this.coming : this.points.map(([step]) => step)).at(-1);
  }

  x(step) {
    return LEFT + ((step - this.first) / Math.max(this.last - this.first, 1)) * (WIDTH - LEFT - RIGHT);
  }

  y(value) {
    return HEIGHT - BOTTOM - ((value - this.low) / (this.high - this.low)) * (HEIGHT - BOTTOM - TOP);
  }

  svg() {
    const picture = shape("svg", "nbft-stopping", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    picture.setAttribute("aria-label", this.words());
    const [level, wanted] = [this.y(this.reference), this.y(this.wanted)];
    const band = { x: LEFT, y: Math.min(level, wanted), width: WIDTH - RIGHT - LEFT };
    picture.append(
      shape("rect", "nbft-stop-band", { ...band, height: Math.max(Math.abs(level - wanted), 0.5) }),
      shape("path", "nbft-stop-best", { d: `M${LEFT} ${level}H${WIDTH - RIGHT}` }),
      shape("path", "nbft-stop-curve", { d: `M${this.points.map(([step, v]) => `${this.x(step)} ${this.y(v)}`).join(" L")}` }),
      ...this.dots(),
      ...this.ahead(),
      ...this.labels(level),
    );
    return picture;
  }

  // Evaluations since the reference are hollow: each has used up some of the patience. Behind the stop there is nothing.
  dots() {
    const end = this.stop === null ? this.points.length : this.points.findLastIndex(([step]) => step <= this.stop) + 1;
    return this.points.map(([step, value], i) => {
      const kind = i >= end ? "nbft-stop-after" : i >= end - this.waited ? "nbft-stop-waited" : "nbft-stop-gain";
      return shape("circle", kind, { cx: this.x(step), cy: this.y(value), r: i >= end ? 2 : 3 });
    });
  }

  ahead() {
    const base = HEIGHT - BOTTOM;
    const ticks = this.coming.map((step) => shape("path", "nbft-stop-left", { d: `M${this.x(step)} ${base}v-8` }));
    const end = this.stop ?? this.coming.at(-1);
    if (end === undefined) return ticks;
    const kind = this.stop === null ? "nbft-stop-end" : "nbft-stop-here";
    return [...ticks, shape("path", kind, { d: `M${this.x(end)} ${TOP - 4}V${base}` })];
  }

  labels(level) {
    const told = [[this.points[0][0], "start"], [this.last, "end"]];
    const steps = told.map(([step, anchor]) => label(step.toLocaleString("en"), this.x(step), HEIGHT - 6, anchor));
    if (this.stop !== null) {
      const at = this.x(this.stop);
      steps.push(label(`stops at ${this.stop.toLocaleString("en")}`, at, TOP - 8, at > WIDTH / 2 ? "end" : "start"));
    }
    return [...steps, label(number(this.reference), LEFT - 6, level + 4, "end")];
  }

  words() {
    const { rule } = this;
    const gain = rule.min_delta ? `, by more than ${setting(rule.min_delta)}` : "";
    const waited = `${this.waited} without a gain`;
    const end = this.stop === null ? "" : `; would have stopped at step ${this.stop.toLocaleString("en")}`;
    return `${this.view.metric} over ${plural(this.points.length, "evaluation")}; to beat: ${number(this.reference)}${gain}; ${waited}${end}`;
  }
}

function shape(tag, name, attributes) {
  const part = document.createElementNS(SVG, tag);
  if (name) part.setAttribute("class", name);
  for (const [key, value] of Object.entries(attributes)) {
    part.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
  }
  return part;
}

function label(words, x, y, anchor) {
  const part = shape("text", "", { x, y, "text-anchor": anchor });
  part.textContent = words;
  return part;
}
