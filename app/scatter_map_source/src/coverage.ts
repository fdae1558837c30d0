import type { Frame } from "./geometry";
import type { Positions } from "./payload";

const CELLS = 256;
const SIDE = CELLS + 1;

/**
 * Counts points, and the cells they occupy, in any rectangle in constant time (summed-area tables).
 * The opacity follows the zoom through it without a search over the points.
 */
export class Coverage {
  private readonly points = new Float64Array(SIDE * SIDE);
  private readonly occupied = new Float64Array(SIDE * SIDE);

  constructor({ x, y }: Positions, frame: Frame, mask: Uint8Array | null) {
    const counts = new Uint32Array(CELLS * CELLS);
    const cell = (value: number, center: number): number =>
      Math.min(CELLS - 1, Math.max(0, Math.floor(((value - center) / frame.scale + 1) * (CELLS / 2))));
    for (let i = 0; i < x.length; i++) {
      if (mask === null || mask[i] === 1) counts[cell(y[i], frame.centerY) * CELLS + cell(x[i], frame.centerX)]++;
    }
    for (let row = 0; row < CELLS; row++) {
      for (let column = 0; column < CELLS; column++) {
        const count = counts[row * CELLS + column];
        const at = (row + 1) * SIDE + column + 1;
        for (const [table, value] of [[this.points, count], [this.occupied, Number(count > 0)]] as const) {
          table[at] = value + table[at - 1] + table[at - SIDE] - table[at - SIDE - 1];
        }
      }
    }
  }

  /** Points per occupied unit of area inside a rectangle of the square [-1, 1]². */
  perArea(left: number, bottom: number, right: number, top: number): number {
    const edge = (unit: number): number => Math.min(CELLS, Math.max(0, Math.round((unit + 1) * (CELLS / 2))));
    const [x0, y0, x1, y1] = [edge(left), edge(bottom), edge(right), edge(top)];
    const sum = (table: Float64Array): number =>
      table[y1 * SIDE + x1] - table[y0 * SIDE + x1] - table[y1 * SIDE + x0] + table[y0 * SIDE + x0];
    const cells = sum(this.occupied);
    return cells === 0 ? 0 : sum(this.points) / (cells * (2 / CELLS) ** 2);
  }
}
