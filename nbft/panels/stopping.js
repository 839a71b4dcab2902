// The picture of early stopping with a slider for patience and one for min_delta. While one is dragged, picture and sentence
// follow in the page; let go, the kernel is told. words.js, key_guard.js and stopping_drawing.js stand before it in one module.

const KEYS_REST_MS = 700; // arrow keys are pressed several times before a value is meant
const SLIDERS = [
  ["patience", "Patience", "Evaluations in a row without a gain before the run stops"],
  ["min_delta", "Min delta", "A gain counts only if it is larger than this"],
];

class Stopping {
  constructor(model, element) {
    this.model = model;
    this.tried = null;
    this.isAsking = false;
    this.root = make("div", "nbft-stopping-live");
    this.unguard = guardKeys(this.root);
    this.figure = make("div", "nbft-stopping-figure");
    this.said = make("p", "nbft-quiet nbft-stopping-said");
    this.said.setAttribute("aria-live", "polite");
    this.sliders = make("div", "nbft-sliders");
    this.inputs = SLIDERS.map((slider) => this.slider(...slider));
    this.root.append(this.figure, this.sliders, this.question(), this.said);
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.tried && this.leave(event));
    element.append(this.root);
    this.changed = () => this.draw();
    this.answered = () => this.settle();
    model.on("change:view", this.changed);
    model.on("change:answers", this.answered);
    this.draw();
  }

  slider(field, title, tip) {
    const label = make("label", "nbft-stopping-slider");
    const input = Object.assign(make("input", "nbft-slider"), { type: "range", title: tip });
    const value = make("b", "");
    label.append(make("span", "", title), input, value);
    input.setAttribute("aria-label", `${title} slider`);
    input.addEventListener("pointerdown", () => (this.byKey = false));
    input.addEventListener("keydown", () => (this.byKey = true));
    input.addEventListener("input", () => this.drag(field, Number(input.value)));
    input.addEventListener("change", () => this.letGo(field));
    input.addEventListener("blur", () => this.waits && this.flush(field));
    this.sliders.append(label);
    return { field, input, value };
  }

  question() {
    this.confirm = make("div", "nbft-stopping-confirm");
    this.confirm.setAttribute("role", "alert");
    this.yes = make("button", "nbft-stopping-button", "Yes, stop");
    this.no = make("button", "nbft-stopping-button", "No, go on");
    this.yes.addEventListener("click", () => this.send());
    this.no.addEventListener("click", (event) => this.leave(event));
    this.confirm.append(make("b", "", "So the run stops after this step. Set it?"), this.yes, this.no);
    this.confirm.hidden = true;
    return this.confirm;
  }

  get view() {
    return this.model.get("view");
  }

  drag(field, value) {
    clearTimeout(this.waits);
    this.tried = { ...this.view.rule, [field]: Number(value.toPrecision(6)) };
    this.field = field;
    this.isAsking = false;
    this.draw();
  }

  letGo(field) {
    if (!this.tried) return;
    clearTimeout(this.waits);
    this.waits = setTimeout(() => this.flush(field), this.byKey ? KEYS_REST_MS : 0);
  }

  flush() {
    clearTimeout(this.waits);
    this.waits = null;
    if (!this.tried) return;
    if (this.tried[this.field] === this.view.rule[this.field]) return this.leave();
    if (!endsAtOnce(this.view, this.tried)) return this.send();
    this.isAsking = true;
    this.draw();
    this.no.focus();
  }

  send() {
    this.isAsking = false;
    this.sent = this.tried;
    this.model.send({ op: "set", field: this.field, value: this.tried[this.field] });
    this.draw();
    this.back();
  }

  // Back to what the record says.
  leave(event) {
    event?.stopPropagation();
    clearTimeout(this.waits);
    this.tried = this.waits = null;
    const asked = this.isAsking;
    this.isAsking = false;
    this.draw();
    if (asked) this.back();
  }

  back() {
    if (this.root.contains(document.activeElement)) this.inputs.find(({ field }) => field === this.field)?.input.focus();
  }

  // The run has answered: the record holds again, unless the user tries something else by now.
  settle() {
    if (this.tried === this.sent) this.tried = null;
    this.sent = undefined;
    this.draw();
  }

  draw() {
    const { view, tried } = this;
    const rule = tried || view.rule;
    this.figure.replaceChildren(...drawing(view, tried));
    this.said.textContent = tried ? whatIf(view, tried) : view.others;
    this.confirm.hidden = !this.isAsking;
    this.root.classList.toggle("nbft-is-tried", Boolean(tried));
    for (const { field, input, value } of this.inputs) {
      const [low, high, step] = view.scales[field];
      input.setAttribute("aria-valuetext", valueText(field, rule[field]));
      value.textContent = setting(rule[field]);
      if (tried && field === this.field) continue; // a value set in mid-drag would count as the one before it: no change at its end
      Object.assign(input, { min: low, max: high, step, value: rule[field], disabled: view.rests });
    }
  }

  destroy() {
    clearTimeout(this.waits);
    this.model.off("change:view", this.changed);
    this.model.off("change:answers", this.answered);
    this.unguard();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const stopping = new Stopping(model, el);
    return () => stopping.destroy();
  },
};
