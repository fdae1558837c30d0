import KDBush from "kdbush";
import createScatterplot from "regl-scatterplot";

import { Coverage } from "./coverage";
import { type Box, type Frame, frameOf, type Point, Projection } from "./geometry";
import type { Layers, Positions } from "./payload";
import { mix, type Rgba, rgba, type Theme } from "./theme";

const INDEX_NODE = 64;
const INDEX_HEADER_BYTES = 8;
/** How many times over the points of a view should cover the area they occupy; 1 just fills it. */
const COVER = 2.6;
/** The same over a haze, which is to shine through. */
const COVER_OVER_HAZE = 1.6;
const FADED_OPACITY = 0.35;
/** What steps back keeps a little of its colour on the way to a grey near the background. */
const GREY_SHARE = 0.72;
const MUTED_SHARE = 0.8;
const ROOM_AROUND = 1.08;
const ZOOM_STEP = 1.5;
const PAN_STEP_PIXELS = 80;
/** Points grow with the fourth root of the zoom, up to this size. */
const LARGEST_POINT = 10;
const HIGHLIGHT_GROWTH = 1.2;

export interface PlotListener {
  onView(projection: Projection, zoom: number): void;
  onMove(): void;
  onHover(index: number | null): void;
  onClick(index: number): void;
}

type Look = Parameters<ReturnType<typeof createScatterplot>["set"]>[0] & object;
type Row = [number, number, number, number];

