/*
 * Rows quantised to 8 bits, and what bounds distances from them.
 *
 * Row x = b·c + e, where c are whole numbers, −127 … 127 or, for a row without negative values, 0 … 255; stored is
 * c + offset, 0 … 255. Packed codes are 128 less, and so is their offset. The scale b is the one that makes e shortest,
 * so e stands across c. For a query q
 *
 *     ‖q − x‖² = ‖q‖² + ‖x‖² − 2·b·⟨q, c⟩ − 2·⟨q, e⟩,   |⟨q, e⟩| ≤ ‖e‖·√(‖q‖² − ⟨q, c⟩²/‖c‖²),
 *
 * since of q only the part across c meets e. `quantised-bounds.wgsl` computes the smallest that this can be, in float32, unit
 * roundoff u = 2⁻²³ (WGSL lets a result be either neighbour), with ℓ = b·‖c‖, a = ⟨q, c⟩/‖c‖ and, because ⟨q, c⟩ comes
 * as ⟨q, c + offset⟩ − offset·Σq_j, with R = max(‖x‖, ℓ) + 2·b·offset·√d, no smaller than b·‖c + offset‖ and the other
 * factors of ‖q‖ in that difference together:
 *
 * - Sums of m additions of products are off by (m + 2)·u of the sum of sizes: for b·⟨q, c⟩ and b·offset·Σq_j at most
 *   (m + 2)·u·‖q‖·R together. `m` below is the longest chain of any.
 * - The stored ‖x‖², ℓ, ‖c‖⁻¹ and the further products and sums are at most 12 roundings, each of a term that is at
 *   most (‖q‖ + R)². So the middle is off by less than (m + 14)·u·(‖q‖ + R)², `relative`·(‖q‖ + R)².
 * - a is off by (m + 6)·u·‖q‖·R/ℓ, and so a² by twice that times ‖q‖, with ‖q‖² less than 3·relative·‖q‖²·R/ℓ; that
 *   much is added under the root (the factor is the third of the second vector). Roots are good to 2⁻²⁰ of
 *   themselves, by which the stored ‖e‖ is larger than it is, as `relative` is.
 * - Where float32 underflows, each of at most 4·d operations loses at most 2⁻¹²⁶ (times 255): `absolute`.
 *
 * Rows and queries of values beyond 2⁵⁰ never come here (classify.ts), so nothing overflows.
 */
/** Rows whose codes lie together, a dimension after another. */
export const rowsPerBlock = 1024;
/** float32 values that bounds need of a row: 1/‖c‖, ℓ = b·‖c‖, offset, ‖e‖; ‖x‖², R, 3·R/ℓ, 0. */
export const statisticsPerRow = 8;

/** Widens what has to be no smaller than it is for all roundings of its making and of roots. */
const up = 1 + 2 ** -19;

/**
 * How the codes of a block lie. `columns`: dimension by dimension (quantised-columns.wgsl). Only those are read in which
 * the query is not zero. Needed where much is zero, and by browsers whose WGSL has no packed products. `packed`: four
 * dimensions of a row in a word, for packed products (quantised-packed.wgsl): faster where little is zero.
 */
export type Packing = 'columns' | 'packed';

/** Bytes of a block of rows of d values. */
export const blockBytes = (packing: Packing, d: number): number =>
  rowsPerBlock * (packing === 'columns' ? d : 4 * Math.ceil(d / 4));

/** Where in its block, for each dimension, the code of a row lies: see quantised-columns.wgsl. */
export const placeInBlock = (row: number): number => (row & ~15) | ((row & 3) << 2) | ((row >> 2) & 3);

