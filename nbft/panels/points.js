// Where the live chart's points lie in the page, and how they are made fit for drawing. They come by messages that say
// where they start (see live_chart.py); every view of a widget draws from one store.

const ASK_EVERY_MS = 1000;
const EMPTY = { steps: [], values: [] };

class Store {
  constructor() {
    this.tracks = new Map();
    this.views = new Set();
    this.askedAt = 0;
  }

  listen(model) {
    const known = () => this.take(model, model.get("points") || {});
    known();
    model.on("change:points", known);
    model.on("msg:custom", (message, buffers) => {
      if (message.op === "points") this.take(model, { parts: message.parts, data: buffers[0] });
    });
    this.hello(model);
  }

  hello(model) {
    model.send({ op: "hello", have: this.have() });
  }

  have() {
    return Object.fromEntries([...this.tracks].map(([name, t]) => [name, [t.revision, t.steps.length]]));
  }

  take(model, { parts = [], data }) {
    const pairs = data && (data instanceof DataView ? data : new DataView(data.buffer || data));
    let at = 0;
    let missed = false;
    for (const [name, revision, start, count] of parts) {
      missed = !this.add(name, revision, start, count, pairs, at) || missed;
      at += count;
    }
    if (missed && Date.now() - this.askedAt > ASK_EVERY_MS) {
      this.askedAt = Date.now();
      model.send({ op: "resync", have: this.have() });
    }
    this.views.forEach((view) => view.ask());
  }

  // Returns false where points between those at hand and these were missed.
  add(name, revision, start, count, pairs, at) {
    let track = this.tracks.get(name);
    if (!track || track.revision !== revision) {
      if (start > 0) return false;
      track = { revision, steps: [], values: [] };
      this.tracks.set(name, track);
    }
    const have = track.steps.length;
    if (start > have) return false;
    for (let i = have - start; i < count; i++) {
      track.steps.push(pairs.getFloat64(16 * (at + i), true));
      const value = pairs.getFloat64(16 * (at + i) + 8, true);
      track.values.push(Number.isFinite(value) ? value : null);
    }
    return true;
  }

  count(names) {
    return names.reduce((sum, name) => sum + (this.tracks.get(name)?.steps.length || 0), 0);
  }

  lastStep(names) {
    const steps = names.map((name) => this.tracks.get(name)?.steps || []);
    return steps.reduce((last, one) => Math.max(last, one[one.length - 1] || 0), 0);
  }
}

// The running mean of a noisy curve over a share of its points; short curves stay as they are. points.py does the same.
function smoothed({ steps, values }, share) {
  const weight = 2 / (1 + Math.max(1, values.length * share));
  let mean = null;
  const means = values.map((value) => {
    if (value === null) return null;
    mean = mean === null ? value : mean + weight * (value - mean);
    return mean;
  });
  return { steps, values: means };
}

function positive({ steps, values }) {
  return { steps, values: values.map((value) => (value > 0 ? value : null)) };
}

// At most two points a bucket, its lowest and its highest, between the steps `from` and `to` and one beyond each.
function thinned({ steps, values }, from, to, buckets) {
  let first = 0;
  let last = steps.length;
  while (first + 1 < last && steps[first + 1] < from) first++;
  while (last - 2 > first && steps[last - 2] > to) last--;
  const size = Math.max(1, (last - first) / buckets);
  const kept = [];
  for (let start = first; start < last; start += size) {
    let low = -1;
    let high = -1;
    for (let i = Math.floor(start); i < Math.min(Math.floor(start + size), last); i++) {
      if (values[i] === null) continue;
      if (low < 0 || values[i] < values[low]) low = i;
      if (high < 0 || values[i] > values[high]) high = i;
    }
    if (low >= 0) kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  return { steps: kept.map((i) => steps[i]), values: kept.map((i) => values[i]) };
}

// One column of steps and one of values for each curve, as uPlot wants them; null where a curve has no point.
function aligned(curves, fallback) {
  const steps = [...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b);
  if (steps.length === 0) return [fallback, ...curves.map(() => fallback.map(() => null))];
  const place = new Map(steps.map((step, i) => [step, i]));
  const columns = curves.map((curve) => {
    const column = new Array(steps.length).fill(null);
    curve.steps.forEach((step, i) => (column[place.get(step)] = curve.values[i]));
    return column;
  });
  return [steps, ...columns];
}

// The right end of the step axis: the planned end, halved while all points lie in the first half, so that it holds still.
function horizon(last, total) {
  let end = Math.max(total, last, 1);
  for (let i = 0; i < 6 && end / 2 >= last && end / 2 >= 8; i++) end /= 2;
  return end;
}
