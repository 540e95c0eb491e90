/**
 * Squared Euclidean distances in float32, direct form (x − q)²: no cancellation, at any distance.
 * One source, two builds: `simd` multiplies and adds, `relaxed` fuses where the machine can.
 *
 * Rows and queries are `stride` bytes apart, a multiple of 16; what pads a row is zero in both. Within a row each of
 * the four lanes sums stride / 16 terms in order, then the lanes are added in pairs.
 */

function step(sum: v128, x: v128, q: v128): v128 {
  const difference = f32x4.sub(x, q);
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(difference, difference, sum);
  return f32x4.add(sum, f32x4.mul(difference, difference));
}

function total(sum: v128): f32 {
  const pairs = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** One row, one query. */
function one(row: usize, query: usize, stride: usize): f32 {
  let sum = f32x4.splat(0);
  const end = row + stride;
  do {
    sum = step(sum, v128.load(row), v128.load(query));
    row += 16;
    query += 16;
  } while (row !== end); // not <: the last row may end at 4 GiB, which is 0
  return total(sum);
}

/** Four rows, one query: four streams from memory, four independent sums. */
function four(a: usize, b: usize, c: usize, d: usize, query: usize, stride: usize, out: usize): void {
  const end = query + stride;
  let sumA = f32x4.splat(0);
  let sumB = f32x4.splat(0);
  let sumC = f32x4.splat(0);
  let sumD = f32x4.splat(0);
  do {
    const q = v128.load(query);
    sumA = step(sumA, v128.load(a), q);
    sumB = step(sumB, v128.load(b), q);
    sumC = step(sumC, v128.load(c), q);
    sumD = step(sumD, v128.load(d), q);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    query += 16;
  } while (query < end);
  store<f32>(out, total(sumA));
  store<f32>(out, total(sumB), 4);
  store<f32>(out, total(sumC), 8);
  store<f32>(out, total(sumD), 12);
}

/** Four rows, two queries: eight sums, the most that leave x64's registers room for the operands. */
function fourByTwo(row: usize, query: usize, stride: usize, out: usize, outStride: usize): void {
  let a = row;
  let b = a + stride;
  let c = b + stride;
  let d = c + stride;
  const end = b;
  let other = query + stride;
  let sumA0 = f32x4.splat(0);
  let sumA1 = f32x4.splat(0);
  let sumB0 = f32x4.splat(0);
  let sumB1 = f32x4.splat(0);
  let sumC0 = f32x4.splat(0);
  let sumC1 = f32x4.splat(0);
  let sumD0 = f32x4.splat(0);
  let sumD1 = f32x4.splat(0);
  do {
    const q0 = v128.load(query);
    const q1 = v128.load(other);
    let x = v128.load(a);
    sumA0 = step(sumA0, x, q0);
    sumA1 = step(sumA1, x, q1);
    x = v128.load(b);
    sumB0 = step(sumB0, x, q0);
    sumB1 = step(sumB1, x, q1);
    x = v128.load(c);
    sumC0 = step(sumC0, x, q0);
    sumC1 = step(sumC1, x, q1);
    x = v128.load(d);
    sumD0 = step(sumD0, x, q0);
    sumD1 = step(sumD1, x, q1);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    query += 16;
    other += 16;
  } while (a < end);
  store<f32>(out, total(sumA0));
  store<f32>(out, total(sumB0), 4);
  store<f32>(out, total(sumC0), 8);
  store<f32>(out, total(sumD0), 12);
  out += outStride;
  store<f32>(out, total(sumA1));
  store<f32>(out, total(sumB1), 4);
  store<f32>(out, total(sumC1), 8);
  store<f32>(out, total(sumD1), 12);
}

/** Rows that stay in the second-level cache while all queries pass over them. */
const rowsPerTile: i32 = 32;

/**
 * @param rows first of `n` rows
 * @param queries first of `q` queries
 * @param stride bytes from one row or query to the next, above 0
 * @param out q × n float32, `outStride` bytes from one query's distances to the next
 */
export function squaredDistances(
  rows: usize,
  n: i32,
  queries: usize,
  q: i32,
  stride: usize,
  out: usize,
  outStride: usize,
): void {
  for (let first = 0; first < n; first += rowsPerTile) {
    const end = min(first + rowsPerTile, n);
    let query = 0;
    for (; query + 2 <= q; query += 2) {
      const at = queries + <usize>query * stride;
      const to = out + <usize>query * outStride;
      let row = first;
      for (; row + 4 <= end; row += 4) {
        fourByTwo(rows + <usize>row * stride, at, stride, to + ((<usize>row) << 2), outStride);
      }
      for (; row < end; row++) {
        store<f32>(to + ((<usize>row) << 2), one(rows + <usize>row * stride, at, stride));
        store<f32>(
          to + outStride + ((<usize>row) << 2),
          one(rows + <usize>row * stride, at + stride, stride),
        );
      }
    }
    if (query < q) {
      const at = queries + <usize>query * stride;
      const to = out + <usize>query * outStride;
      let row = first;
      for (; row + 4 <= end; row += 4) {
        const a = rows + <usize>row * stride;
        const b = a + stride;
        const c = b + stride;
        four(a, b, c, c + stride, at, stride, to + ((<usize>row) << 2));
      }
      for (; row < end; row++) {
        store<f32>(to + ((<usize>row) << 2), one(rows + <usize>row * stride, at, stride));
      }
    }
  }
}

/**
 * Distances of some rows to one query.
 *
 * @param list `n` uint32: which rows, counted from `rows`
 * @param out n float32
 */
export function squaredDistancesOf(
  list: usize,
  n: i32,
  rows: usize,
  query: usize,
  stride: usize,
  out: usize,
): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    four(
      rows + <usize>load<u32>(list) * stride,
      rows + <usize>load<u32>(list, 4) * stride,
      rows + <usize>load<u32>(list, 8) * stride,
      rows + <usize>load<u32>(list, 12) * stride,
      query,
      stride,
      out,
    );
    list += 16;
    out += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, one(rows + <usize>load<u32>(list) * stride, query, stride));
    list += 4;
    out += 4;
  }
}
