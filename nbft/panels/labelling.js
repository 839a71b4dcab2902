// The labelling panel's page side. The files labelling_notebook.js, key_guard.js, labelling_keys.js and labelling_parts.js stand before this
// one in the same module, labelling_render.js behind it; vote.js builds on it. It shows what the kernel says, and asks; a second
// answer waits until the first was heard.

const PATIENCE_MS = 600;
const MUCH = 700; // characters; LONG in labelling.py
const DISCONNECTED = ["nbft-gone", "jupyter-widgets-disconnected"];

class Labelling {
  constructor(model, el) {
    Object.assign(this, { model, el, heard: null, chosen: new Set(), shown: null });
    el.classList.add("nbft-dashboard", "nbft-labelling");
    this.root = make("section", "nbft-label", "", { tabindex: "0", role: "group" });
    this.head = make("div", "nbft-label-head");
    this.notes = make("div", "nbft-label-notes");
    this.card = make("div", "nbft-text-card");
    this.meta = make("div", "nbft-meta");
    this.text = make("div", "nbft-text");
    this.words = make("div", "nbft-words", "", { dir: "auto", "aria-live": "polite", "aria-atomic": "true" });
    this.text.append(this.words);
    this.card.append(this.meta, this.text);
    this.choices = make("div", "nbft-choices", "", { role: "group", "aria-label": "Labels" });
    this.tools = make("div", "nbft-tools");
    this.end = make("div", "nbft-end-box");
    this.status = make("div", "nbft-status-line", "", { role: "status" });
    this.build();
    this.root.append(this.head, this.notes, this.card, this.choices, this.end, this.tools, this.status);
    el.append(this.root);
    this.listen();
    this.notebook = keepTwinInFile(model);
    this.draw();
  }

