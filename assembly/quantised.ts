/**
 * Rows quantised to codes of four bits, and bounds on distances from them.
 *
 * Row x is kept as b·(c − z): a scale b, whole numbers c_j of 0 … 15, z = 8 where the row has negative values and 0
 * where it has none. Rows stand in panels of 128, a panel dimension by dimension: 64 bytes, one line of a cache, hold
 * c_j of all its rows. Of those 64 bytes each 16 belong to a group of 32 rows: row r of the group is the nibble r / 8
 * (rounded down) of the 16-bit word r % 8.
 *
 * A panel is encoded by itself, where it stays in the cache: `encode`. It is kept in a block of 32 panels, dimension by
 * dimension again: 2 KiB, one run of memory, hold c_j of all 4096 rows. A dimension in which the query is zero is never
 * read, and those that are read come in runs that the processor sees coming, with a page of addresses for two of them;
 * scattered lines of 64 bytes took twice as long.
 *
 * A panel has five arrays of 128 values, the statistics of its rows: see the constants below. A place without a row has a
 * norm of infinity, and so bounds that are infinity or NaN. No comparison takes it for near.
 */

const rowsPerPanel: i32 = 128;
/** Of a panel, while it is encoded. */
const bytesPerDimension: usize = 64;
const bytesPerGroup: usize = 16;

// Offsets of the arrays among a panel's statistics.
/** ‖x‖², rounded to float32. */
const norms: usize = 0;
/** b, float32. */
const scales: usize = 512;
/** 2·‖x − b·(c − z)‖, float32, rounded up. */
const errors: usize = 1024;
/** 1 / ‖c − z‖², float32, rounded down; 0 for a row of zeros. */
const inverses: usize = 1536;
/** z, int32. */
const zeros: usize = 2048;
const bytesPerStatistics: usize = 2560;

/** 1 + 2⁻²⁰ and 2⁻¹⁹: see src/knn/backend/quantised-bounds.ts, which proves that they cover the rounding below. */
const wider: f32 = 1.0 + 1.0 / 1048576.0;
const slack: f32 = 1.0 / 524288.0;

/** Bounds of four rows from their sums Σ q̂_j·c_j. */
function finish(
  sum: v128,
  statistics: usize,
  qSum: i32,
  qScale: f32,
  qNorm: f32,
  mid: usize,
  low: usize,
): void {
  const centred = i32x4.sub(sum, i32x4.mul(v128.load(statistics, zeros), i32x4.splat(qSum)));
  const t = f32x4.mul(f32x4.convert_i32x4_s(centred), f32x4.splat(qScale));
  const norm = v128.load(statistics, norms);
  const both = f32x4.add(norm, f32x4.splat(qNorm));
  const middle = f32x4.sub(both, f32x4.mul(f32x4.mul(v128.load(statistics, scales), f32x4.splat(2)), t));
  const across = f32x4.max(
    f32x4.splat(0),
    f32x4.sub(f32x4.splat(qNorm * wider), f32x4.mul(f32x4.mul(t, t), v128.load(statistics, inverses))),
  );
  const margin = f32x4.add(
    f32x4.mul(v128.load(statistics, errors), f32x4.sqrt(across)),
    f32x4.mul(both, f32x4.splat(slack)),
  );
  v128.store(mid, middle);
  v128.store(low, f32x4.sub(middle, margin));
}

