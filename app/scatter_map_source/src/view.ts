import { make } from "./dom";
import { Haze } from "./density";
import { type Box, outgrown, type Projection, type Sample } from "./geometry";
import { Labels } from "./labels";
import { Lasso, type Polygon } from "./lasso";
import { Legend } from "./legend";
import { densities, layers, positions, type Scene, scenes } from "./payload";
import { Plot } from "./plot";
import styles from "./style.css";
import { themeOf } from "./theme";
import { type Mode, Toolbar } from "./toolbar";
import { Tooltip, type TooltipText } from "./tooltip";

/** What component.py sends. The points themselves stay behind the addresses. */
export interface MapData {
  readonly positions: string;
  readonly layers: string;
  readonly scene: string;
  /** Empty while every document of the filter is drawn. */
  readonly density: string;
  readonly sample: Sample | null;
  /** What the density and the points stand for. */
  readonly note: string;
  readonly count: number;
  readonly height: number;
  readonly name: string;
  readonly status: string;
  readonly lassos: readonly Polygon[];
  readonly tooltip: TooltipText | null;
  readonly hover: boolean;
}

export interface Server {
  /** A point is named by its place among the points at an address: by then they may be others. */
  trigger(name: "clicked" | "hovered", value: { place: number; of: string }): void;
  trigger(name: "lassos", value: { polygons: readonly Polygon[] }): void;
  trigger(name: "view", value: { box: Box }): void;
  trigger(name: "problem", value: "webgl"): void;
}

const HINT = "Drag to move · Shift + drag to lasso";
const ADDING_HINT = "Shift + drag adds a lasso · Escape takes all off";
const WHEEL_HINT = "Click the map first, or hold Ctrl, to zoom with the wheel";
const HINT_MS = 2500;
const ECHO_MS = 4000;
/** How long the camera rests before points are asked for. */
const REST_MS = 350;

export class MapView {
  private readonly canvas = make("canvas", "");
  private readonly stage = make("div", "stage", { tabindex: "0", role: "application" });
  private readonly status = make("div", "status", { role: "status", "aria-live": "polite" });
  private readonly hint = make("div", "hint", {}, HINT);
  private readonly cover = make("div", "cover", { role: "status" });
  private readonly labels = new Labels();
  private readonly haze = new Haze();
  private readonly legend: Legend;
  private readonly lasso: Lasso;
  private readonly tooltip: Tooltip;
  private readonly toolbar: Toolbar;
  private readonly place = make("div", "place");
  private readonly root: HTMLElement;
  private readonly observer: ResizeObserver;
  private plot: Plot | null = null;
  private scene: Scene | null = null;
  private data: MapData | null = null;
  private drawn = { positions: "", layers: "", scene: "" };
  private working = false;
  private destroyed = false;
  /** What was last sent and has not come back yet; older echoes must not undo it. */
  private awaited: { polygons: string; until: number } | null = null;
  private hintTimer: number | undefined;
  private restTimer: number | undefined;
  private asked = "";

  constructor(
    parent: ParentNode,
    private server: Server,
  ) {
    this.legend = new Legend((code) => this.plot?.emphasise(code));
    this.lasso = new Lasso(this.stage, () => this.projection(), (polygon, adding) => this.add(polygon, adding));
    this.tooltip = new Tooltip(this.stage, (index) => this.data?.hover && this.point("hovered", index));
    this.toolbar = new Toolbar({
      setMode: (mode) => this.setMode(mode),
      selectView: (adding) => this.selectView(adding),
      clear: () => this.send([]),
      zoom: (steps) => this.plot?.zoomBy(steps),
      reset: () => this.plot?.fit(),
    });
    this.stage.append(this.haze.element, this.canvas, this.lasso.element, this.labels.element, this.tooltip.element, this.cover);
    const foot = make("div", "foot", {}, this.hint, this.status);
    const frame = make("div", "frame", {}, this.stage, this.toolbar.element, foot);
    this.root = make("div", "winnow-map", {}, make("style", "", {}, styles), frame, this.legend.element);
    this.place.append(this.root);
    parent.append(this.place);
    this.listen();
    this.setMode("pan");
    this.observer = new ResizeObserver(() => this.follow());
    this.observer.observe(this.stage);
  }

