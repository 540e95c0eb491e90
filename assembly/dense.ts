/**
 * A dense layer with its ReLU, y = max(W·x + b, 0), over weights as they are stored: float32, float16, or codes of 8 or
 * 4 bits with a scale for each block of 32. Weights are decoded a stretch at a time into scratch memory that stays in
 * the first-level cache, once for all pictures; sums of a stretch are float32 in 16 lanes, their total is float64.
 */

/** Values decoded at a time; a multiple of the block. */
const stretch: i32 = 2048;
const block: i32 = 32;

/** Stored forms; the numbers are those of src/network/dense/encoding.ts. */
const f16: i32 = 1;
const q8: i32 = 2;
const q4: i32 = 3;

/** Four float16 in the low halves of four u32. Moving the bits gives 2⁻¹¹² times the value, subnormals included. */
function half(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  return v128.or(f32x4.mul(magnitude, f32x4.splat(5.192296858534828e33)), sign);
}

function decodeF16(from: usize, out: usize, count: i32): void {
  const end = out + ((<usize>count) << 2);
  for (; out < end; out += 16, from += 8) {
    v128.store(out, half(v128.load_ext<u16>(from)));
  }
}

/** Sixteen codes less their middle, times the scale. A code in the low bits of 2²³ as float32 is 2²³ + code. */
function spread(codes: v128, middle: v128, scale: v128, out: usize): void {
  const high = i32x4.splat(0x4b000000);
  const a = v128.shuffle<u8>(codes, high, 0, 16, 17, 19, 1, 16, 17, 19, 2, 16, 17, 19, 3, 16, 17, 19);
  const b = v128.shuffle<u8>(codes, high, 4, 16, 17, 19, 5, 16, 17, 19, 6, 16, 17, 19, 7, 16, 17, 19);
  const c = v128.shuffle<u8>(codes, high, 8, 16, 17, 19, 9, 16, 17, 19, 10, 16, 17, 19, 11, 16, 17, 19);
  const d = v128.shuffle<u8>(codes, high, 12, 16, 17, 19, 13, 16, 17, 19, 14, 16, 17, 19, 15, 16, 17, 19);
  v128.store(out, f32x4.mul(f32x4.sub(a, middle), scale));
  v128.store(out, f32x4.mul(f32x4.sub(b, middle), scale), 16);
  v128.store(out, f32x4.mul(f32x4.sub(c, middle), scale), 32);
  v128.store(out, f32x4.mul(f32x4.sub(d, middle), scale), 48);
}

function decodeQ8(from: usize, scales: usize, out: usize, count: i32): void {
  const middle = f32x4.splat(8388608 + 128);
  const end = out + ((<usize>count) << 2);
  for (; out < end; out += block * 4, from += block, scales += 4) {
    const scale = v128.load32_splat(scales);
    spread(v128.load(from), middle, scale, out);
    spread(v128.load(from, 16), middle, scale, out + 64);
  }
}

function decodeQ4(from: usize, scales: usize, out: usize, count: i32): void {
  const middle = f32x4.splat(8388608 + 8);
  const end = out + ((<usize>count) << 2);
  for (; out < end; out += block * 4, from += block / 2, scales += 4) {
    const scale = v128.load32_splat(scales);
    const pairs = v128.load(from);
    const low = v128.and(pairs, i8x16.splat(15));
    const high = i8x16.shr_u(pairs, 4);
    spread(
      v128.shuffle<u8>(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
      middle,
      scale,
      out,
    );
    spread(
      v128.shuffle<u8>(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
      middle,
      scale,
      out + 64,
    );
  }
}

function dot(a: usize, b: usize, count: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const end = a + ((<usize>count) << 2);
  const unrolled = a + ((<usize>(count & ~15)) << 2);
  for (; a < unrolled; a += 64, b += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  for (; a < end; a += 16, b += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  const pairs = f32x4.add(s, v128.shuffle<f32>(s, s, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * @param form 0 float32, 1 float16, 2 eight-bit codes, 3 four-bit codes
 * @param weights rows × k values, row after row
 * @param rowBytes bytes of a row of weights
 * @param scales rows × k / 32 float32, for codes
 * @param bias rows float32
 * @param k values of a row; a multiple of 4, for codes of 32
 * @param x n × k float32
 * @param y n rows of float32, `yStride` bytes apart; `rows` of each are written
 * @param scratch room for 2048 float32 and n float64
 */
export function dense(
  form: i32,
  weights: usize,
  rowBytes: usize,
  scales: usize,
  bias: usize,
  rows: i32,
  k: i32,
  x: usize,
  n: i32,
  y: usize,
  yStride: usize,
  scratch: usize,
): void {
  const sums = scratch + ((<usize>stretch) << 2);
  const xStride = (<usize>k) << 2;
  for (let row = 0; row < rows; row++) {
    memory.fill(sums, 0, (<usize>n) << 3);
    for (let from = 0; from < k; from += stretch) {
      const count = min(stretch, k - from);
      let values = scratch;
      if (form === f16) decodeF16(weights + ((<usize>from) << 1), scratch, count);
      else if (form === q8) decodeQ8(weights + from, scales + (<usize>from >> 3), scratch, count);
      else if (form === q4) decodeQ4(weights + (from >> 1), scales + (<usize>from >> 3), scratch, count);
      else values = weights + ((<usize>from) << 2);
      let picture = x + ((<usize>from) << 2);
      for (let i = 0; i < n; i++, picture += xStride) {
        const at = sums + ((<usize>i) << 3);
        store<f64>(at, load<f64>(at) + <f64>dot(values, picture, count));
      }
    }
    const shift = <f64>load<f32>(bias + ((<usize>row) << 2));
    let out = y + ((<usize>row) << 2);
    for (let i = 0; i < n; i++, out += yStride) {
      store<f32>(out, <f32>max(load<f64>(sums + ((<usize>i) << 3)) + shift, 0));
    }
    weights += rowBytes;
    scales += (<usize>(k / block)) << 2;
  }
}
