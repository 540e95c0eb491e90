/** Cells of a side: 2^order. */
const order = 10;

/**
 * Where a place of the unit square is along Hilbert's curve: places that follow each other there are near each other.
 * D. Hilbert, Über die stetige Abbildung einer Linie auf ein Flächenstück, 1891.
 */
export function alongCurve(x: number, y: number): number {
  const cells = 1 << order;
  const cell = (value: number): number => Math.min(cells - 1, Math.max(0, Math.floor(value * cells)));
  let [column, row, at] = [cell(x), cell(y), 0];
  for (let half = cells >> 1; half > 0; half >>= 1) {
    const right = (column & half) > 0 ? 1 : 0;
    const down = (row & half) > 0 ? 1 : 0;
    at += half * half * ((3 * right) ^ down);
    // The quarter is turned so that the curve goes on where it left.
    if (down === 0) {
      if (right === 1) {
        column = half - 1 - (column & (half - 1));
        row = half - 1 - (row & (half - 1));
      }
      [column, row] = [row, column];
    }
    column &= half - 1;
    row &= half - 1;
  }
  return at;
}
