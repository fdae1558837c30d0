// Text as elements. Everything goes in through textContent, so that no document, name or guideline can inject HTML.
function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

const whole = (n) => Number(n).toLocaleString("en-US");

// Python counts code points, a browser counts UTF-16 units: they part where a letter takes two units.
class Offsets {
  constructor(text) {
    this.same = !/[\ud800-\udbff]/.test(text);
    if (this.same) return;
    this.unit = [0];
    this.point = new Int32Array(text.length + 1);
    let units = 0;
    for (const letter of text) {
      for (let i = 0; i < letter.length; i++) this.point[units + i] = this.unit.length - 1;
      units += letter.length;
      this.unit.push(units);
    }
    this.point[text.length] = this.unit.length - 1;
  }
  units(points) { return this.same ? points : this.unit[Math.min(points, this.unit.length - 1)]; }
  points(units) { return this.same ? units : this.point[units]; }
}

// layers: {start, end, css, title} in UTF-16 units, end exclusive; where they overlap, a piece has the classes of both.
function pieces(text, layers) {
  const cuts = new Set([0, text.length]);
  for (const layer of layers) {
    cuts.add(Math.min(layer.start, text.length));
    cuts.add(Math.min(layer.end, text.length));
  }
  const places = [...cuts].sort((a, b) => a - b);
  const sorted = [...layers].sort((a, b) => a.start - b.start);
  const made = document.createDocumentFragment();
  let next = 0, open = [];
  for (let i = 0; i + 1 < places.length; i++) {
    const [start, end] = [places[i], places[i + 1]];
    while (next < sorted.length && sorted[next].start <= start) open.push(sorted[next++]);
    open = open.filter((layer) => layer.end > start);
    const words = text.slice(start, end);
    if (!open.length) made.append(words);
    else {
      const title = open.map((layer) => layer.title).filter(Boolean).join(", ");
      made.append(element("mark", { class: open.map((layer) => layer.css).join(" "), title: title || null, text: words }));
    }
  }
  return made;
}

function sentences(text) {
  const found = [];
  for (const part of new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)) {
    const words = part.segment.trim();
    if (!words) continue;
    const start = part.index + part.segment.indexOf(words);
    found.push([start, start + words.length]);
  }
  return found;
}

// A little Markdown: headings, lists, bold, italics, code. Links, pictures and HTML stay the letters they are written in.
function guidelines(markdown) {
  const made = element("div", { class: "guidelines" });
  let list = null, lines = [];
  const flush = () => {
    if (lines.length) made.append(element("p", {}, inline(lines.join(" "))));
    lines = [];
  };
  for (const line of markdown.split(/\r?\n/)) {
    const heading = /^(#{1,4})\s+(.*)/.exec(line), item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)/.exec(line);
    if (!item) list = null;
    if (heading || item || !line.trim()) flush();
    if (heading) made.append(element(`h${heading[1].length + 2}`, {}, inline(heading[2])));
    else if (item) {
      if (!list) made.append((list = element(item[1] ? "ol" : "ul")));
      list.append(element("li", {}, inline(item[2])));
    } else if (line.trim()) lines.push(line.trim());
  }
  flush();
  return made;
}

function inline(words) {
  return words.split(/(\*\*[^*]+\*\*|\*[^*]+\*|_[^_]+_|`[^`]+`)/).filter(Boolean).map((part) => {
    const tag = part.startsWith("**") ? "strong" : part.startsWith("`") ? "code" : /^[*_].+[*_]$/.test(part) ? "em" : null;
    if (!tag) return document.createTextNode(part);
    const edge = tag === "strong" ? 2 : 1;
    return element(tag, { text: part.slice(edge, -edge) });
  });
}
