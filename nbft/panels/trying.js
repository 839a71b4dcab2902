// The playground: fields above, what was tried below, the newest first. All text of data goes in by textContent.

function make(tag, name, words) {
  const part = document.createElement(tag);
  if (name) part.className = name;
  if (words !== undefined) part.textContent = words;
  return part;
}

function chancesOf(chances) {
  const list = make("ul", "nbft-chances");
  for (const [name, p] of chances) {
    const row = make("li");
    const bar = make("span", "nbft-chance");
    bar.style.setProperty("--share", p);
    row.append(make("span", "nbft-chance-name", name), bar, make("span", "nbft-chance-number", `${(100 * p).toFixed(1)}%`));
    list.append(row);
  }
  return list;
}

function spansOf(text, spans) {
  const line = make("p", "nbft-try-text");
  let at = 0;
  for (const [start, end, label, p] of spans) {
    line.append(text.slice(at, start));
    const mark = make("mark", "", text.slice(start, end));
    mark.append(make("small", "", ` ${label} ${(100 * p).toFixed(0)}%`));
    line.append(mark);
    at = end;
  }
  line.append(text.slice(at));
  return line;
}

function answerOf(answer, title) {
  const box = make("section", "nbft-try-answer");
  box.append(make("h5", "", title));
  if (!answer) {
    box.append(make("p", "nbft-try-waiting", "is being asked…"));
  } else if (answer.error) {
    const wrong = make("p", "nbft-try-wrong", answer.error.what);
    wrong.setAttribute("role", "alert");
    box.append(wrong);
    if (answer.error.fix) box.append(make("p", "", answer.error.fix));
  } else {
    const said = answer.said;
    if (said.spans) box.append(spansOf(said.text, said.spans));
    else {
      const text = make("p", "nbft-try-text");
      if (said.prompt) text.append(make("span", "nbft-prompt", said.prompt));
      const whole = said.text || "(nothing)";
      text.append(said.chances ? make("b", "", whole) : whole);
      box.append(text);
    }
    if (said.chances) box.append(chancesOf(said.chances));
    if (said.note) box.append(make("p", "nbft-try-note", said.note));
  }
  return box;
}

class Playground {
  constructor(model, element) {
    this.model = model;
    this.notebook = keepTwinInFile(model);
    this.root = make("div", "nbft-dashboard nbft-try");
    this.root.dataset.lmSuppressShortcuts = "true";
    this.form = make("form", "nbft-try-form");
    this.error = make("p", "nbft-try-wrong");
    this.error.setAttribute("role", "alert");
    this.list = make("div", "nbft-try-list");
    this.list.setAttribute("aria-live", "polite");
    this.build();
    this.root.append(this.form, this.error, this.list);
    element.append(this.root);
    this.changed = () => this.draw();
    model.on("change:view", this.changed);
    this.kept = () => this.notebook && (this.notebook.dirty = true);
    model.on("change:twin", this.kept);
    this.draw();
  }

  build() {
    const { name, fields } = this.model.get("view");
    this.form.append(make("h4", "nbft-title", `Try ${name}`));
    this.fields = {};
    for (const [key, title] of fields) {
      const label = make("label", "", "");
      const area = make("textarea");
      area.rows = key === "context" ? 4 : 2;
      label.append(make("span", "", title), area);
      area.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.ask();
      });
      this.fields[key] = area;
      this.form.append(label);
    }
    const foot = make("div", "nbft-try-foot");
    const button = make("button", "nbft-try-ask", "Try");
    button.type = "submit";
    foot.append(button, make("small", "", "Enter tries, Shift-Enter begins a new line"));
    this.form.append(foot);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  ask() {
    const given = {};
    for (const [key, area] of Object.entries(this.fields)) given[key] = area.value;
    this.model.send({ do: "ask", given });
  }

  draw() {
    const { name, base, tries, error } = this.model.get("view");
    this.error.textContent = error;
    this.error.hidden = !error;
    this.list.replaceChildren(
      ...tries.map((one) => {
        const card = make("article", "nbft-card");
        const given = Object.values(one.given).filter(Boolean).join("\n");
        const sides = make("div", "nbft-try-sides");
        sides.append(answerOf(one.tuned, name), answerOf(one.base, `before training: ${base}`));
        card.append(make("p", "nbft-try-given", given), sides);
        return card;
      }),
    );
  }

  destroy() {
    this.model.off("change:view", this.changed);
    this.model.off("change:twin", this.kept);
  }
}

export default {
  render({ model, el }) {
    const playground = new Playground(model, el);
    return () => playground.destroy();
  },
};
