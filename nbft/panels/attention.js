// Attention: small heads as canvases, one large head as two columns of tokens with lines of the chosen token's weights.

const ONE = 65535;

function make(tag, name, words) {
  const part = document.createElement(tag);
  if (name) part.className = name;
  if (words !== undefined) part.textContent = words;
  return part;
}

function drawHead(canvas, weights, rows, columns) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    image.data[4 * i] = 0;
    image.data[4 * i + 1] = 114;
    image.data[4 * i + 2] = 178;
    image.data[4 * i + 3] = Math.round(255 * Math.sqrt(weights[i] / ONE));
  }
  context.putImageData(image, 0, 0);
}

class Attention {
  constructor(model, element) {
    this.model = model;
    keepTwinInFile(model);
    this.view = model.get("view");
    this.arrays = model.get("weights").map((one) => {
      const view = one instanceof DataView ? one : new DataView(one.buffer ?? one);
      return new Uint16Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    });
    this.map = 0;
    this.layer = this.view.layer;
    this.head = this.view.head;
    this.token = null;
    this.root = make("div", "nbft-dashboard nbft-attention");
    this.root.dataset.lmSuppressShortcuts = "true";
    this.root.append(make("h4", "nbft-title", `${this.view.name}: attention`));
    this.root.append(make("p", "nbft-explained", `${this.view.explained} ${this.view.note}`));
    if (this.view.maps.length > 1) this.root.append(this.tabs());
    this.body = make("div", "nbft-attention-body");
    this.small = make("div", "nbft-heads");
    this.large = make("div", "nbft-head-large");
    this.body.append(this.small, this.large);
    this.root.append(this.body);
    element.append(this.root);
    this.drawSmall();
    this.drawLarge();
  }

  tabs() {
    const label = make("label", "nbft-attention-kind", "Which: ");
    const select = make("select");
    this.view.maps.forEach((one, i) => {
      const option = make("option", "", one.name);
      option.value = i;
      select.append(option);
    });
    select.addEventListener("change", () => {
      this.map = Number(select.value);
      this.token = null;
      this.drawSmall();
      this.drawLarge();
    });
    label.append(select);
    return label;
  }

  weightsOf(layer, head) {
    const [, heads, rows, columns] = this.view.maps[this.map].shape;
    const start = (layer * heads + head) * rows * columns;
    return this.arrays[this.map].subarray(start, start + rows * columns);
  }

  drawSmall() {
    const [layers, heads, rows, columns] = this.view.maps[this.map].shape;
    this.small.style.setProperty("--heads", heads);
    const parts = [make("span", "nbft-corner", "layer")];
    for (let head = 0; head < heads; head++) parts.push(make("span", "nbft-axis", head + 1));
    for (let layer = 0; layer < layers; layer++) {
      parts.push(make("span", "nbft-axis", layer + 1));
      for (let head = 0; head < heads; head++) {
        const button = make("button", "nbft-head");
        button.type = "button";
        button.title = `layer ${layer + 1}, head ${head + 1}`;
        button.setAttribute("aria-label", button.title);
        button.setAttribute("aria-pressed", String(layer === this.layer && head === this.head));
        const canvas = make("canvas");
        drawHead(canvas, this.weightsOf(layer, head), rows, columns);
        button.append(canvas);
        button.addEventListener("click", () => this.choose(layer, head));
        parts.push(button);
      }
    }
    this.small.replaceChildren(...parts);
  }

  choose(layer, head) {
    this.layer = layer;
    this.head = head;
    const [, heads] = this.view.maps[this.map].shape;
    [...this.small.querySelectorAll("button")].forEach((button, i) =>
      button.setAttribute("aria-pressed", String(i === layer * heads + head)),
    );
    this.drawLarge();
  }

  drawLarge() {
    const { rows, columns } = this.view.maps[this.map];
    this.title = make("p", "nbft-head-title", `Layer ${this.layer + 1}, head ${this.head + 1}`);
    const left = make("ol", "nbft-tokens");
    const right = make("ol", "nbft-tokens nbft-looked-at");
    this.left = rows.map((token, i) => {
      const item = make("li", "", token);
      item.tabIndex = 0;
      for (const event of ["mouseenter", "focus"]) item.addEventListener(event, () => this.look(i));
      left.append(item);
      return item;
    });
    this.right = columns.map((token) => {
      const item = make("li");
      item.append(make("span", "nbft-weight"), make("span", "", token));
      right.append(item);
      return item;
    });
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.lines.setAttribute("aria-hidden", "true");
    const both = make("div", "nbft-both");
    both.append(left, this.lines, right);
    this.large.replaceChildren(this.title, both);
    this.look(Math.min(this.token ?? 0, rows.length - 1));
  }

  look(token) {
    this.token = token;
    const { columns } = this.view.maps[this.map];
    const weights = this.weightsOf(this.layer, this.head);
    const row = Array.from(weights.subarray(token * columns.length, (token + 1) * columns.length), (w) => w / ONE);
    this.left.forEach((item, i) => item.classList.toggle("nbft-chosen", i === token));
    const lines = [];
    const largest = Math.max(...row);
    const height = 20;
    row.forEach((weight, j) => {
      const item = this.right[j];
      item.style.setProperty("--share", weight);
      item.firstChild.textContent = weight.toFixed(3);
      if (weight < 0.005) return;
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      line.setAttribute("x1", "0");
      line.setAttribute("y1", String((token + 0.5) * height));
      line.setAttribute("x2", "100");
      line.setAttribute("y2", String((j + 0.5) * height));
      line.setAttribute("stroke-width", String(1 + 5 * weight));
      line.setAttribute("stroke-opacity", String(0.2 + (0.8 * weight) / largest));
      lines.push(line);
    });
    const tall = height * Math.max(this.left.length, this.right.length);
    this.lines.setAttribute("viewBox", `0 0 100 ${tall}`);
    this.lines.setAttribute("preserveAspectRatio", "none");
    this.lines.setAttribute("height", String(tall));
    this.lines.replaceChildren(...lines);
  }
}

export default {
  render({ model, el }) {
    new Attention(model, el);
  },
};
