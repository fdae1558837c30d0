// Draws the facets and reports one event a gesture. All text goes in through textContent, so no document can inject HTML.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 248, HEIGHT = 44;

function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

const whole = (n) => n.toLocaleString("en-US");

function short(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
  return Math.abs(value) >= 1e4 ? value.toExponential(1).replace("e+", "e") : String(Number(value.toPrecision(3)));
}

// One value: a bar that filters by it, and the minus that hides it.
function valueRow(facet, value, n, share, send, words = value) {
  const chosen = facet.selected.includes(value);
  return element("div", { class: "value" + (chosen ? (facet.exclude ? " out" : " in") : "") }, [
    element("div", { class: "bar", style: `width:${100 * share}%` }),
    element("button", {
      class: "pick", type: "button", "aria-pressed": chosen && !facet.exclude ? "true" : "false",
      title: `${words}: ${whole(n)} documents`, onclick: () => send({ what: "include", column: facet.name, value }),
    }, [element("span", { class: "name", text: words }), element("span", { class: "count", text: whole(n) })]),
    element("button", {
      class: "hide", type: "button", text: "−", title: `hide ${words}`, "aria-label": `hide ${facet.name} ${words}`,
      "aria-pressed": chosen && facet.exclude ? "true" : "false",
      onclick: () => send({ what: "exclude", column: facet.name, value }),
    }),
  ]);
}

function values(facet, send) {
  const most = Math.max(1, ...facet.values.map(([, n]) => n));
  const rows = facet.values.map(([value, n]) => valueRow(facet, value, n, n / most, send));
  if (facet.otherNames)
    rows.push(element("div", { class: "others", text: `${whole(facet.otherNames)} more names, ${whole(facet.others)} documents` }));
  return rows;
}

function histogram(facet, send) {
  const bars = facet.counts.length;
  if (!bars) return [valueRow(facet, facet.absent, facet.missing, 1, send, "without a value")];
  const most = Math.max(1, ...facet.all);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${facet.name} from ${short(facet.edges[0])} to ${short(facet.edges[bars])}`);
  const step = WIDTH / bars;
  const rectangle = (x, n, kind) => {
    const made = document.createElementNS(SVG, "rect");
    const height = n ? Math.max(1.5, Math.sqrt(n / most) * (HEIGHT - 2)) : 0;
    for (const [name, value] of Object.entries({ x: x * step + 0.4, y: HEIGHT - height, width: Math.max(step - 0.8, 0.6), height }))
      made.setAttribute(name, value);
    made.setAttribute("class", kind);
    return made;
  };
  facet.all.forEach((n, x) => svg.append(rectangle(x, n, "all")));
  facet.counts.forEach((n, x) => svg.append(rectangle(x, n, "now")));
  const brush = document.createElementNS(SVG, "rect");
  brush.setAttribute("class", "brush");
  brush.setAttribute("height", HEIGHT);
  svg.append(brush);
  const tip = element("div", { class: "tip", "aria-hidden": "true" });
  let from = null;
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars)));
  };
  const show = (a, b) => {
    brush.setAttribute("x", Math.min(a, b) * step);
    brush.setAttribute("width", (Math.abs(b - a) + 1) * step);
  };
  svg.addEventListener("pointerdown", (event) => { from = at(event); svg.setPointerCapture(event.pointerId); show(from, from); });
  svg.addEventListener("pointermove", (event) => {
    const here = at(event);
    tip.textContent = `${short(facet.edges[here])} – ${short(facet.edges[here + 1])}: ${whole(facet.counts[here])} of ${whole(facet.all[here])}`;
    if (from !== null) show(from, here);
  });
  svg.addEventListener("pointerleave", () => { tip.textContent = ""; });
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [a, b] = [from, at(event)].sort((x, y) => x - y);
    from = null;
    send({ what: "range", column: facet.name, low: a === 0 ? null : facet.edges[a], high: b === bars - 1 ? null : facet.edges[b + 1] });
  });
  const numeric = facet.kind === "number";
  const box = (which) => element("input", {
    type: numeric ? "number" : "date", step: "any", value: numeric ? facet[which] ?? "" : String(facet[which] ?? "").slice(0, 10), placeholder: which === "low" ? "from" : "to",
    "aria-label": `${facet.name} ${which === "low" ? "from" : "to"}`,
    onchange: (event) => {
      const text = event.target.value;
      const next = text === "" ? null : numeric ? Number(text) : text;
      send({ what: "range", column: facet.name, low: facet.low, high: facet.high, [which]: next });
    },
  });
  const foot = element("div", { class: "ends" }, [box("low"), element("span", { class: "tipline" }, [tip]), box("high")]);
  const total = facet.all.reduce((sum, n) => sum + n, facet.missing);
  const without = facet.missing || facet.selected.length
    ? valueRow(facet, facet.absent, facet.missing, facet.missing / Math.max(1, total), send, "without a value") : null;
  return [svg, foot, without].filter(Boolean);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".facets");
  const open = root._open ?? (root._open = {});
  const send = (event) => setTriggerValue("change", event);
  const focused = parentElement.activeElement?.getAttribute?.("aria-label");
  root.replaceChildren(...data.facets.map((facet) => {
    const active = facet.low != null || facet.high != null || (facet.selected ?? []).length > 0;
    const clear = active ? element("button", {
      class: "clear", type: "button", text: "clear", "aria-label": `clear ${facet.name}`,
      onclick: (event) => { event.preventDefault(); send({ what: "clear", column: facet.name }); },
    }) : null;
    const summary = element("summary", {}, [element("span", { text: facet.name.replaceAll("_", " "), title: facet.about }), clear]);
    const body = facet.kind === "number" || facet.kind === "date" ? histogram(facet, send) : values(facet, send);
    const made = element("details", { class: active ? "active" : "" }, [summary, ...body]);
    made.open = open[facet.name] ?? true;
    made.addEventListener("toggle", () => { open[facet.name] = made.open; });
    return made;
  }));
  if (focused) root.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}