/** The least of 32 float32, those that are no numbers left out; infinity when none is. */
function min32(at: usize): f32 {
  let a = f32x4.splat(Infinity);
  let b = a;
  for (let end = at + 128; at < end; at += 32) {
    // pmin takes the first where the second is no number.
    a = f32x4.pmin(a, v128.load(at));
    b = f32x4.pmin(b, v128.load(at, 16));
  }
  a = f32x4.pmin(a, b);
  a = f32x4.pmin(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  a = f32x4.pmin(a, v128.shuffle<f32>(a, a, 1, 0, 3, 2));
  return f32x4.extract_lane(a, 0);
}

/** Bytes of an entry of `nonZero`: two dimensions. */
const bytesPerEntry: usize = 12;
/** Entries whose products are summed before the sums go back to memory. */
const entriesAtOnce: usize = 4;

/**
 * Bounds on ‖q̃ − x‖² of all rows x of panels that stand side by side in a block, for the query q̃ = qScale·q̂.
 *
 * @param codes of the first panel: 64 bytes, 2048 from one dimension to the next
 * @param statistics of the first panel, 2560 bytes a panel
 * @param nonZero the dimensions in which q̂ is not zero, two an entry of 12 bytes: 2048·j and 2048·j′ as uint32, q̂_j and q̂_j′
 *   as int16. Σ|q̂_j|·15·256 has to be below 2³¹.
 * @param count entries
 * @param qSum Σ q̂_j
 * @param qScale a power of two
 * @param qNorm ‖q̃‖², rounded to float32
 * @param sums 512·panels bytes of scratch
 * @param mid 128·panels float32: the middle of the bounds
 * @param low 128·panels float32: the lower bounds; the upper ones are 2·mid − low
 * @param minima 4·panels pairs of float32: the least middle and the least lower bound of each group of 32 rows
 */
export function scan(
  codes: usize,
  panels: i32,
  statistics: usize,
  nonZero: usize,
  count: i32,
  qSum: i32,
  qScale: f32,
  qNorm: f32,
  sums: usize,
  mid: usize,
  low: usize,
  minima: usize,
): void {
  const bytes = <usize>panels * bytesPerDimension;
  memory.fill(sums, 0, <usize>panels * 512);
  const end = nonZero + <usize>count * bytesPerEntry;
  let entry = nonZero;
  for (; entry + entriesAtOnce * bytesPerEntry <= end; entry += entriesAtOnce * bytesPerEntry) {
    addFour(codes, bytes, entry, sums);
  }
  for (; entry < end; entry += bytesPerEntry) addOne(codes, bytes, entry, sums);

  const groups = panels * 4;
  for (let group = 0; group < groups; group++) {
    const f = statistics + <usize>(group >> 2) * bytesPerStatistics + ((<usize>(group & 3)) << 7);
    for (let four: usize = 0; four < 128; four += 16) {
      finish(v128.load(sums + four), f + four, qSum, qScale, qNorm, mid + four, low + four);
    }
    store<f32>(minima, min32(mid));
    store<f32>(minima, min32(low), 4);
    sums += 128;
    minima += 8;
    mid += 128;
    low += 128;
  }
}

/** Adds an entry's products to the sums of all groups of 32 rows. */
function addOne(codes: usize, bytes: usize, entry: usize, sums: usize): void {
  const codes0 = codes + <usize>load<u32>(entry);
  const codes1 = codes + <usize>load<u32>(entry, 4);
  const weights = v128.load_splat<u32>(entry, 8);
  for (let at: usize = 0; at < bytes; at += bytesPerGroup) {
    const first = v128.load(codes0 + at);
    const second = v128.load(codes1 + at);
    let words = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    add(sums, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    add(sums + 32, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(words, 4), i16x8.splat(0x000f)), weights));
    add(sums + 64, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(words, 8), i16x8.splat(0x000f)), weights));
    add(sums + 96, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    words = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    add(sums + 16, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    add(sums + 48, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(words, 4), i16x8.splat(0x000f)), weights));
    add(sums + 80, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(words, 8), i16x8.splat(0x000f)), weights));
    add(sums + 112, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    sums += 128;
  }
}

function add(at: usize, x: v128): void {
  v128.store(at, i32x4.add(v128.load(at), x));
}

