import { makeSvg } from "./dom";
import { type Point, type Projection, simplify } from "./geometry";

export type Polygon = readonly Point[];

const STEP_PIXELS = 3;
const TOLERANCE_PIXELS = 1;
const SMALLEST_PIXELS = 6;
const MOST_CORNERS = 400;

/**
 * The lassos: drawn in pixels, kept as polygons in data coordinates.
 * It covers the canvas and takes the pointer only while it is armed, or while Shift is held.
 */
export class Lasso {
  readonly element = makeSvg("svg", { class: "lasso", "aria-hidden": "true" }) as SVGSVGElement;
  private readonly outline = makeSvg("path", { class: "lasso-outline" });
  private readonly trace = makeSvg("path", { class: "lasso-trace" });
  private drawing: Point[] | null = null;
  private pointer = -1;
  private kept: readonly Polygon[] = [];

  constructor(
    private readonly stage: HTMLElement,
    /** Where the data lie on the screen; null before the first drawing. */
    private readonly project: () => Projection | null,
    /** Shift, also held at the end of a drag, adds the polygon to those before it. */
    private readonly finished: (polygon: Polygon, adding: boolean) => void,
  ) {
    this.element.append(this.outline, this.trace);
    // Capture comes before the canvas, so a drag that draws a lasso never pans the map as well.
    stage.addEventListener("pointerdown", (event) => this.start(event), { capture: true });
    stage.addEventListener("pointermove", (event) => this.extend(event), { capture: true });
    stage.addEventListener("pointerup", (event) => this.end(event), { capture: true });
    stage.addEventListener("pointercancel", () => this.abandon(), { capture: true });
    for (const name of ["mousedown", "mousemove", "click"] as const) {
      stage.addEventListener(name, (event) => this.swallow(event), { capture: true });
    }
  }

  get armed(): boolean {
    return this.stage.dataset.mode === "lasso";
  }

  get polygons(): readonly Polygon[] {
    return this.kept;
  }

  get isDrawing(): boolean {
    return this.drawing !== null;
  }

  show(polygons: readonly Polygon[]): void {
    this.kept = polygons;
    this.redraw();
  }

  /** Follows the camera. */
  redraw(): void {
    const projection = this.project();
    const shown = projection === null ? [] : this.kept;
    const paths = shown.map((polygon) => path(polygon.map(([x, y]) => (projection as Projection).toScreen(x, y)), true));
    this.outline.setAttribute("d", paths.join(""));
  }

  abandon(): void {
    this.drawing = null;
    this.trace.setAttribute("d", "");
  }

  private wanted(event: MouseEvent): boolean {
    return event.button === 0 && (this.armed || event.shiftKey) && this.onStage(event);
  }

  private onStage(event: Event): boolean {
    return event.target instanceof Element && event.target.closest("canvas, .lasso") !== null;
  }

  private at(event: PointerEvent): Point {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private start(event: PointerEvent): void {
    if (!this.wanted(event)) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.drawing = [this.at(event)];
  }

  private extend(event: PointerEvent): void {
    if (this.drawing === null || event.pointerId !== this.pointer) return;
    const here = this.at(event);
    const last = this.drawing[this.drawing.length - 1];
    if (Math.hypot(here[0] - last[0], here[1] - last[1]) < STEP_PIXELS) return;
    this.drawing.push(here);
    this.trace.setAttribute("d", path(this.drawing, this.drawing.length > 2));
  }

  private end(event: PointerEvent): void {
    if (this.drawing === null || event.pointerId !== this.pointer) return;
    const drawn = this.drawing;
    this.abandon();
    const xs = drawn.map(([x]) => x);
    const ys = drawn.map(([, y]) => y);
    const reach = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    if (drawn.length < 3 || reach < SMALLEST_PIXELS) return;
    let tolerance = TOLERANCE_PIXELS;
    let corners = simplify(drawn, tolerance);
    while (corners.length > MOST_CORNERS) corners = simplify(drawn, (tolerance *= 1.5));
    if (corners.length < 3) return;
    const projection = this.project();
    if (projection !== null) this.finished(corners.map(([x, y]) => projection.toData(x, y)), event.shiftKey);
  }

  /** Keeps the plot from panning, hovering (which draws a whole frame) or clicking under the lasso. */
  private swallow(event: MouseEvent): void {
    if (event.type === "mousemove" ? this.isDrawing : this.wanted(event)) event.stopPropagation();
  }
}

function path(points: readonly Point[], closed: boolean): string {
  if (points.length === 0) return "";
  const steps = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
  return `M${steps.join("L")}${closed ? "Z" : ""}`;
}
