import { make } from "./dom";
import type { Projection } from "./geometry";
import type { ClusterLabel } from "./payload";

/** Zoom, relative to the whole map, from which level 1, 2, ... takes over from the coarser one. */
const LEVEL_ZOOMS = [1.7, 4.5, 10, 22];
const GAP_PIXELS = 6;
const MOST_SHOWN = 60;
const CHARACTERS = 30;

interface Placed {
  readonly label: ClusterLabel;
  readonly element: HTMLElement;
  width: number;
  height: number;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Names over the islands: coarse names while the whole map is in view, finer ones as it grows. */
export class Labels {
  readonly element = make("div", "labels", { "aria-hidden": "true" });
  private levels: Placed[][] = [];
  private shown: Placed[] = [];

  set(labels: readonly ClusterLabel[]): void {
    this.element.replaceChildren();
    this.shown = [];
    const byLevel = new Map<number, Placed[]>();
    for (const label of labels) {
      const text = label.text.length > CHARACTERS ? `${label.text.slice(0, CHARACTERS - 1).trimEnd()}…` : label.text;
      const element = make("div", `label level-${Math.min(label.level, 1)}`, {}, text);
      const placed = { label, element, width: 0, height: 0 };
      byLevel.set(label.level, [...(byLevel.get(label.level) ?? []), placed]);
    }
    this.levels = [...byLevel.keys()]
      .sort((a, b) => a - b)
      .map((level) => (byLevel.get(level) as Placed[]).sort((a, b) => b.label.size - a.label.size));
  }

  /** `blocked` is where the tools lie, in pixels of the stage; no name goes under them. */
  place(projection: Projection, zoom: number, blocked: Box): void {
    const candidates = this.levelFor(zoom);
    const kept: Placed[] = [];
    const taken: Box[] = [blocked];
    for (const placed of candidates) {
      if (kept.length === MOST_SHOWN) break;
      const [x, y] = projection.toScreen(placed.label.x, placed.label.y);
      if (x < 0 || y < 0 || x > projection.width || y > projection.height) continue;
      this.measure(placed);
      const box = boxAround(placed, x, y, projection.width, projection.height);
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      kept.push(placed);
      placed.element.style.transform = `translate(${box.left.toFixed(1)}px, ${box.top.toFixed(1)}px)`;
    }
    for (const placed of this.shown) if (!kept.includes(placed)) placed.element.classList.remove("shown");
    for (const placed of kept) placed.element.classList.add("shown");
    this.shown = kept;
  }

  private levelFor(zoom: number): readonly Placed[] {
    if (this.levels.length === 0) return [];
    const level = LEVEL_ZOOMS.filter((from) => zoom >= from).length;
    return this.levels[Math.min(level, this.levels.length - 1)];
  }

  private measure(placed: Placed): void {
    if (placed.width > 0) return;
    if (!placed.element.isConnected) this.element.append(placed.element);
    placed.width = placed.element.offsetWidth;
    placed.height = placed.element.offsetHeight;
  }
}

function boxAround({ width, height }: Placed, x: number, y: number, right: number, bottom: number): Box {
  const left = Math.max(2, Math.min(right - width - 2, x - width / 2));
  const top = Math.max(2, Math.min(bottom - height - 2, y - height / 2));
  return { left, right: left + width, top, bottom: top + height };
}

function overlap(a: Box, b: Box): boolean {
  return (
    a.left < b.right + GAP_PIXELS &&
    b.left < a.right + GAP_PIXELS &&
    a.top < b.bottom + GAP_PIXELS &&
    b.top < a.bottom + GAP_PIXELS
  );
}