  update(data: MapData, server: Server): void {
    this.server = server;
    this.data = data;
    this.root.style.setProperty("--map-height", `${data.height}px`);
    this.stage.setAttribute("aria-label", `${data.name} L draws a lasso, V selects what is in view, arrows move, plus and minus zoom, 0 shows everything.`);
    this.status.textContent = data.status;
    this.tooltip.answer(data.tooltip);
    this.adopt(data.lassos);
    void this.refresh();
  }

  destroy(): void {
    this.destroyed = true;
    this.observer.disconnect();
    window.clearTimeout(this.hintTimer);
    window.clearTimeout(this.restTimer);
    this.tooltip.forget();
    this.plot?.destroy();
    this.place.remove();
  }

  /** Draws the newest data; calls that arrive meanwhile are folded into one more round. */
  private async refresh(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      for (let done: MapData | null = null; done !== this.data && !this.destroyed; ) {
        done = this.data;
        await this.apply(done as MapData);
      }
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    } finally {
      this.working = false;
    }
  }

  private async apply(data: MapData): Promise<void> {
    if (data.count === 0) return data.sample === null ? this.say("No document is placed on the map yet.") : undefined;
    const changed = data.positions !== this.drawn.positions || data.layers !== this.drawn.layers;
    if (this.drawn.positions === "") this.say(`Loading ${data.count.toLocaleString("en")} points…`);
    const [where, what, scene, density] = await Promise.all([
      positions.get(data.positions),
      layers.get(data.layers),
      scenes.get(data.scene),
      data.density === "" ? null : densities.get(data.density),
    ]);
    if (this.destroyed || !this.open()) return;
    const plot = this.plot as Plot;
    const theme = themeOf(this.root);
    plot.paint(scene.palette, theme);
    if (changed) await plot.draw(where, what, scene.extent, density !== null);
    this.haze.set(density, theme);
    if (data.positions !== this.drawn.positions) this.tooltip.forget();
    if (data.scene !== this.drawn.scene) this.setScene(scene);
    this.drawn = { positions: data.positions, layers: data.layers, scene: data.scene };
    this.legend.explain(data.note, density !== null);
    this.say("");
    this.follow();
    this.root.dataset.ready = data.layers;
  }

  private setScene(scene: Scene): void {
    this.scene = scene;
    this.legend.set(scene);
    this.labels.set(scene.labels);
  }

  private open(): boolean {
    if (this.plot !== null) return true;
    try {
      if (!Plot.isSupported()) throw new Error("no WebGL");
      this.plot = new Plot(this.canvas, {
        onView: (projection, zoom) => this.viewed(projection, zoom),
        onMove: () => this.tooltip.hover(null),
        onHover: (index) => this.tooltip.hover(this.lasso.isDrawing ? null : index),
        onClick: (index) => this.point("clicked", index),
      });
      return true;
    } catch {
      this.say("This browser has WebGL switched off, so the map cannot be drawn here.");
      this.server.trigger("problem", "webgl");
      return false;
    }
  }

  private say(words: string): void {
    this.cover.textContent = words;
    this.cover.hidden = words === "";
  }

  private projection(): Projection | null {
    return this.plot === null || this.scene === null ? null : this.plot.projection;
  }

  private viewed(projection: Projection, zoom: number): void {
    this.haze.place(projection);
    this.labels.place(projection, zoom, this.toolbar.box);
    this.lasso.redraw();
    window.clearTimeout(this.restTimer);
    if (this.data?.sample) this.restTimer = window.setTimeout(() => this.askForPoints(projection.view), REST_MS);
  }

  /** Once the camera rests where too few of the documents are drawn, the server is asked for those of this view. */
  private askForPoints(view: Box): void {
    const [sample, extent] = [this.data?.sample, this.scene?.extent];
    if (!sample || !extent || this.working || String(view) === this.asked || !outgrown(sample, view, extent)) return;
    this.asked = String(view);
    this.server.trigger("view", { box: view });
  }

  private point(what: "clicked" | "hovered", place: number): void {
    this.server.trigger(what, { place, of: this.drawn.positions });
  }

  private follow(): void {
    if (this.plot !== null && this.scene !== null) this.viewed(this.plot.projection, this.plot.zoom);
  }

  private setMode(mode: Mode): void {
    this.stage.dataset.mode = mode;
    const some = this.lasso.polygons.length > 0;
    this.toolbar.show(mode, some);
    this.hint.textContent = mode === "lasso" ? "Drag around documents to select them" : some ? ADDING_HINT : HINT;
  }

  private selectView(adding: boolean): void {
    const view = this.projection()?.view;
    if (view === undefined) return;
    const [left, bottom, right, top] = view;
    this.add([[left, top], [right, top], [right, bottom], [left, bottom]], adding);
  }

  private add(polygon: Polygon, adding: boolean): void {
    this.send(adding ? [...this.lasso.polygons, polygon] : [polygon]);
  }

  private send(polygons: readonly Polygon[]): void {
    if (polygons.length === 0 && this.lasso.polygons.length === 0) return;
    this.awaited = { polygons: JSON.stringify(polygons), until: Date.now() + ECHO_MS };
    this.lasso.show(polygons);
    this.setMode("pan");
    this.server.trigger("lassos", { polygons });
  }

  private adopt(polygons: readonly Polygon[]): void {
    const text = JSON.stringify(polygons);
    if (this.awaited !== null && text !== this.awaited.polygons && Date.now() < this.awaited.until) return;
    this.awaited = null;
    if (text === JSON.stringify(this.lasso.polygons)) return;
    this.lasso.show(polygons);
    this.setMode(this.stage.dataset.mode as Mode);
  }

  private listen(): void {
    this.stage.addEventListener("pointerdown", () => this.stage.focus({ preventScroll: true }));
    this.stage.addEventListener("dblclick", () => this.send([]));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { capture: true });
    this.stage.addEventListener("keydown", (event) => this.key(event));
  }

  /** The page keeps the wheel until the map has been clicked, so that scrolling past it never gets stuck. */
  private wheel(event: WheelEvent): void {
    const root = this.stage.getRootNode() as Document | ShadowRoot;
    if (event.ctrlKey || event.metaKey || root.activeElement === this.stage) return;
    event.stopPropagation();
    this.hint.textContent = WHEEL_HINT;
    window.clearTimeout(this.hintTimer);
    this.hintTimer = window.setTimeout(() => this.setMode(this.stage.dataset.mode as Mode), HINT_MS);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, () => void> = {
      l: () => this.setMode("lasso"),
      p: () => this.setMode("pan"),
      v: () => this.selectView(event.shiftKey),
      Escape: () => this.escape(),
      "+": () => this.plot?.zoomBy(1),
      "=": () => this.plot?.zoomBy(1),
      "-": () => this.plot?.zoomBy(-1),
      "0": () => this.plot?.fit(),
      ArrowLeft: () => this.plot?.panBy(-1, 0),
      ArrowRight: () => this.plot?.panBy(1, 0),
      ArrowUp: () => this.plot?.panBy(0, 1),
      ArrowDown: () => this.plot?.panBy(0, -1),
    };
    const move = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }

  private escape(): void {
    if (this.lasso.isDrawing) this.lasso.abandon();
    else if (this.stage.dataset.mode === "lasso") this.setMode("pan");
    else if (this.lasso.polygons.length > 0) this.send([]);
    else this.stage.blur();
  }
}
