// Elements, and numbers as every chart writes them; wording.py does the same.

function make(tag, name, words) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (words !== undefined) element.textContent = words;
  return element;
}

function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 1e-3) return exponential(value.toExponential(1).replace(".0e", "e"));
  if (size < 10) return value.toFixed(4);
  return size < 1000 ? value.toFixed(2) : Math.round(value).toLocaleString("en");
}

function amount(value, unit) {
  if (unit !== "bytes" || value === null || value === undefined) return number(value);
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1e6).toFixed(0)} MB`;
}

// A round number beside an axis.
function tick(value, unit) {
  if (unit === "bytes" && value) {
    return value >= 1e9 ? `${+(value / 1e9).toPrecision(3)} GB` : `${+(value / 1e6).toPrecision(3)} MB`;
  }
  if (Math.abs(value) >= 1e4) return value.toLocaleString("en");
  const short = +value.toPrecision(6);
  return Math.abs(value) < 1e-4 && value ? exponential(short.toExponential()) : String(short);
}

// As Python writes it: 2e-05.
function exponential(words) {
  return words.replace(/e-(\d)$/, "e-0$1");
}

function wholeTick(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : "";
}

// Round numbers of a logarithmic axis, at most `wanted`: 1, 2 and 5 of every power of ten, or powers alone, or every second
// one; even ones where too few of those are seen.
function logTicks(min, max, wanted) {
  const powers = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) powers.push(power);
  for (const firsts of [[1, 2, 5], [1, 3], [1]]) {
    const all = powers.flatMap((power) => firsts.map((first) => Number(`${first}e${power}`)));
    const seen = all.filter((value) => value >= min && value <= max);
    if (seen.length < 2) break;
    if (seen.length <= wanted) return seen;
    if (firsts.length === 1) return seen.filter((_, i) => i % Math.ceil(seen.length / wanted) === 0);
  }
  return evenTicks(min, max, Math.ceil(wanted / 2));
}

function evenTicks(min, max, wanted) {
  const rough = (max - min) / wanted;
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((first) => first * scale).find((one) => one >= rough * 0.999);
  const count = Math.floor(max / step + 1e-9) - Math.ceil(min / step) + 1;
  return Array.from({ length: count }, (_, i) => +((Math.ceil(min / step) + i) * step).toPrecision(6));
}
