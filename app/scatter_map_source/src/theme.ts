export type Rgba = [number, number, number, number];

export interface Theme {
  readonly background: Rgba;
  readonly text: Rgba;
  readonly dark: boolean;
}

/** Any CSS colour as numbers in [0, 1]; the browser does the parsing. */
export function rgba(color: string): Rgba {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!context) return [0.5, 0.5, 0.5, 1];
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return [r / 255, g / 255, b / 255, a / 255];
}

export function mix(from: Rgba, to: Rgba, share: number): Rgba {
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2), 1];
}

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const read = (name: string, otherwise: string): Rgba => rgba(style.getPropertyValue(name).trim() || otherwise);
  const background = read("--st-background-color", "#ffffff");
  const luminance = 0.2126 * background[0] + 0.7152 * background[1] + 0.0722 * background[2];
  return { background, text: read("--st-text-color", "#31333f"), dark: luminance < 0.5 };
}
