import { make } from "./dom";
import type { Scene } from "./payload";

/** What the colours mean, with counts beside the names; a row can be held to see only its colour. */
export class Legend {
  readonly element = make("aside", "legend", { "aria-label": "Legend" });
  private readonly note = make("div", "legend-note", {});
  private held: number | null = null;

  constructor(private readonly emphasise: (code: number | null) => void) {}

  set(scene: Scene): void {
    this.held = null;
    this.element.replaceChildren();
    if (scene.title) this.element.append(make("div", "legend-title", {}, scene.title));
    if (scene.kind === "number") this.element.append(...ramp(scene));
    const rows = scene.legend.map((entry, code) => this.row(entry.name, entry.color, entry.count, code, scene));
    const list = make("ul", "legend-rows", {}, ...rows);
    this.element.append(list, this.note);
  }

  /** Says what the points stand for, when they are not all. */
  explain(words: string, hazy: boolean): void {
    this.note.replaceChildren(...(hazy ? [make("span", "swatch haze-ramp")] : []), make("span", "", {}, words));
    this.note.hidden = words === "";
  }

  private row(name: string, color: string, count: number, code: number, scene: Scene): HTMLLIElement {
    const swatch = make("span", "swatch");
    swatch.style.background = color;
    const parts = [swatch, make("span", "legend-name", {}, name), make("span", "legend-count", {}, count.toLocaleString("en"))];
    if (scene.kind === "number") return make("li", "legend-still", { title: name }, ...parts);
    const title = `${name}: ${count.toLocaleString("en")} documents. Press to show only this colour.`;
    const button = make("button", "legend-row", { type: "button", "aria-pressed": "false", title }, ...parts);
    button.addEventListener("click", () => this.hold(this.held === code ? null : code));
    button.addEventListener("mouseenter", () => this.held === null && this.emphasise(code));
    button.addEventListener("mouseleave", () => this.held === null && this.emphasise(null));
    return make("li", "", {}, button);
  }

  private hold(code: number | null): void {
    this.held = code;
    this.element.querySelectorAll("button").forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === code));
    });
    this.emphasise(code);
  }
}

function ramp({ palette, ticks, legend }: Scene): HTMLElement[] {
  const bar = make("div", "ramp", { role: "img", "aria-label": `Colours from ${ticks[0]} to ${ticks[ticks.length - 1]}` });
  const colors = palette.slice(0, palette.length - legend.length);
  bar.style.background = `linear-gradient(to right, ${colors.join(", ")})`;
  return [bar, make("div", "ticks", {}, ...ticks.map((tick) => make("span", "", {}, tick)))];
}
