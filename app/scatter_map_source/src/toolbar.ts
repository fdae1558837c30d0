import { make, makeSvg } from "./dom";
import type { Box } from "./labels";

export type Mode = "pan" | "lasso";

export interface Actions {
  setMode(mode: Mode): void;
  /** Shift adds to what was selected before. */
  selectView(adding: boolean): void;
  clear(): void;
  zoom(steps: number): void;
  reset(): void;
}

/** Strokes on a 24 × 24 grid. */
const ICONS = {
  pan: "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3",
  lasso: "M9.5 15.6C5.6 15 3 12.7 3 10c0-3.3 4-6 9-6s9 2.7 9 6-4 6-9 6c-.5 0-1 0-1.5-.1M8 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 18.5c0 1.5-1 2.5-3 2.5",
  view: "M4 9V5h4M20 9V5h-4M4 15v4h4M20 15v4h-4M9 12h6",
  clear: "M6 6l12 12M18 6L6 18",
  closer: "M12 6v12M6 12h12",
  farther: "M6 12h12",
  reset: "M4 11l8-7 8 7M6 10v9h12v-9",
} as const;

type Icon = keyof typeof ICONS;

function button(icon: Icon, label: string, press: (adding: boolean) => void): HTMLButtonElement {
  const picture = makeSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, makeSvg("path", { d: ICONS[icon] }));
  const element = make("button", "tool", { type: "button", "aria-label": label, title: label }, picture);
  element.addEventListener("click", (event) => press(event.shiftKey));
  return element;
}

export class Toolbar {
  readonly element = make("div", "toolbar", { role: "toolbar", "aria-label": "Map tools" });
  private readonly pan: HTMLButtonElement;
  private readonly lasso: HTMLButtonElement;
  private readonly clear: HTMLButtonElement;

  constructor(actions: Actions) {
    this.pan = button("pan", "Move the map (P)", () => actions.setMode("pan"));
    this.lasso = button("lasso", "Draw a lasso (L); Shift + drag adds one", () => actions.setMode("lasso"));
    this.clear = button("clear", "Take the lassos off (Escape, or double click)", () => actions.clear());
    const group = (...tools: HTMLElement[]): HTMLElement => make("div", "tools", {}, ...tools);
    this.element.append(
      group(this.pan, this.lasso),
      group(button("view", "Select what is in view (V); Shift adds it", (adding) => actions.selectView(adding)), this.clear),
      group(
        button("closer", "Zoom in (+)", () => actions.zoom(1)),
        button("farther", "Zoom out (-)", () => actions.zoom(-1)),
        button("reset", "Show the whole map (0)", () => actions.reset()),
      ),
    );
  }

  /** Where the tools lie within the frame, in pixels. */
  get box(): Box {
    const { offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height } = this.element;
    return { left, right: left + width, top, bottom: top + height };
  }

  show(mode: Mode, hasLasso: boolean): void {
    this.pan.setAttribute("aria-pressed", String(mode === "pan"));
    this.lasso.setAttribute("aria-pressed", String(mode === "lasso"));
    this.clear.disabled = !hasLasso;
  }
}