/** As `addOne`, for four entries: the sums are in registers meanwhile. */
function addFour(codes: usize, bytes: usize, entry: usize, sums: usize): void {
  const codes0 = codes + <usize>load<u32>(entry);
  const codes1 = codes + <usize>load<u32>(entry, 4);
  const codes2 = codes + <usize>load<u32>(entry, 12);
  const codes3 = codes + <usize>load<u32>(entry, 16);
  const codes4 = codes + <usize>load<u32>(entry, 24);
  const codes5 = codes + <usize>load<u32>(entry, 28);
  const codes6 = codes + <usize>load<u32>(entry, 36);
  const codes7 = codes + <usize>load<u32>(entry, 40);
  for (let at: usize = 0; at < bytes; at += bytesPerGroup) {
    let nibble0a = i32x4.splat(0);
    let nibble0b = nibble0a;
    let nibble1a = nibble0a;
    let nibble1b = nibble0a;
    let nibble2a = nibble0a;
    let nibble2b = nibble0a;
    let nibble3a = nibble0a;
    let nibble3b = nibble0a;

    let first = v128.load(codes0 + at);
    let second = v128.load(codes1 + at);
    let weights = v128.load_splat<u32>(entry, 8);
    // Words of the two dimensions side by side: one instruction multiplies both and adds.
    let words = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    nibble0a = i32x4.add(nibble0a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1a = i32x4.add(nibble1a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2a = i32x4.add(nibble2a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3a = i32x4.add(nibble3a, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    words = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    nibble0b = i32x4.add(nibble0b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1b = i32x4.add(nibble1b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2b = i32x4.add(nibble2b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3b = i32x4.add(nibble3b, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));

    first = v128.load(codes2 + at);
    second = v128.load(codes3 + at);
    weights = v128.load_splat<u32>(entry, 20);
    words = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    nibble0a = i32x4.add(nibble0a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1a = i32x4.add(nibble1a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2a = i32x4.add(nibble2a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3a = i32x4.add(nibble3a, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    words = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    nibble0b = i32x4.add(nibble0b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1b = i32x4.add(nibble1b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2b = i32x4.add(nibble2b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3b = i32x4.add(nibble3b, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));

    first = v128.load(codes4 + at);
    second = v128.load(codes5 + at);
    weights = v128.load_splat<u32>(entry, 32);
    words = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    nibble0a = i32x4.add(nibble0a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1a = i32x4.add(nibble1a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2a = i32x4.add(nibble2a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3a = i32x4.add(nibble3a, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    words = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    nibble0b = i32x4.add(nibble0b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1b = i32x4.add(nibble1b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2b = i32x4.add(nibble2b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3b = i32x4.add(nibble3b, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));

    first = v128.load(codes6 + at);
    second = v128.load(codes7 + at);
    weights = v128.load_splat<u32>(entry, 44);
    words = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    nibble0a = i32x4.add(nibble0a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1a = i32x4.add(nibble1a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2a = i32x4.add(nibble2a, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3a = i32x4.add(nibble3a, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));
    words = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    nibble0b = i32x4.add(nibble0b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x000f)), weights));
    nibble1b = i32x4.add(nibble1b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x00f0)), weights));
    nibble2b = i32x4.add(nibble2b, i32x4.dot_i16x8_s(v128.and(words, i16x8.splat(0x0f00)), weights));
    nibble3b = i32x4.add(nibble3b, i32x4.dot_i16x8_s(i16x8.shr_u(words, 12), weights));

    // The masks left the second nibble at 16 times its value, the third at 256 times.
    add(sums, nibble0a);
    add(sums + 16, nibble0b);
    add(sums + 32, i32x4.shr_s(nibble1a, 4));
    add(sums + 48, i32x4.shr_s(nibble1b, 4));
    add(sums + 64, i32x4.shr_s(nibble2a, 8));
    add(sums + 80, i32x4.shr_s(nibble2b, 8));
    add(sums + 96, nibble3a);
    add(sums + 112, nibble3b);
    sums += 128;
  }
}

/** Copies a panel's codes to a block or back. @param fromStride bytes from one dimension to the next; so `toStride` */
export function copyPanel(from: usize, fromStride: usize, to: usize, toStride: usize, d: i32): void {
  for (; d > 0; d--) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    from += fromStride;
    to += toStride;
  }
}

/** 1.5 · 2²³: added to a small whole number it leaves that in the lowest bits. */
const alignment: f32 = 12582912;

/** What a row's scale is tried at, of the largest value's: values beyond the last code cost less than coarse codes do. */
const tries: i32 = 6;

/** No value is NaN here, so `pmin` and `pmax` do, an instruction each; `min` and `max` look for it. */
function code(x: v128, inverse: v128, minCode: v128, maxCode: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.nearest(f32x4.mul(x, inverse)), minCode), maxCode);
}

function sum4(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

function sum2(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

function upperHalf(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

/**
 * Encodes a row into a panel: d·64 bytes of codes, then the statistics.
 *
 * @param row d float32, then zeros up to a multiple of 4
 * @param place of the row in the panel, 0 … 127
 * @returns 0 when its norm is neither 0 nor within 2⁻⁸⁰ … 2⁸⁰ (squared): it gets no bounds
 */
export function encode(row: usize, d: i32, panel: usize, place: i32): i32 {
  const end = row + ((<usize>((d + 3) >> 2)) << 4);
  let squares = f64x2.splat(0);
  let largest = f32x4.splat(0);
  let negative = i32x4.splat(0);
  for (let at = row; at < end; at += 16) {
    const x = v128.load(at);
    largest = f32x4.pmax(largest, f32x4.abs(x)); // where one is no number, the norm is none
    negative = v128.or(negative, f32x4.lt(x, f32x4.splat(0)));
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(upperHalf(x));
    squares = f64x2.add(squares, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  const norm = sum2(squares);
  const statistics = panel + <usize>d * bytesPerDimension + ((<usize>place) << 2);
  // Not `!(…)`, which an optimiser may turn around: a norm that is no number fails both comparisons.
  const usual = norm === 0 || (norm >= 8.271806125530277e-25 && norm <= 1.2089258196146292e24);
  if (!usual) {
    clear(statistics);
    return 0;
  }
  const zero: f32 = v128.any_true(negative) ? 8 : 0;
  const minCode = f32x4.splat(-zero);
  const maxCode = f32x4.splat(15 - zero);
  const top = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  // The best scale is that of the largest ⟨x, c⟩² / ‖c‖², which is what it explains of ‖x‖².
  let best: f32 = -1;
  let inverse: f32 = 0;
  const unit = f32x4.splat(1 / top);
  // Two at once: neither waits for the other's sums.
  for (let t = 0; t < tries && top > 0; t += 2) {
    const tried = (zero ? <f32>7.5 : <f32>15) / (top * (1 - <f32>0.11 * <f32>t));
    const triedNext = (zero ? <f32>7.5 : <f32>15) / (top * (1 - <f32>0.11 * <f32>(t + 1)));
    const by = f32x4.splat(tried);
    const byNext = f32x4.splat(triedNext);
    let xc = f32x4.splat(0);
    let cc = f32x4.splat(0);
    let xcNext = f32x4.splat(0);
    let ccNext = f32x4.splat(0);
    for (let at = row; at < end; at += 16) {
      const value = v128.load(at);
      const x = f32x4.mul(value, unit);
      const c = code(value, by, minCode, maxCode);
      xc = f32x4.add(xc, f32x4.mul(x, c));
      cc = f32x4.add(cc, f32x4.mul(c, c));
      const next = code(value, byNext, minCode, maxCode);
      xcNext = f32x4.add(xcNext, f32x4.mul(x, next));
      ccNext = f32x4.add(ccNext, f32x4.mul(next, next));
    }
    let product = sum4(xc);
    let explained = (product * product) / sum4(cc);
    if (explained > best) {
      best = explained;
      inverse = tried;
    }
    product = sum4(xcNext);
    explained = (product * product) / sum4(ccNext);
    if (explained > best) {
      best = explained;
      inverse = triedNext;
    }
  }
  const by = f32x4.splat(inverse);
  const aligned = f32x4.splat(alignment + zero);
  let xc: f64 = 0;
  let cc: f64 = 0;
  const group = place >> 5;
  const inGroup = place & 31;
  let to = panel + ((<usize>group) << 4) + ((<usize>(inGroup & 7)) << 1) + (<usize>(inGroup >> 4) & 1);
  const shift = (<u32>((inGroup >> 3) & 1)) << 2;
  const keep = ~((<u32>15) << shift);
  const last = row + ((<usize>d) << 2);
  for (let at = row; at < end; at += 16) {
    const x = v128.load(at);
    const c = code(x, by, minCode, maxCode);
    const lowX = f64x2.promote_low_f32x4(x);
    const highX = f64x2.promote_low_f32x4(upperHalf(x));
    const lowC = f64x2.promote_low_f32x4(c);
    const highC = f64x2.promote_low_f32x4(upperHalf(c));
    xc += sum2(f64x2.add(f64x2.mul(lowX, lowC), f64x2.mul(highX, highC)));
    cc += sum2(f64x2.add(f64x2.mul(lowC, lowC), f64x2.mul(highC, highC)));
    const whole = i32x4.sub(f32x4.add(c, aligned), i32x4.splat(reinterpret<i32>(alignment)));
    put(to, keep, (<u32>i32x4.extract_lane(whole, 0)) << shift);
    if (at + 4 < last) put(to + 64, keep, (<u32>i32x4.extract_lane(whole, 1)) << shift);
    if (at + 8 < last) put(to + 128, keep, (<u32>i32x4.extract_lane(whole, 2)) << shift);
    if (at + 12 < last) put(to + 192, keep, (<u32>i32x4.extract_lane(whole, 3)) << shift);
    to += 256;
  }
  const scale: f32 = cc > 0 ? <f32>(xc / cc) : 0;
  const b = f64x2.splat(<f64>scale);
  let rest = f64x2.splat(0);
  for (let at = row; at < end; at += 16) {
    const x = v128.load(at);
    const c = code(x, by, minCode, maxCode);
    const low = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.mul(b, f64x2.promote_low_f32x4(c)));
    const high = f64x2.sub(
      f64x2.promote_low_f32x4(upperHalf(x)),
      f64x2.mul(b, f64x2.promote_low_f32x4(upperHalf(c))),
    );
    rest = f64x2.add(rest, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  store<f32>(statistics, <f32>norm, norms);
  store<f32>(statistics, scale, scales);
  store<f32>(statistics, <f32>(2 * sqrt(sum2(rest)) * (1 + 1e-6)), errors);
  store<f32>(statistics, cc > 0 ? <f32>((1 - 1e-6) / cc) : 0, inverses);
  store<i32>(statistics, <i32>zero, zeros);
  return 1;
}

function put(at: usize, keep: u32, bits: u32): void {
  store<u8>(at, (load<u8>(at) & keep) | bits);
}

/** Takes a row's bounds away. */
function clear(statistics: usize): void {
  store<f32>(statistics, Infinity, norms);
  store<f32>(statistics, 0, scales);
  store<f32>(statistics, 0, errors);
  store<f32>(statistics, 0, inverses);
  store<i32>(statistics, 0, zeros);
}

/** Takes the bounds of the rows of a panel from `place` on away. */
export function clearFrom(panel: usize, d: i32, place: i32): void {
  const statistics = panel + <usize>d * bytesPerDimension;
  for (; place < rowsPerPanel; place++) clear(statistics + ((<usize>place) << 2));
}