/** Draws the points through regl-scatterplot and keeps the camera, the colours and the opacity. */
export class Plot {
  private readonly plot: ReturnType<typeof createScatterplot>;
  private frame: Frame = { centerX: 0, centerY: 0, scale: 1, halfWidth: 1, halfHeight: 1 };
  private extent: Box | null = null;
  private positions: Positions | null = null;
  private index: ArrayBuffer | null = null;
  /** Draw order: place on the canvas's list → row of the data; null while they are the same. */
  private order: Uint32Array | null = null;
  private coverage: Coverage | null = null;
  private highlightCoverage: Coverage | null = null;
  private cover = COVER;
  private pointSize = 4;
  private highlightSize = 4;
  private fitDistance = 1;
  private palette: Rgba[] = [];
  private emphasised: number | null = null;
  private theme: Theme | null = null;
  private readonly looks = new Map<string, string>();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly listener: PlotListener,
  ) {
    this.plot = createScatterplot({
      canvas,
      colorBy: "valueA",
      opacityBy: "valueB",
      sizeBy: "valueB",
      opacity: [1, 1],
      pointScaleMode: "constant",
      pointOutlineWidth: 2,
      pointSizeSelected: 3,
      lassoOnLongPress: false,
    } as Parameters<typeof createScatterplot>[0]);
    const camera = this.plot.get("camera");
    camera.config({ isRotate: false });
    camera.setScaleBounds([0.2, 2000]);
    this.plot.subscribe("view", () => this.viewChanged());
    this.plot.subscribe("draw", () => this.announceView());
    this.plot.subscribe("pointOver", (place) => listener.onHover(this.row(place)));
    this.plot.subscribe("pointOut", () => listener.onHover(null));
    this.plot.subscribe("select", ({ points }) => {
      if (points.length === 1) listener.onClick(this.row(points[0]));
    });
  }

  static isSupported(): boolean {
    const context = document.createElement("canvas").getContext("webgl");
    return context !== null && context.getExtension("OES_texture_float") !== null;
  }

  get supported(): boolean {
    return this.plot.isSupported;
  }

  async draw(positions: Positions, layers: Layers, extent: Box, hazy: boolean): Promise<void> {
    const framed = String(extent) !== String(this.extent);
    if (framed) {
      this.extent = extent;
      this.frame = frameOf(extent);
    }
    if (framed || positions !== this.positions) {
      this.index = spatialIndex(positions, this.frame);
      this.coverage = new Coverage(positions, this.frame, null);
      this.pointSize = sizeFor(positions.x.length);
    }
    this.positions = positions;
    this.cover = hazy ? COVER_OVER_HAZE : COVER;
    const { highlighted } = layers;
    this.highlightCoverage = highlighted === null ? null : new Coverage(positions, this.frame, highlighted);
    this.highlightSize = highlighted === null ? 0 : sizeFor(highlighted.reduce((sum, bit) => sum + bit, 0));
    this.order = highlighted === null ? null : highlightedLast(highlighted);
    this.plot.deselect({ preventEvent: true });
    // Camera and style first: with a million points every frame counts, and the first one should be the right one.
    if (framed) this.fit();
    this.updateStyle();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await this.plot.draw(this.rows(positions, layers), {
      zDataType: "categorical",
      wDataType: "categorical",
      spatialIndex: reindexed(this.index as ArrayBuffer, this.order),
    });
  }

  paint(palette: readonly string[], theme: Theme): void {
    this.palette = palette.map((color) => rgba(color));
    this.theme = theme;
    this.applyColors();
  }

  /** Mutes every colour but one; null brings all of them back. */
  emphasise(code: number | null): void {
    this.emphasised = code;
    this.applyColors();
  }

  get projection(): Projection {
    const { width, height } = this.canvas.getBoundingClientRect();
    return new Projection(this.frame, this.plot.get("camera").view, width, height);
  }

  get zoom(): number {
    return this.plot.get("camera").scaling[0] * this.fitDistance;
  }

  fit(): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const { halfWidth, halfHeight } = this.frame;
    this.fitDistance = Math.max(halfHeight, (halfWidth * height) / Math.max(1, width), 1e-6) * ROOM_AROUND;
    this.plot.get("camera").lookAt([0, 0], this.fitDistance);
    this.moved();
  }

  zoomBy(steps: number): void {
    this.plot.get("camera").scale(ZOOM_STEP ** steps);
    this.moved();
  }

  panBy(stepsX: number, stepsY: number): void {
    const { height } = this.canvas.getBoundingClientRect();
    const unit = (2 * PAN_STEP_PIXELS) / Math.max(1, height);
    this.plot.get("camera").translate([-stepsX * unit, -stepsY * unit]);
    this.moved();
  }

  destroy(): void {
    this.plot.destroy();
  }

  /** The library draws a whole new frame for every `set`, so only real changes go through. */
  private set(look: Look): void {
    for (const [name, value] of Object.entries(look)) {
      const text = JSON.stringify(value);
      if (this.looks.get(name) === text) continue;
      this.looks.set(name, text);
      this.plot.set({ [name]: value });
    }
  }

  private row(place: number): number {
    return this.order === null ? place : this.order[place];
  }

  private rows({ x, y }: Positions, { codes, highlighted }: Layers): Row[] {
    const { centerX, centerY, scale } = this.frame;
    const rows: Row[] = new Array(x.length);
    for (let place = 0; place < x.length; place++) {
      const i = this.row(place);
      const bright = highlighted === null ? 0 : highlighted[i];
      // The second half of the colour list holds the muted twins, for the points that step back.
      const color = highlighted !== null && bright === 0 ? codes[i] + this.palette.length : codes[i];
      rows[place] = [(x[i] - centerX) / scale, (y[i] - centerY) / scale, color, bright];
    }
    return rows;
  }

  private applyColors(): void {
    if (this.theme === null || this.palette.length === 0) return;
    const { background, text } = this.theme;
    const grey = mix(text, background, GREY_SHARE);
    const muted = this.palette.map((color) => mix(color, grey, MUTED_SHARE));
    const shown = this.palette.map((color, code) =>
      this.emphasised === null || this.emphasised === code ? color : muted[code],
    );
    this.set({
      backgroundColor: background,
      pointColor: [...shown, ...muted],
      pointColorActive: text,
      pointColorHover: text,
    });
  }

  /** The camera was moved by code: the library only notices moves of the mouse by itself. */
  private moved(): void {
    this.plot.redraw();
    this.viewChanged();
  }

  private viewChanged(): void {
    this.listener.onMove();
    this.updateStyle();
    this.announceView();
  }

  private announceView(): void {
    this.listener.onView(this.projection, this.zoom);
  }

  private updateStyle(): void {
    if (this.coverage === null) return;
    // In quarters of a pixel, so that a small move of the camera changes no texture.
    const grown = Math.max(1, this.zoom) ** 0.25;
    const size = Math.round(Math.min(Math.max(LARGEST_POINT, this.pointSize), this.pointSize * grown) * 4) / 4;
    // A few hits among many points are found only when they are larger.
    const bright = Math.max(size * HIGHLIGHT_GROWTH, this.highlightSize);
    const plain = this.opacityFor(this.coverage, size);
    const opacity =
      this.highlightCoverage === null
        ? [plain, plain]
        : [plain * FADED_OPACITY, Math.max(plain, this.opacityFor(this.highlightCoverage, bright))];
    this.set({ pointSize: [size, bright], opacity });
  }

  /** Opacity at which the points of this view cover their islands so many times over. */
  private opacityFor(coverage: Coverage, size: number): number {
    const projection = this.projection;
    const { frame, width, height, pixelsPerUnit } = projection;
    const unit = ([x, y]: Point): Point => [(x - frame.centerX) / frame.scale, (y - frame.centerY) / frame.scale];
    const [left, top] = unit(projection.toData(0, 0));
    const [right, bottom] = unit(projection.toData(width, height));
    const perPixel = coverage.perArea(left, bottom, right, top) / pixelsPerUnit ** 2;
    const covered = perPixel * Math.PI * (size / 2) ** 2;
    return Math.min(0.95, Math.max(0.03, Math.round((100 * this.cover) / Math.max(1e-9, covered)) / 100));
  }
}

function sizeFor(n: number): number {
  return Math.min(8, Math.max(2, 12.2 - 1.67 * Math.log10(Math.max(1, n))));
}

function spatialIndex({ x, y }: Positions, { centerX, centerY, scale }: Frame): ArrayBuffer {
  const index = new KDBush(x.length, INDEX_NODE, Float32Array);
  for (let i = 0; i < x.length; i++) index.add((x[i] - centerX) / scale, (y[i] - centerY) / scale);
  index.finish();
  return index.data as ArrayBuffer;
}

/** The same tree over another draw order: only the numbers of the points change. */
function reindexed(index: ArrayBuffer, order: Uint32Array | null): ArrayBuffer {
  if (order === null) return index;
  const place = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) place[order[i]] = i;
  const copy = index.slice(0);
  const Ids = order.length < 65536 ? Uint16Array : Uint32Array;
  const ids = new Ids(copy, INDEX_HEADER_BYTES, order.length);
  for (let i = 0; i < ids.length; i++) ids[i] = place[ids[i]];
  return copy;
}

function highlightedLast(highlighted: Uint8Array): Uint32Array {
  const order = new Uint32Array(highlighted.length);
  let next = 0;
  for (const wanted of [0, 1]) {
    for (let i = 0; i < highlighted.length; i++) if (highlighted[i] === wanted) order[next++] = i;
  }
  return order;
}
