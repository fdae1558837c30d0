import type { Positions } from "./payload";

export type Point = readonly [number, number];

/** Where the data lie and how they are brought into the square [-1, 1]² with equal axes. */
export interface Frame {
  readonly centerX: number;
  readonly centerY: number;
  readonly scale: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

export function frameOf({ x, y }: Positions): Frame {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    if (x[i] < left) left = x[i];
    if (x[i] > right) right = x[i];
    if (y[i] < bottom) bottom = y[i];
    if (y[i] > top) top = y[i];
  }
  if (left > right) [left, right, bottom, top] = [-1, 1, -1, 1];
  const scale = Math.max(right - left, top - bottom) / 2 || 1;
  return {
    centerX: (left + right) / 2,
    centerY: (bottom + top) / 2,
    scale,
    halfWidth: (right - left) / 2 / scale,
    halfHeight: (top - bottom) / 2 / scale,
  };
}

/** Turns places of the data into pixels of the canvas and back, for one camera view (no rotation). */
export class Projection {
  constructor(
    readonly frame: Frame,
    private readonly view: ArrayLike<number>,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Pixels per unit of the square [-1, 1]². */
  get pixelsPerUnit(): number {
    return (this.view[0] * this.height) / 2;
  }

  toScreen(x: number, y: number): Point {
    const { frame, view, width, height } = this;
    const unitX = (x - frame.centerX) / frame.scale;
    const unitY = (y - frame.centerY) / frame.scale;
    return [
      width / 2 + ((view[0] * unitX + view[12]) * height) / 2,
      height / 2 - ((view[5] * unitY + view[13]) * height) / 2,
    ];
  }

  toData(screenX: number, screenY: number): Point {
    const { frame, view, width, height } = this;
    const unitX = (((screenX - width / 2) * 2) / height - view[12]) / view[0];
    const unitY = (((height / 2 - screenY) * 2) / height - view[13]) / view[5];
    return [frame.centerX + unitX * frame.scale, frame.centerY + unitY * frame.scale];
  }
}

function distanceToSegment(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/** Ramer-Douglas-Peucker: fewer corners make a shorter predicate on the server. */
export function simplify(line: readonly Point[], tolerance: number): Point[] {
  if (line.length < 3) return [...line];
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const stack: [number, number][] = [[0, line.length - 1]];
  while (stack.length > 0) {
    const [first, last] = stack.pop() as [number, number];
    let [farthest, at] = [0, -1];
    for (let i = first + 1; i < last; i++) {
      const distance = distanceToSegment(line[i], line[first], line[last]);
      if (distance > farthest) [farthest, at] = [distance, i];
    }
    if (farthest > tolerance) {
      keep[at] = 1;
      stack.push([first, at], [at, last]);
    }
  }
  return line.filter((_, i) => keep[i] === 1);
}
