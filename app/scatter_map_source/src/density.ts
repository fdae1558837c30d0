import { make } from "./dom";
import type { Projection } from "./geometry";
import type { Density } from "./payload";
import type { Theme } from "./theme";

/** A haze under the points, darker where more documents lie; the browser stretches it with the map. */
export class Haze {
  readonly element = make("canvas", "haze", { "aria-hidden": "true" });
  private density: Density | null = null;

  constructor() {
    this.element.hidden = true;
  }

  set(density: Density | null, { text }: Theme): void {
    this.density = density;
    this.element.hidden = density === null;
    if (density === null) return;
    const { side, levels } = density;
    const picture = new ImageData(side, side);
    const [red, green, blue] = text.map((part) => Math.round(part * 255));
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        // Pictures begin at the top, cells at the bottom.
        const level = levels[(side - 1 - row) * side + column];
        picture.data.set([red, green, blue, level], 4 * (row * side + column));
      }
    }
    this.element.width = this.element.height = side;
    this.element.getContext("2d")?.putImageData(picture, 0, 0);
  }

  /** Follows the camera. */
  place(projection: Projection): void {
    if (this.density === null) return;
    const { box, side } = this.density;
    const [left, bottom] = projection.toScreen(box[0], box[1]);
    const [right, top] = projection.toScreen(box[2], box[3]);
    const [x, y] = [(right - left) / side, (bottom - top) / side];
    this.element.style.transform = `translate(${left}px, ${top}px) scale(${x}, ${y})`;
  }
}
