import { make } from "./dom";

export interface TooltipText {
  readonly index: number;
  readonly title: string;
  readonly text: string;
}

const WAIT_MS = 140;
const KEPT = 300;
const OFFSET_PIXELS = 14;

/** Shows one document's words beside the pointer; the words are asked of the server once per point. */
export class Tooltip {
  readonly element = make("div", "tooltip", { role: "tooltip" });
  private readonly known = new Map<number, TooltipText>();
  private hovered: number | null = null;
  private timer: number | undefined;
  private place: readonly [number, number] = [0, 0];

  constructor(
    private readonly stage: HTMLElement,
    private readonly ask: (index: number) => void,
  ) {
    this.element.hidden = true;
    stage.addEventListener("pointermove", (event) => {
      const box = stage.getBoundingClientRect();
      this.place = [event.clientX - box.left, event.clientY - box.top];
    });
  }

  get point(): number | null {
    return this.hovered;
  }

  forget(): void {
    this.known.clear();
    this.hover(null);
  }

  hover(index: number | null): void {
    if (index === this.hovered) return;
    this.hovered = index;
    window.clearTimeout(this.timer);
    this.show();
    if (index !== null && !this.known.has(index)) this.timer = window.setTimeout(() => this.ask(index), WAIT_MS);
  }

  answer(text: TooltipText | null): void {
    if (text === null) return;
    this.known.set(text.index, text);
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value as number);
    this.show();
  }

  private show(): void {
    const text = this.hovered === null ? undefined : this.known.get(this.hovered);
    this.element.hidden = text === undefined || (text.title === "" && text.text === "");
    if (text === undefined || this.element.hidden) return;
    this.element.replaceChildren();
    if (text.title) this.element.append(make("strong", "", {}, text.title));
    if (text.text) this.element.append(make("p", "", {}, text.text));
    const { width, height } = this.stage.getBoundingClientRect();
    const [x, y] = this.place;
    const left = x + OFFSET_PIXELS + this.element.offsetWidth > width ? x - OFFSET_PIXELS - this.element.offsetWidth : x + OFFSET_PIXELS;
    const top = Math.min(y + OFFSET_PIXELS, height - this.element.offsetHeight - 4);
    this.element.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }
}
