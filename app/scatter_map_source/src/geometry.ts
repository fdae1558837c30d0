export type Point = readonly [number, number];

/** Left, bottom, right and top, in data coordinates. */
export type Box = readonly [number, number, number, number];

/** Which part of the map the points were taken from, and whether they are all of its documents. */
export interface Sample {
  readonly box: Box;
  readonly complete: boolean;
}

/** A sample is too coarse for a view that is a smaller part of its box than this. */
const SMALLEST_PART = 0.25;

/** Where the data lie and how they are brought into the square [-1, 1]² with equal axes. */
export interface Frame {
  readonly centerX: number;
  readonly centerY: number;
  readonly scale: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

export function frameOf([left, bottom, right, top]: Box): Frame {
  const scale = Math.max(right - left, top - bottom) / 2 || 1;
  return {
    centerX: (left + right) / 2,
    centerY: (bottom + top) / 2,
    scale,
    halfWidth: (right - left) / 2 / scale,
    halfHeight: (top - bottom) / 2 / scale,
  };
}

/** Whether a view shows places outside the box that was sampled, or so little of it that more could be drawn. */
export function outgrown({ box, complete }: Sample, view: Box, extent: Box): boolean {
  const [left, bottom, right, top] = shared(view, extent);
  if (left >= right || bottom >= top) return false;
  if (left < box[0] || bottom < box[1] || right > box[2] || top > box[3]) return true;
  return !complete && (right - left) * (top - bottom) < SMALLEST_PART * (box[2] - box[0]) * (box[3] - box[1]);
}

function shared(a: Box, b: Box): Box {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}

/** Turns places of the data into pixels of the canvas and back, for one camera view (no rotation). */
export class Projection {
  constructor(
    readonly frame: Frame,
    private readonly camera: ArrayLike<number>,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Pixels per unit of the square [-1, 1]². */
  get pixelsPerUnit(): number {
    return (this.camera[0] * this.height) / 2;
  }

  /** What the canvas shows, in data coordinates. */
  get view(): Box {
    const [left, bottom] = this.toData(0, this.height);
    const [right, top] = this.toData(this.width, 0);
    return [left, bottom, right, top];
  }

  toScreen(x: number, y: number): Point {
    const { frame, camera, width, height } = this;
    const unitX = (x - frame.centerX) / frame.scale;
    const unitY = (y - frame.centerY) / frame.scale;
    return [
      width / 2 + ((camera[0] * unitX + camera[12]) * height) / 2,
      height / 2 - ((camera[5] * unitY + camera[13]) * height) / 2,
    ];
  }

  toData(screenX: number, screenY: number): Point {
    const { frame, camera, width, height } = this;
    const unitX = (((screenX - width / 2) * 2) / height - camera[12]) / camera[0];
    const unitY = (((height / 2 - screenY) * 2) / height - camera[13]) / camera[5];
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
