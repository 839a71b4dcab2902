// The voting panel's page side: the labelling panel with two answers in place of labels. The files of that panel stand before
// this one in the same module. Text of data goes in as textContent alone.

class Vote extends Labelling {
  constructor(model, el) {
    super(model, el);
    this.choices.before(this.sides);
  }

  build() {
    super.build();
    this.el.classList.add("nbft-voting");
    this.form.remove();
    this.reveal = button("End and show the result", [], "nbft-reveal", () => this.ask({ do: "reveal" }));
    this.tools.append(this.reveal);
    this.sides = make("div", "nbft-sides");
    this.answers = ["left", "right"].map((side, place) => {
      const box = make("div", "nbft-side", "", { role: "group", "aria-label": `Answer on the ${side}` });
      const title = make("div", "nbft-side-title");
      title.append(keyCaps([String(place + 1)]), make("span", "", side === "left" ? "Left" : "Right"));
      const words = make("div", "nbft-side-words", "", { dir: "auto" });
      box.append(title, words);
      this.sides.append(box);
      return words;
    });
    this.choices.setAttribute("aria-label", "Which answer is better");
  }

  draw() {
    super.draw();
    const view = this.model.get("view");
    const over = !this.model.get("item").id;
    this.root.setAttribute("aria-label", `Voting blind: ${view.name}`);
    this.sides.hidden = this.reveal.hidden = over;
    this.reveal.disabled = !view.labelled;
    this.card.hidden = over || !this.model.get("item").text;
  }

  drawHead(view) {
    const number = (value) => value.toLocaleString("en");
    const title = make("div", "nbft-label-title");
    title.append(make("b", "", "Which answer is better?"), make("span", "", view.name, { dir: "auto" }));
    title.append(make("span", "nbft-keys-state"));
    const bar = progressBar({ ...view, many: true });
    bar.setAttribute("aria-label", "Pairs voted on");
    bar.setAttribute("aria-valuetext", `${view.labelled} of ${view.total} voted on`);
    const line = make("div", "nbft-label-facts");
    const pieces = [
      ["labelled", number(view.labelled), ` of ${number(view.total)} voted on`],
      ["skipped", number(view.skipped), " skipped"],
      ["left", number(view.left), " left"],
    ];
    for (const [name, value, words] of pieces) {
      const piece = make("span", "", "", { "data-fact": name });
      piece.append(make("b", "", value), words);
      line.append(piece);
    }
    if (view.rate) line.append(make("span", "", view.rate, { "data-fact": "rate" }));
    this.head.replaceChildren(title, bar, line);
    this.state = title.lastElementChild;
  }

  drawText(item) {
    super.drawText(item);
    this.answers[0].textContent = item.left ?? "";
    this.answers[1].textContent = item.right ?? "";
    for (const side of this.answers) side.scrollTop = 0;
  }

  // The prompt and both answers are read together.
  scroll(by) {
    for (const part of [this.text, ...this.answers]) part.scrollTop += by;
  }

  makeEnd(view) {
    const box = make("div", "nbft-end");
    box.append(make("h3", "", view.end, { tabindex: "-1", dir: "auto" }));
    const table = make("table", "nbft-counts");
    const most = Math.max(1, ...view.result.map(([, count]) => count));
    view.result.forEach(([name, count], place) => {
      const row = table.insertRow();
      row.className = `nbft-hue-${place}`;
      row.append(make("th", "", name, { dir: "auto", scope: "row" }), make("td", "", count.toLocaleString("en")));
      const bar = make("span", "nbft-count-bar", "", { "aria-hidden": "true" });
      bar.style.width = `${(100 * count) / most}%`;
      row.insertCell().append(bar);
    });
    box.append(table);
    if (view.left || view.skipped) {
      const open = view.left + view.skipped;
      box.append(button(`Vote on the ${open.toLocaleString("en")} left`, ["Enter"], "nbft-again", () => this.ask({ do: "again" })));
    }
    return box;
  }

  act(name) {
    const view = this.model.get("view");
    if (name === "again" && !this.model.get("item").id && (view.left || view.skipped)) this.ask({ do: "again" });
    else super.act(name);
  }
}

export default {
  render({ model, el }) {
    const panel = new Vote(model, el);
    return () => panel.destroy();
  },
};