  build() {
    this.undo = button("Undo", ["U"], "nbft-undo", () => this.ask({ do: "undo" }));
    this.skip = button("Skip", ["S"], "nbft-skip", () => this.act("skip"));
    this.confirm = button("Next", ["Enter"], "nbft-confirm", () => this.act("confirm"));
    this.form = make("form", "nbft-new");
    this.field = make("input", "", "", { type: "text", placeholder: "new label", "aria-label": "New label", maxlength: "80" });
    this.add = make("button", "nbft-button", "Add", { type: "submit" });
    this.form.append(this.field, this.add);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const label = this.field.value.trim();
      if (label) this.ask({ do: "new-label", label });
      this.field.value = "";
      this.root.focus({ preventScroll: true });
    });
    this.tools.append(this.undo, this.skip, this.confirm, this.form);
  }

  listen() {
    this.unguard = guardKeys(this.root);
    this.root.addEventListener("keydown", (event) => this.press(event));
    // the front end would move the focus to its cell: buttons give it to the panel, where the keys are
    this.root.addEventListener("click", (event) => {
      if (!event.target.closest("input, summary")) this.root.focus({ preventScroll: true });
    });
    this.root.addEventListener("focusin", () => this.tell());
    this.root.addEventListener("focusout", () => setTimeout(() => this.tell()));
    this.changed = () => this.draw();
    this.model.on("change:view", this.changed);
    this.model.on("change:item", this.changed);
    this.kept = () => {
      if (this.notebook) this.notebook.dirty = true;
    };
    this.model.on("change:twin", this.kept);
    this.unwatch = watchKernel(this.model, () => this.el.classList.add(DISCONNECTED[0]));
  }

  get isGone() {
    return DISCONNECTED.some((name) => this.el.classList.contains(name));
  }

  press(event) {
    if (isForFrontEnd(event)) return;
    event.stopPropagation();
    const inField = event.target === this.field;
    if (inField) {
      if (event.key === "Escape") this.root.focus({ preventScroll: true });
      return;
    }
    if (event.target.closest("button, summary, pre") && [" ", "Enter"].includes(event.key)) return; // the button's own
    if (event.key in SCROLLS) {
      this.scroll(SCROLLS[event.key] * LINE);
      event.preventDefault();
      return;
    }
    const view = this.model.get("view");
    const meant = meaningOf(event, view.labels, view.many);
    if (!meant) return;
    event.preventDefault();
    if (meant.act === "leave") this.root.blur();
    else if (meant.act) this.act(meant.act);
    else this.choose(meant.label);
  }

  act(name) {
    const { id } = this.model.get("item");
    if (name === "undo") this.ask({ do: "undo" });
    if (name === "skip" && id) this.ask({ do: "skip", id });
    if (name === "confirm" && id) this.ask({ do: "label", id, label: [...this.chosen] });
    if (name === "again" && !id && this.model.get("view").skipped) this.ask({ do: "again" });
  }

  choose(place) {
    const { labels, many } = this.model.get("view");
    const { id } = this.model.get("item");
    if (!id || this.waits()) return;
    const { name } = labels[place];
    if (!many) {
      this.choices.children[place]?.classList.add("nbft-taken");
      this.ask({ do: "label", id, label: name });
      return;
    }
    if (!this.chosen.delete(name)) this.chosen.add(name);
    this.drawChoices();
  }

  waits() {
    return this.isGone || (this.heard !== null && this.heard === this.model.get("view").heard);
  }

  ask(message) {
    if (this.waits()) return;
    this.heard = this.model.get("view").heard;
    this.model.send(message);
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.tell(), PATIENCE_MS);
  }

  draw() {
    const view = this.model.get("view");
    const item = this.model.get("item");
    if (!view.labels) return;
    if (this.heard !== view.heard) this.heard = null;
    this.root.setAttribute("aria-label", `Labelling ${view.name}`);
    this.root.dataset.size = view.size;
    this.drawHead(view);
    this.drawNotes(view);
    if (item.id !== this.shown) this.drawText(item);
    this.meta.replaceChildren(make("span", "", item.where ?? ""), make("span", "nbft-guess", view.guess));
    this.drawChoices();
    const over = !item.id;
    this.card.hidden = this.choices.hidden = this.skip.hidden = this.form.hidden = over;
    this.confirm.hidden = over || !view.many;
    this.end.hidden = !over;
    if (over) this.end.replaceChildren(this.makeEnd(view));
    this.undo.disabled = !view.last;
    this.tell();
  }

  makeEnd(view) {
    return ending(view, () => this.act("again"));
  }

  scroll(by) {
    this.text.scrollTop += by;
  }

  drawHead(view) {
    const [from, into] = view.columns;
    const title = make("div", "nbft-label-title");
    title.append(make("b", "", view.name), make("span", "", `${from} → ${into}`), make("span", "nbft-keys-state"));
    this.head.replaceChildren(title, progressBar(view), facts(view));
    this.state = title.lastElementChild;
  }

  drawNotes(view) {
    const made = view.notes.map((note) => make("p", "", note));
    if (view.reading) made.push(make("p", "nbft-reading", view.reading, { role: "status" }));
    if (view.error) {
      const box = make("div", "nbft-note nbft-error", "", { role: "alert" });
      box.append(make("strong", "", view.error[0]));
      if (view.error[1]) box.append(make("p", "", view.error[1]));
      made.push(box);
    }
    this.notes.replaceChildren(...made);
  }

  drawText(item) {
    this.shown = item.id;
    const chosen = item.label === null || item.label === undefined ? [] : [item.label].flat();
    this.chosen = new Set(chosen);
    this.words.textContent = item.text ?? "";
    this.words.classList.toggle("nbft-much", (item.text ?? "").length > MUCH);
    this.text.scrollTop = 0;
  }

  drawChoices() {
    const view = this.model.get("view");
    const focused = [...this.choices.children].indexOf(document.activeElement);
    this.choices.replaceChildren(
      ...view.labels.map((label, place) => labelButton(label, place, this.chosen.has(label.name), () => this.choose(place))),
    );
    this.choices.children[focused]?.focus({ preventScroll: true });
  }

  // Says where the keys go, what was done last, and why nothing happens.
  tell() {
    const view = this.model.get("view");
    const active = this.root.contains(document.activeElement) && document.activeElement !== this.field;
    if (this.state) {
      this.state.textContent = active ? "Keys are on" : "Click here to use the keys";
      this.state.classList.toggle("nbft-on", active);
    }
    const late = this.heard !== null && this.heard === view.heard;
    this.root.setAttribute("aria-busy", String(late));
    const words = [];
    if (late) words.push(make("span", "nbft-late", "Waiting for the kernel, which runs another cell…"));
    else if (view.last) {
      const did = make("span", "nbft-last-did", "Last answer: ");
      did.append(make("b", "", view.last.did, { dir: "auto" }));
      words.push(did, make("span", "nbft-last-text", view.last.text, { dir: "auto" }));
    }
    words.push(make("span", "nbft-kept", `Each answer is kept in ${view.journal}`));
    this.status.replaceChildren(...words);
  }

  destroy() {
    this.unguard();
    this.unwatch();
    clearTimeout(this.patience);
    this.model.off("change:view", this.changed);
    this.model.off("change:item", this.changed);
    this.model.off("change:twin", this.kept);
  }
}
