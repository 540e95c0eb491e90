/**
 * Squared Euclidean distances and scalar products of float32 rows.
 * One source, two builds: `simd` multiplies and adds, `relaxed` fuses where the machine can.
 *
 * Rows and queries are `stride` bytes apart, a multiple of 32; what pads a row is zero in both.
 */

function fused(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** (x − q)², direct: no cancellation, at any distance. */
function step(sum: v128, x: v128, q: v128): v128 {
  const difference = f32x4.sub(x, q);
  return fused(difference, difference, sum);
}

/** The sums of the lanes of four vectors. */
function totals(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/**
 * Distances of four rows to a query: four streams from memory, four independent sums. Each lane sums stride / 16 terms
 * in order, then the lanes are added in pairs.
 */
function four(a: usize, b: usize, c: usize, d: usize, query: usize, stride: usize): v128 {
  const end = query + stride;
  let sumA = f32x4.splat(0);
  let sumB = sumA;
  let sumC = sumA;
  let sumD = sumA;
  do {
    let q = v128.load(query);
    sumA = step(sumA, v128.load(a), q);
    sumB = step(sumB, v128.load(b), q);
    sumC = step(sumC, v128.load(c), q);
    sumD = step(sumD, v128.load(d), q);
    q = v128.load(query, 16);
    sumA = step(sumA, v128.load(a, 16), q);
    sumB = step(sumB, v128.load(b, 16), q);
    sumC = step(sumC, v128.load(c, 16), q);
    sumD = step(sumD, v128.load(d, 16), q);
    a += 32;
    b += 32;
    c += 32;
    d += 32;
    query += 32;
  } while (query < end);
  return totals(sumA, sumB, sumC, sumD);
}

/**
 * Distances of `n` rows, one after the other, to a query.
 *
 * @param out float32, room for n rounded up to a multiple of 4
 */
export function squaredDistances(rows: usize, n: i32, query: usize, stride: usize, out: usize): void {
  for (let row = 0; row < n; row += 4) {
    // The last four may be fewer: the last row then stands in for those that are missing.
    const left = <usize>(n - 1 - row);
    const a = rows + <usize>row * stride;
    v128.store(
      out,
      four(a, a + min(left, 1) * stride, a + min(left, 2) * stride, a + min(left, 3) * stride, query, stride),
    );
    out += 16;
  }
}

/**
 * Distances of some rows to a query.
 *
 * @param list `n` uint32, rounded up to a multiple of 4 with any rows: which rows, counted from `rows`
 * @param out float32, room for as many
 */
export function squaredDistancesOf(
  list: usize,
  n: i32,
  rows: usize,
  query: usize,
  stride: usize,
  out: usize,
): void {
  for (let i = 0; i < n; i += 4) {
    v128.store(
      out,
      four(
        rows + <usize>load<u32>(list) * stride,
        rows + <usize>load<u32>(list, 4) * stride,
        rows + <usize>load<u32>(list, 8) * stride,
        rows + <usize>load<u32>(list, 12) * stride,
        query,
        stride,
      ),
    );
    list += 16;
    out += 16;
  }
}

/** Σ x² of one row in float64. */
export function squaredNorm(row: usize, stride: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  const end = row + stride;
  do {
    const x = v128.load(row);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    row += 16;
  } while (row !== end); // not <: the last row may end at 4 GiB, which is 0
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}

/** Bytes of a row that scalar products work on at a time, and rows: those parts of them stay in the first-level cache. */
const depth: usize = 2048;
const rowsPerTile: i32 = 16;

/**
 * Lays pairs of queries out for `products`: 16 bytes of one, then 16 of the other.
 *
 * @param pairs of queries, an odd last one with zeros beside it
 * @param packed 2·pairs·stride bytes
 */
export function pack(queries: usize, pairs: i32, stride: usize, packed: usize): void {
  for (let pair = 0; pair < pairs; pair++) {
    for (let at: usize = 0; at < stride; at += 16) {
      v128.store(packed, v128.load(queries + at));
      v128.store(packed, v128.load(queries + stride + at), 16);
      packed += 32;
    }
    queries += 2 * stride;
  }
}

/**
 * Scalar products of rows and queries. Each lane sums up to 128 terms in order, the lanes are added in pairs, and those
 * sums over the row's parts of 2048 bytes.
 *
 * @param packed what `pack` made of the queries
 * @param tile 32 KiB of scratch: a part of 16 rows, of four rows each 16 bytes in turn
 * @param out 2·pairs × n float32, n rounded up to a multiple of 4, `outStride` bytes from one query's to the next
 */
export function products(
  rows: usize,
  n: i32,
  packed: usize,
  pairs: i32,
  stride: usize,
  tile: usize,
  out: usize,
  outStride: usize,
): void {
  for (let part: usize = 0; part < stride; part += depth) {
    const bytes = min(depth, stride - part);
    for (let first = 0; first < n; first += rowsPerTile) {
      const held = min(rowsPerTile, n - first);
      let to = tile;
      for (let row = 0; row < held; row += 4) {
        to = interleave(
          rows + <usize>(first + row) * stride + part,
          <usize>(held - 1 - row),
          stride,
          bytes,
          to,
        );
      }
      const tileEnd = to;
      let query = packed + 2 * part;
      let sums = out + ((<usize>first) << 2);
      for (let pair = 0; pair < pairs; pair++) {
        // The pair's part comes into the first-level cache once, for all rows of the tile.
        let at = sums;
        for (let x = tile; x < tileEnd; x += 4 * bytes) {
          fourByTwo(x, x + 4 * bytes, query, at, outStride, part > 0);
          at += 16;
        }
        query += 2 * stride;
        sums += 2 * outStride;
      }
    }
  }
}

/** Lays a part of four rows out, 16 bytes of each in turn; of fewer, the last one stands in. @returns where it ends */
function interleave(a: usize, left: usize, stride: usize, bytes: usize, to: usize): usize {
  let b = a + min(left, 1) * stride;
  let c = a + min(left, 2) * stride;
  let d = a + min(left, 3) * stride;
  const end = to + 4 * bytes;
  for (; to < end; to += 64) {
    v128.store(to, v128.load(a));
    v128.store(to, v128.load(b), 16);
    v128.store(to, v128.load(c), 32);
    v128.store(to, v128.load(d), 48);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
  return end;
}

/** Four rows, a to d, two queries, 0 and 1: eight sums, the most that leave x64's registers room for the operands. */
function fourByTwo(x: usize, end: usize, q: usize, out: usize, outStride: usize, adds: bool): void {
  let sumA0 = f32x4.splat(0);
  let sumA1 = sumA0;
  let sumB0 = sumA0;
  let sumB1 = sumA0;
  let sumC0 = sumA0;
  let sumC1 = sumA0;
  let sumD0 = sumA0;
  let sumD1 = sumA0;
  do {
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    let row = v128.load(x);
    sumA0 = fused(row, q0, sumA0);
    sumA1 = fused(row, q1, sumA1);
    row = v128.load(x, 16);
    sumB0 = fused(row, q0, sumB0);
    sumB1 = fused(row, q1, sumB1);
    row = v128.load(x, 32);
    sumC0 = fused(row, q0, sumC0);
    sumC1 = fused(row, q1, sumC1);
    row = v128.load(x, 48);
    sumD0 = fused(row, q0, sumD0);
    sumD1 = fused(row, q1, sumD1);
    x += 64;
    q += 32;
  } while (x !== end);
  let first = totals(sumA0, sumB0, sumC0, sumD0);
  let second = totals(sumA1, sumB1, sumC1, sumD1);
  if (adds) {
    first = f32x4.add(v128.load(out), first);
    second = f32x4.add(v128.load(out + outStride), second);
  }
  v128.store(out, first);
  v128.store(out + outStride, second);
}
