// The label desk: one document, its answers with their keys, and the next one at once. What was answered waits in an outbox
// until the server says that it is kept; every answer has an id of its own, so that sending it twice does no harm.
const KEYS = [
  ["1 – 9", "the answer with this number; for passages, a tag"], ["a · x", "keep · drop"], ["Enter", "done, where answers are several"],
  ["Space or s", "skip"], ["Backspace", "take back the last step"], ["← → ↓", "of a pair: left, right, a tie"],
  ["↑ ↓", "of passages: the sentence before and after; else scroll"], ["Shift + ↓", "of passages: take the next sentence in"],
  ["t", "write a tag"], ["g", "guidelines"], ["h", "your last answers"], ["?", "this list"], ["Esc", "close"],
];
const TYPING = "input, textarea, select, [contenteditable='true'], [role='combobox'], [role='listbox'], [role='slider'], [role='textbox']";
const IN_FRONT = "[role='dialog'], [data-testid='stPopoverBody'], [data-testid='stDialog']";

class Desk {
  constructor(root, send) {
    Object.assign(this, { root, send, outbox: [], taken: new Map(), shown: null, panel: "", notice: "" });
    this.hiddenFor = 0;
    this.onKey = (event) => this.key(event);
    this.onHide = () => this.hide();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("visibilitychange", this.onHide);
    this.onLeave = (event) => this.leave(event);
    this.onUnload = (event) => this.outbox.length && event.preventDefault();
    document.addEventListener("click", this.onLeave, true);
    window.addEventListener("beforeunload", this.onUnload);
  }
  close() {
    document.removeEventListener("click", this.onLeave, true);
    window.removeEventListener("beforeunload", this.onUnload);
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("visibilitychange", this.onHide);
  }
  hide() {
    if (document.hidden) this.hiddenAt = performance.now();
    else if (this.hiddenAt) { this.hiddenFor += performance.now() - this.hiddenAt; this.hiddenAt = 0; }
  }
  // A page that opens makes the server drop what waits for it: links wait until every answer is kept, or for a second click.
  leave(event) {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    if (!link || !this.outbox.length || this.leaving === link.href || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Object.assign(this, { leaving: link.href, notice: "Saving …" });
    this.drawBar();
  }
  goOn() {
    const link = [...document.querySelectorAll("a[href]")].find((one) => one.href === this.leaving);
    this.leaving = "";
    link?.click();
  }
  // Answers that the server has not kept yet outlive the window: the next desk of this person and question sends them.
  hold() {
    try {
      if (this.outbox.length) localStorage.setItem(this.data.post, JSON.stringify(this.outbox));
      else localStorage.removeItem(this.data.post);
    } catch { /* Where nothing may be stored, the open window alone holds them. */ }
  }
  held(post) {
    try { return JSON.parse(localStorage.getItem(post)) ?? []; } catch { return []; }
  }
  update(data) {
    const question = JSON.stringify([data.post, data.schema]), fresh = this.question !== question;
    if (fresh) {
      const outbox = this.held(data.post);
      const taken = outbox.filter((entry) => "value" in entry).map((entry) => [`${entry.doc_id}-${entry.other ?? "None"}`, entry.uuid]);
      Object.assign(this, { question, shown: null, outbox, taken: new Map(taken), notice: "" });
    }
    // Whoever has just chosen another queue goes on with keys, and those of a chosen box belong to the box.
    if (this.data && this.data.queue !== data.queue && document.activeElement?.matches("[role='combobox']")) document.activeElement.blur();
    this.data = data;
    const kept = new Set(data.acks);
    this.outbox = this.outbox.filter((entry) => !kept.has(entry.uuid));
    for (const [key, uuid] of this.taken) if (kept.has(uuid)) this.taken.delete(key);
    for (const [uuid, words] of Object.entries(data.refused)) if (kept.has(uuid)) this.notice = words;
    this.hold();
    if (fresh && this.outbox.length) this.send(this.outbox.slice());
    this.draw();
    if (this.leaving && !this.outbox.length) this.goOn();
  }
  current() { return this.data.items.find((item) => !this.taken.has(item.key)) ?? null; }
  draw() {
    const item = this.current();
    if (!this.frame || !this.root.contains(this.frame)) {
      this.frame = element("div", { class: "desk" });
      this.bar = element("div", { class: "bar" });
      this.answers = element("div", { class: "answers", role: "group", "aria-label": "Answers" });
      this.side = element("div", { class: "side", hidden: true });
      this.reading = element("div", { class: "reading" });
      this.frame.append(this.bar, this.answers, this.side, this.reading);
      this.root.replaceChildren(this.frame);
      this.shown = null;
    }
    if (item?.key !== this.shown || !item) this.open(item);
    this.drawBar();
    this.drawSide();
  }
  open(item) {
    this.shown = item?.key ?? null;
    this.item = item;
    this.since = performance.now();
    this.hiddenFor = 0;
    this.cursor = null;
    if (!item) {
      this.given = null;
      const words = this.taken.size ? "Saving …" : this.data.ended;
      this.answers.replaceChildren();
      this.reading.replaceChildren(element("div", { class: "ended", text: words, role: "status" }));
      return;
    }
    this.given = new Answers(this.data.schema, item.said, (value) => this.give(value), () => this.redraw(), this.data.known);
    this.reading.className = `reading ${item.sides.length > 1 ? "two" : ""}`;
    this.reading.replaceChildren(...item.sides.map((side, i) => this.article(side, i)));
    this.redraw();
  }
  article(side, place) {
    const head = item_title(side, this.item.sides.length > 1 ? ["Left", "Right"][place] : "");
    const text = element("div", { class: "text", dir: side.rtl ? "rtl" : "auto", tabindex: "0", role: "region", "aria-label": "Text" });
    const cut = side.cut ? element("div", { class: "cut", text: `The first ${whole([...side.text].length)} of ${whole(side.cut)} characters; Explore shows all.` }) : null;
    side.offsets ??= new Offsets(side.text);
    return element("article", {}, [head, text, cut]);
  }
  redraw() {
    this.answers.replaceChildren(...this.given.draw((tag) => this.markWith(tag)), ...this.others());
    const spans = this.data.schema.kind === "spans";
    this.reading.querySelectorAll(".text").forEach((text, i) => {
      const side = this.item.sides[i], at = (points) => side.offsets.units(points);
      const layers = side.marks.map(([start, end, css, title]) => ({ start: at(start), end: at(end), css, title }));
      if (spans) for (const span of this.given.spans)
        layers.push({ start: at(span.start), end: at(span.end), css: `span t${this.data.schema.values.indexOf(span.tag)}`, title: span.tag });
      const here = spans && this.cursor ? { start: this.sentence(this.cursor[0])[0], end: this.sentence(this.cursor[1])[1], css: "here", title: "" } : null;
      const top = text.scrollTop;
      text.replaceChildren(pieces(side.text, here ? [...layers, here] : layers));
      text.scrollTop = top;
      if (here) text.querySelector("mark.here")?.scrollIntoView({ block: "nearest" });
    });
  }
  others() {
    return [
      element("span", { class: "gap" }),
      button("Skip", "s", null, () => this.give("(skip)"), "quiet"),
      button("Undo", "⌫", null, () => this.undo(), "quiet"),
    ];
  }
  drawBar() {
    const { progress, schema } = this.data;
    const waiting = Math.max(0, this.data.waiting - this.taken.size), done = progress.answered + this.taken.size;
    const share = done + waiting ? (100 * done) / (done + waiting) : 0;
    const said = [`${whole(done)} done`, progress.skipped ? `${whole(progress.skipped)} skipped` : "", `${whole(waiting)} waiting`,
      progress.people > 1 ? `${whole(progress.team)} by ${progress.people} people` : ""].filter(Boolean).join(" · ");
    const toggle = (name, words, key) => element("button", {
      type: "button", class: "toggle", "aria-expanded": String(this.panel === name), "aria-keyshortcuts": key, text: words, title: `key ${key}`,
      onclick: (event) => { event.currentTarget.blur(); this.show(name); },
    });
    this.bar.replaceChildren(
      element("h2", { text: schema.question, dir: "auto" }),
      element("div", { class: "meter" }, [
        element("span", { class: "said", text: said, "aria-live": "off" }),
        element("span", { class: "rail", "aria-hidden": "true" }, [element("span", { class: "fill", style: `width:${share}%` })]),
        schema.guidelines ? toggle("guidelines", "Guidelines", "g") : null, toggle("last", "Last answers", "h"), toggle("keys", "Keys", "?"),
      ]),
      element("div", { class: "notice", role: "status", text: this.notice }),
    );
  }
  show(name) { this.panel = this.panel === name ? "" : name; this.drawBar(); this.drawSide(); }
  drawSide() {
    this.side.hidden = !this.panel;
    if (this.panel === "guidelines") this.side.replaceChildren(guidelines(this.data.schema.guidelines));
    if (this.panel === "keys") this.side.replaceChildren(element("dl", { class: "keys" }, KEYS.flatMap(([key, words]) =>
      [element("dt", {}, [element("kbd", { text: key })]), element("dd", { text: words })])));
    if (this.panel === "last") this.side.replaceChildren(...(this.data.last.length ? this.data.last.map((row) => element("button", {
      type: "button", class: "earlier", title: "answer it again", onclick: () => { this.panel = ""; this.push({ back: row.doc_id, other: row.other }); },
    }, [element("b", { text: row.value, dir: "auto" }), element("span", { text: row.snippet, dir: "auto" })])) : [element("p", { text: "Nothing yet." })]));
  }
  push(entry) {
    this.outbox.push({ uuid: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, question: this.data.schema.name, ...entry });
    this.hold();
    this.send(this.outbox.slice());
    return this.outbox.at(-1).uuid;
  }
  give(value) {
    const item = this.item;
    if (!item) return;
    const seconds = Math.round((performance.now() - this.since - this.hiddenFor) / 100) / 10;
    this.taken.set(item.key, this.push({ doc_id: item.doc_id, other: item.other, value, seconds }));
    this.notice = "";
    this.draw();
  }
  undo() { this.shown = null; this.push({ undo: true }); this.notice = "Taking back …"; this.drawBar(); }
  sentences() { return (this.item.sentences ??= sentences(this.item.sides[0].text)); }
  sentence(place) { return this.sentences()[Math.max(0, Math.min(place, this.sentences().length - 1))] ?? [0, 0]; }
  move(step, extend) {
    const last = this.sentences().length - 1;
    if (last < 0) return;
    if (!this.cursor) this.cursor = [0, 0];
    else if (extend) this.cursor = [this.cursor[0], Math.min(last, this.cursor[1] + 1)];
    else { const to = Math.max(0, Math.min(last, (step > 0 ? this.cursor[1] : this.cursor[0]) + step)); this.cursor = [to, to]; }
    this.redraw();
  }
  markWith(tag) {
    const text = this.reading.querySelector(".text"), selection = document.getSelection(), { offsets } = this.item.sides[0];
    let stretch = null;
    if (selection.rangeCount && !selection.isCollapsed && text.contains(selection.anchorNode) && text.contains(selection.focusNode)) {
      const range = selection.getRangeAt(0), before = range.cloneRange();
      before.selectNodeContents(text);
      before.setEnd(range.startContainer, range.startOffset);
      const start = before.toString().length;
      stretch = [start, start + range.toString().length];
      selection.removeAllRanges();
    } else if (this.cursor) stretch = [this.sentence(this.cursor[0])[0], this.sentence(this.cursor[1])[1]];
    if (!stretch) { this.notice = "Select a passage with the mouse, or go to a sentence with ↓."; this.drawBar(); return; }
    if (stretch[1] > stretch[0]) this.given.mark(offsets.points(stretch[0]), offsets.points(stretch[1]), tag);
  }
  key(event) {
    const at = event.composedPath()[0];
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !this.frame?.isConnected) return;
    if (at instanceof Element && at.closest(TYPING)) return;
    if (document.querySelector(IN_FRONT)) return;
    if ((event.key === " " || event.key === "Enter") && at instanceof Element && at.closest("button, a, summary, [role='tab'], [role='radio']")) return;
    if (this.act(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
  }
  act(name, event) {
    const spans = this.data.schema.kind === "spans", digit = Number(name);
    if (name === "?") return this.show("keys"), true;
    if (name === "g" && this.data.schema.guidelines) return this.show("guidelines"), true;
    if (name === "h") return this.show("last"), true;
    if (name === "Escape") { const open = !!this.panel || !!this.cursor; this.panel = ""; this.cursor = null; this.item && this.redraw(); this.drawBar(); this.drawSide(); return open; }
    if (name === "Backspace") return !event.repeat && this.undo(), true;
    if (!this.item || event.repeat && !name.startsWith("Arrow")) return false;
    if (name === " " || name === "s") return this.give("(skip)"), true;
    if (name === "t" && this.data.schema.kind === "tags") return this.answers.querySelector(".tagbox")?.focus(), true;
    if (spans && digit >= 1 && digit <= this.data.schema.values.length) return this.markWith(this.data.schema.values[digit - 1]), true;
    if (this.given.key(name)) return true;
    if (name !== "ArrowDown" && name !== "ArrowUp") return false;
    if (spans) this.move(name === "ArrowDown" ? 1 : -1, event.shiftKey);
    else this.reading.querySelectorAll(".text").forEach((text) => text.scrollBy({ top: name === "ArrowDown" ? 80 : -80 }));
    return true;
  }
}

function item_title(side, which) {
  return element("div", { class: "title", dir: "auto" }, [which ? element("b", { text: `${which}: ` }) : null,
    element("span", { text: side.title }), element("span", { class: "where", text: side.where })]);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".deskroot");
  const send = (outbox) => setStateValue("outbox", outbox);
  if (!root._desk) root._desk = new Desk(root, send);
  root._desk.send = send;
  root._desk.update(data);
  return () => { root._desk?.close(); root._desk = null; };
}
