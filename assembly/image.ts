// Pillow's resize of 8-bit pictures, two passes. Pixels are 4 bytes; everything lies where the caller says.
//
// A weight is a 23-bit integer (22 fraction bits). i16x8 products are the fastest SIMD has, so each weight comes split
// in two 16-bit halves, weight = high · 2¹² + low with 0 ≤ low < 2¹², and two neighbouring taps share one dot product:
//   sum = Σ p·weight = (Σ p·high) << 12 + Σ p·low     exact in 32 bits, as Pillow's own sum is.
// Weights lie as [low₀ low₁ high₀ high₁] for each pair of taps: 8 bytes.

/** Puts the halves of four sums together, rounds and drops the 22 fraction bits. */
function finish(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(high, 12), low), i32x4.splat(1 << 21)), 22);
}

/** Four sums to four bytes: the saturating narrowings are the clip to 0..255. */
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * Across: `rows` lines of the source to lines of `outWidth` pixels.
 *
 * @param source pixels, `sourceStride` bytes a line; the padding of `pairs` is read beyond the last one, not used
 * @param first Int32 for each output pixel: byte offset in the line of its first tap
 * @param weights pairs as above, `pairs` (even) for each output pixel; zero where there is no tap
 * @param out `outStride` bytes a line
 */
export function horizontal(
  source: usize,
  sourceStride: usize,
  rows: i32,
  first: usize,
  weights: usize,
  pairs: i32,
  out: usize,
  outStride: usize,
  outWidth: i32,
): void {
  for (let y: i32 = 0; y < rows; y++) {
    const line = source + <usize>y * sourceStride;
    let to = out + <usize>y * outStride;
    let weight = weights;
    for (let x: i32 = 0; x < outWidth; x++) {
      let from = line + <usize>load<i32>(first + ((<usize>x) << 2));
      let low = i32x4.splat(0);
      let high = i32x4.splat(0);
      let low2 = i32x4.splat(0);
      let high2 = i32x4.splat(0);
      const end = weight + ((<usize>pairs) << 3);
      do {
        // Four pixels; the channels of each two side by side.
        const four = v128.load(from);
        const both = i8x16.shuffle(four, four, 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
        const one = i16x8.extend_low_i8x16_u(both);
        const two = i16x8.extend_high_i8x16_u(both);
        low = i32x4.add(low, i32x4.dot_i16x8_s(one, v128.load_splat<i32>(weight)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(one, v128.load_splat<i32>(weight, 4)));
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(two, v128.load_splat<i32>(weight, 8)));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(two, v128.load_splat<i32>(weight, 12)));
        from += 16;
        weight += 16;
      } while (weight < end);
      const sum = finish(i32x4.add(low, low2), i32x4.add(high, high2));
      v128.store32_lane(to, narrow(sum, sum, sum, sum), 0);
      to += 4;
    }
  }
}

/**
 * Down: one line of `bytes` bytes (a multiple of 16) from `2 · pairs` lines that begin at `source`.
 *
 * @param source lines, `stride` bytes apart; the last of an odd number of taps is followed by a line of anything
 * @param weights pairs as above, `pairs` of them, at least one
 */
export function vertical(
  source: usize,
  stride: usize,
  weights: usize,
  pairs: i32,
  out: usize,
  bytes: usize,
): void {
  const end = weights + ((<usize>pairs) << 3);
  for (let x: usize = 0; x < bytes; x += 16) {
    let from = source + x;
    let weight = weights;
    let low0 = i32x4.splat(0);
    let low1 = i32x4.splat(0);
    let low2 = i32x4.splat(0);
    let low3 = i32x4.splat(0);
    let high0 = i32x4.splat(0);
    let high1 = i32x4.splat(0);
    let high2 = i32x4.splat(0);
    let high3 = i32x4.splat(0);
    do {
      const a = v128.load(from);
      const b = v128.load(from + stride);
      const lower = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const upper = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const low = v128.load_splat<i32>(weight);
      const high = v128.load_splat<i32>(weight, 4);
      let p = i16x8.extend_low_i8x16_u(lower);
      low0 = i32x4.add(low0, i32x4.dot_i16x8_s(p, low));
      high0 = i32x4.add(high0, i32x4.dot_i16x8_s(p, high));
      p = i16x8.extend_high_i8x16_u(lower);
      low1 = i32x4.add(low1, i32x4.dot_i16x8_s(p, low));
      high1 = i32x4.add(high1, i32x4.dot_i16x8_s(p, high));
      p = i16x8.extend_low_i8x16_u(upper);
      low2 = i32x4.add(low2, i32x4.dot_i16x8_s(p, low));
      high2 = i32x4.add(high2, i32x4.dot_i16x8_s(p, high));
      p = i16x8.extend_high_i8x16_u(upper);
      low3 = i32x4.add(low3, i32x4.dot_i16x8_s(p, low));
      high3 = i32x4.add(high3, i32x4.dot_i16x8_s(p, high));
      from += stride << 1;
      weight += 8;
    } while (weight < end);
    v128.store(
      out + x,
      narrow(finish(low0, high0), finish(low1, high1), finish(low2, high2), finish(low3, high3)),
    );
  }
}

/** Multiplies the colour of `bytes` bytes of pixels (a multiple of 16) by their alpha, rounding as Pillow's `MULDIV255`. In place. */
export function premultiply(pixels: usize, bytes: usize): void {
  const alphaLane = i32x4.splat(0xff000000);
  for (let i: usize = 0; i < bytes; i += 16) {
    const p = v128.load(pixels + i);
    const alpha = i8x16.shuffle(p, p, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
    let a = i16x8.add(i16x8.extmul_low_i8x16_u(p, alpha), i16x8.splat(128));
    let b = i16x8.add(i16x8.extmul_high_i8x16_u(p, alpha), i16x8.splat(128));
    a = i16x8.shr_u(i16x8.add(i16x8.shr_u(a, 8), a), 8);
    b = i16x8.shr_u(i16x8.add(i16x8.shr_u(b, 8), b), 8);
    v128.store(pixels + i, v128.bitselect(p, i8x16.narrow_i16x8_u(a, b), alphaLane));
  }
}
