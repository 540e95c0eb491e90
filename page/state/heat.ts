/** Pixels of the drawn map for each cell of the grid, in both directions. */
export const pixelsPerCell = 16;

/**
 * Cividis: from dark blue to yellow, brighter all the way, the same for colour-blind people (Nuñez, Anderton, Renslow:
 * Optimizing colormaps with consideration for color vision deficiency, PLOS ONE 2018). Red, green, blue at even steps.
 */
export const colours: readonly (readonly [number, number, number])[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];

function colourOf(value: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, value)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(at));
  const [from, to] = [colours[low]!, colours[low + 1]!];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

/** A value between the centres of four cells; beyond the outer centres it is that of the nearest. */
function between(values: ArrayLike<number>, columns: number, rows: number, x: number, y: number): number {
  const inside = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));
  const [left, top] = [inside(Math.floor(x), columns), inside(Math.floor(y), rows)];
  const [right, bottom] = [inside(left + 1, columns), inside(top + 1, rows)];
  const across = Math.min(1, Math.max(0, x - left));
  const down = Math.min(1, Math.max(0, y - top));
  const at = (column: number, row: number): number => values[row * columns + column]!;
  const upper = at(left, top) * (1 - across) + at(right, top) * across;
  const lower = at(left, bottom) * (1 - across) + at(right, bottom) * across;
  return upper * (1 - down) + lower * down;
}

/**
 * The pixels of a map that lies over a picture: the grid, bilinear between the centres of its cells, the largest value in
 * the brightest colour. Opaque: how much of the picture is seen through it is the page's.
 *
 * @param values columns × rows, from 0
 * @returns width × height × 4 bytes; undefined where no place stands out
 */
export function heatPixels({
  columns,
  rows,
  values,
}: {
  columns: number;
  rows: number;
  values: ArrayLike<number>;
}): { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> } | undefined {
  let largest = 0;
  for (let n = 0; n < values.length; n++) largest = Math.max(largest, values[n]!);
  if (!(largest > 0)) return undefined;
  const [width, height] = [columns * pixelsPerCell, rows * pixelsPerCell];
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      const value = between(
        values,
        columns,
        rows,
        (x + 0.5) / pixelsPerCell - 0.5,
        (y + 0.5) / pixelsPerCell - 0.5,
      );
      rgba.set(colourOf(value / largest), to);
      rgba[to + 3] = 255;
    }
  }
  return { width, height, rgba };
}
