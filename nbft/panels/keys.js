// The keys of a plot's lines, which switch them on and off, and the crosshair by keyboard.

const HELP = "Arrow keys move the crosshair, plus and minus zoom, Escape shows all.";

function swatch(line, colour) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 16 8");
  picture.setAttribute("aria-hidden", "true");
  stroke.setAttribute("d", "M0 4H16");
  stroke.setAttribute("stroke", colour);
  stroke.setAttribute("stroke-width", line.ghost ? "1.5" : "3");
  if (line.ghost) stroke.setAttribute("stroke-opacity", "0.6");
  if (line.dash.length) stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
  picture.append(stroke);
  return picture;
}

// One line's key: a button that is pressed while the line is shown; its value is its last child.
function key(figure, line) {
  const { view, plot } = figure;
  const item = make("button", line.ghost ? "nbft-key nbft-key-ghost" : "nbft-key");
  const alone = plot.small && plot.lines.filter((one) => !one.ghost).length === 1;
  item.append(...(alone ? [] : [swatch(line, view.theme.colours[line.colour]), make("span", "", line.label)]));
  item.append(make("b", ""));
  const name = alone ? plot.title : line.label;
  item.setAttribute("aria-label", name);
  item.title = `${name}: show or hide`;
  item.addEventListener("click", () => view.toggle(line.metric));
  return item;
}

// Where a key of the keyboard moves the crosshair: the index among a chart's steps, or undefined where it means nothing.
function moved(name, at, last, far) {
  const places = { ArrowRight: at + far, ArrowLeft: at - far, Home: 0, End: last };
  return name in places ? Math.min(Math.max(places[name], 0), last) : undefined;
}

function pressed(figure, event) {
  const { view, chart } = figure;
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = chart.data[0];
  const index = moved(event.key, nearestStep(steps, view.crossed, event.key), steps.length - 1, event.shiftKey ? 10 : 1);
  if (index !== undefined) view.cross(steps[index]);
  else if (event.key === "+" || event.key === "=") view.zoomBy(0.5);
  else if (event.key === "-") view.zoomBy(2);
  else if (event.key === "Escape") view.crossed === null ? view.zoomTo(null) : view.cross(null);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// The index of the step under the crosshair; before the first key it stands beyond the end that the key comes from.
function nearestStep(steps, crossed, name) {
  if (crossed === null) return name === "ArrowLeft" ? steps.length : -1;
  let best = 0;
  steps.forEach((step, i) => {
    if (Math.abs(step - crossed) < Math.abs(steps[best] - crossed)) best = i;
  });
  return best;
}
