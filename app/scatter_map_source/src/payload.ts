import type { Box } from "./geometry";

// Reads what points.py writes. Every part is a gzip stream of a 32-byte header followed by arrays.

const MAGIC = 0x50414d57; // "WMAP", little endian
const VERSION = 1;
const HEADER_BYTES = 32;
const PART_POSITIONS = 1;
const PART_LAYERS = 2;
const PART_DENSITY = 3;

export interface Positions {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

export interface Layers {
  readonly codes: Uint8Array | Uint16Array;
  /** One byte per point, 1 where the point is to stand out; absent when nothing stands out. */
  readonly highlighted: Uint8Array | null;
}

/** How many documents lie where: one level from 0 to 255 per cell, row by row from the bottom of the box. */
export interface Density {
  readonly box: Box;
  readonly side: number;
  readonly levels: Uint8Array;
}

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly count: number;
}

export interface ClusterLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly level: number;
  readonly size: number;
}

export interface Scene {
  /** Where all documents lie, also those that are not drawn. */
  readonly extent: Box;
  readonly kind: "category" | "number";
  readonly title: string;
  readonly palette: readonly string[];
  readonly legend: readonly LegendEntry[];
  /** Words at the low, the middle and the high end of a number legend. */
  readonly ticks: readonly string[];
  readonly labels: readonly ClusterLabel[];
}

/** Media addresses are relative to the server's base path, which the module's own address tells. */
function absolute(url: string): string {
  const marker = import.meta.url.indexOf("/_stcore/");
  const base = marker >= 0 ? import.meta.url.slice(0, marker) : window.location.origin;
  return base + url;
}

async function fetchOnce(url: string): Promise<Response> {
  // Between two runs of the page the server may drop and re-add a file, so one miss is tried again.
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(absolute(url));
    if (response.ok) return response;
    if (attempt === 2) throw new Error(`The points could not be fetched (${response.status}).`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function fetchPart(url: string, part: number): Promise<{ view: DataView; n: number; buffer: ArrayBuffer }> {
  const response = await fetchOnce(url);
  if (!response.body) throw new Error("The points arrived empty.");
  const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(plain).arrayBuffer();
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC || view.getUint8(4) !== VERSION || view.getUint8(5) !== part) {
    throw new Error("The points are of another version of the map; reload the page.");
  }
  return { view, n: view.getUint32(8, true), buffer };
}

async function fetchPositions(url: string): Promise<Positions> {
  const { n, buffer } = await fetchPart(url, PART_POSITIONS);
  return {
    x: new Float32Array(buffer, HEADER_BYTES, n),
    y: new Float32Array(buffer, HEADER_BYTES + 4 * n, n),
  };
}

async function fetchLayers(url: string): Promise<Layers> {
  const { view, n, buffer } = await fetchPart(url, PART_LAYERS);
  const codeBytes = view.getUint8(6);
  const codes =
    codeBytes === 2 ? new Uint16Array(buffer, HEADER_BYTES, n) : new Uint8Array(buffer, HEADER_BYTES, n);
  if (view.getUint8(7) === 0) return { codes, highlighted: null };
  const bits = new Uint8Array(buffer, HEADER_BYTES + codeBytes * n);
  const highlighted = new Uint8Array(n);
  for (let i = 0; i < n; i++) highlighted[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return { codes, highlighted };
}

async function fetchDensity(url: string): Promise<Density> {
  const { n: side, buffer } = await fetchPart(url, PART_DENSITY);
  const [left, bottom, right, top] = new Float32Array(buffer, HEADER_BYTES, 4);
  return { box: [left, bottom, right, top], side, levels: new Uint8Array(buffer, HEADER_BYTES + 16, side * side) };
}

/** Keeps the last few answers, so that coming back to the page or taking a filter away fetches nothing. */
class Recent<T> {
  private readonly kept = new Map<string, Promise<T>>();

  constructor(
    private readonly load: (url: string) => Promise<T>,
    private readonly capacity: number,
  ) {}

  get(url: string): Promise<T> {
    const found = this.kept.get(url) ?? this.load(url);
    this.kept.delete(url);
    this.kept.set(url, found);
    found.catch(() => this.kept.delete(url));
    while (this.kept.size > this.capacity) this.kept.delete(this.kept.keys().next().value as string);
    return found;
  }
}

export const positions = new Recent(fetchPositions, 2);
export const layers = new Recent(fetchLayers, 4);
export const densities = new Recent(fetchDensity, 8);
export const scenes = new Recent(async (url: string): Promise<Scene> => (await fetchOnce(url)).json(), 8);
