// The answers of each kind of question: what is drawn above the text, what keys do, and what is sent.
const NEXT = { choice: true, scale: true, keep: true, pair: true };
const PAIR_WORDS = { first: "← left is better", second: "right is better →", tie: "a tie ↓" };

function button(words, key, pressed, act, css = "") {
  const made = element("button", {
    type: "button", class: `answer ${css}`, "aria-pressed": pressed === null ? null : String(pressed),
    "aria-keyshortcuts": key || null, onclick: (event) => { event.currentTarget.blur(); act(); },
  }, [key ? element("kbd", { text: key, "aria-hidden": "true" }) : null, element("span", { text: words, dir: "auto" })]);
  return made;
}

class Answers {
  constructor(schema, said, give, redraw, known) {
    Object.assign(this, { schema, give, redraw, known });
    this.chosen = new Set(Array.isArray(said) && schema.kind !== "spans" ? said : []);
    this.spans = Array.isArray(said) && schema.kind === "spans" ? said.map((span) => ({ ...span })) : [];
    this.said = said;
  }
  get several() { return !NEXT[this.schema.kind]; }
  value() {
    if (this.schema.kind === "spans") return this.spans;
    return [...this.chosen];
  }
  pick(value) {
    if (!this.several) return this.give(value);
    this.chosen.has(value) ? this.chosen.delete(value) : this.chosen.add(value);
    this.redraw();
  }
  add(words) {
    for (const word of words.split(/[;,]/).map((part) => part.trim()).filter(Boolean)) this.chosen.add(word);
    this.redraw();
  }
  mark(start, end, tag) {
    const same = this.spans.findIndex((span) => span.start === start && span.end === end && span.tag === tag);
    if (same >= 0) this.spans.splice(same, 1);
    else this.spans.push({ start, end, tag });
    this.redraw();
  }
  key(name) {
    const { kind, values } = this.schema, digit = Number(name);
    if (kind === "pair" && { ArrowLeft: "first", ArrowRight: "second", ArrowDown: "tie" }[name])
      return this.give({ ArrowLeft: "first", ArrowRight: "second", ArrowDown: "tie" }[name]), true;
    if (!this.several && (name === "a" || name === "x")) {
      const value = name === "a" ? "keep" : "drop";
      return values.includes(value) && (this.give(value), true);
    }
    if (name === "Enter" && this.several) return this.give(this.value()), true;
    if (digit >= 1 && digit <= values.length && kind !== "spans") return this.pick(values[digit - 1]), true;
    return false;
  }
  draw(markWith) {
    const { kind, values, low, high } = this.schema;
    const words = (value) => (kind === "pair" ? PAIR_WORDS[value] : value);
    const state = (value) => (this.several ? this.chosen.has(value) : this.said === value ? true : null);
    const made = values.map((value, i) => button(words(value), String(i + 1), kind === "spans" ? null : state(value),
      () => (kind === "spans" ? markWith(value) : this.pick(value)), kind === "spans" ? `tag t${i}` : kind));
    if (kind === "scale" && low) made.unshift(element("span", { class: "end", text: low, dir: "auto" }));
    if (kind === "scale" && high) made.push(element("span", { class: "end", text: high, dir: "auto" }));
    if (kind === "tags") made.push(...this.tags());
    if (this.several) made.push(button(this.confirm(), "⏎", null, () => this.give(this.value()), "confirm"));
    return made;
  }
  confirm() {
    const count = this.schema.kind === "spans" ? this.spans.length : this.chosen.size;
    return count ? `Done (${count})` : "None of these";
  }
  tags() {
    const own = [...this.chosen].filter((tag) => !this.schema.values.includes(tag));
    const shown = own.map((tag) => button(`${tag} ×`, "", true, () => this.pick(tag)));
    const list = element("datalist", { id: "desk-tags" }, this.known.map((tag) => element("option", { value: tag })));
    const box = element("input", {
      type: "text", class: "tagbox", placeholder: "a tag, then Enter  (t)", "aria-label": "Add a tag", list: "desk-tags", maxlength: 100,
      onkeydown: (event) => {
        if (event.key === "Escape") event.target.blur();
        if (event.key !== "Enter") return;
        event.preventDefault();
        if (event.target.value.trim()) {
          const words = event.target.value;
          event.target.value = "";
          this.add(words);
          this.refocus = true;
          this.redraw();
        } else { event.target.blur(); this.give(this.value()); }
      },
    });
    if (this.refocus) { this.refocus = false; queueMicrotask(() => box.focus()); }
    return [...shown, box, list];
  }
}