/** Puts the codes of a row of a block where they belong. */
export function placeCodes(packing: Packing, codes: Uint8Array, row: number, block: Uint8Array): void {
  if (packing === 'columns') {
    const place = placeInBlock(row);
    for (let j = 0; j < codes.length; j++) block[j * rowsPerBlock + place] = codes[j]!;
  } else {
    for (let j = 0; j < codes.length; j++) {
      // Less 128: products take them as signed.
      block[(j >> 2) * 4 * rowsPerBlock + 4 * row + (j & 3)] = codes[j]! ^ 128;
    }
  }
}

/**
 * Encodes a row.
 *
 * @param codes d values: c_j + offset
 * @param statistics {@link statisticsPerRow} values
 */
export function quantiseRow(
  row: Float32Array,
  codes: Uint8Array,
  statistics: Float32Array,
  packing: Packing = 'columns',
): void {
  let largest = 0;
  let smallest = 0;
  for (let j = 0; j < row.length; j++) {
    const value = row[j]!;
    if (value > largest) largest = value;
    else if (value < smallest) smallest = value;
  }
  const offset = smallest < 0 ? 128 : 0;
  const top = offset === 0 ? 255 : 127;
  const size = Math.max(largest, -smallest);
  const inverse = size > 0 ? top / size : 0;
  let inner = 0;
  let squares = 0;
  let codeSquares = 0;
  for (let j = 0; j < row.length; j++) {
    const value = row[j]!;
    const code = Math.round(value * inverse);
    codes[j] = code + offset;
    inner += value * code;
    squares += value * value;
    codeSquares += code * code;
  }
  const scale = codeSquares > 0 ? inner / codeSquares : 0;
  let lost = 0;
  for (let j = 0; j < row.length; j++) {
    const difference = row[j]! - scale * (codes[j]! - offset);
    lost += difference * difference;
  }
  const codeNorm = Math.sqrt(codeSquares);
  const length = scale * codeNorm;
  // What a shader reads is c + stored.
  const stored = packing === 'packed' ? offset - 128 : offset;
  const reach = Math.max(Math.sqrt(squares), length) + 2 * scale * Math.abs(stored) * Math.sqrt(row.length);
  statistics[0] = codeNorm > 0 ? 1 / codeNorm : 0;
  statistics[1] = length;
  statistics[2] = stored;
  statistics[3] = Math.sqrt(lost) * up;
  statistics[4] = squares;
  statistics[5] = reach * up;
  statistics[6] = length > 0 ? ((3 * reach) / length) * up : 3;
  statistics[7] = 0;
}

/**
 * A query rounded to whole numbers times a scale, for packed products: q̃ = scale·q̂. A bound on ‖q̃ − x‖ less ‖q − q̃‖
 * is one on ‖q − x‖.
 *
 * @param packed gets q̂, −127 … 127
 * @param sums gets scale, ‖q̃‖², Σ q̃_j, ‖q − q̃‖
 */
export function roundQuery(query: Float32Array, packed: Int8Array, sums: Float32Array): void {
  let size = 0;
  for (const value of query) size = Math.max(size, Math.abs(value));
  const scale = Math.fround(size / 127);
  let squared = 0;
  let sum = 0;
  let lost = 0;
  for (let j = 0; j < query.length; j++) {
    const code = scale > 0 ? Math.max(-127, Math.min(127, Math.round(query[j]! / scale))) : 0;
    packed[j] = code;
    squared += (code * scale) ** 2;
    sum += code * scale;
    lost += (query[j]! - code * scale) ** 2;
  }
  sums.set([scale, squared, sum, Math.sqrt(lost) * up]);
}

/** Longest chain of additions that a sum of quantised-columns.wgsl and non-zero.wgsl goes through. */
const chain = (d: number, splits: number): number =>
  Math.max(64 + Math.ceil(d / 64) + splits, Math.ceil(d / 256) + 8);

/** The allowances of quantised-bounds.wgsl for rounding and underflow. */
export function allowances(d: number, splits: number): { relative: number; absolute: number } {
  return { relative: (chain(d, splits) + 16) * 2 ** -23 * up, absolute: d * 2 ** -112 };
}
