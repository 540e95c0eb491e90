/**
 * 3 × 3 convolution, stride 1, zero padding 1, with bias and ReLU and, where asked for, 2 × 2 max pooling, by Winograd's
 * minimal filtering F(4×4, 3×3): 36 products make 16 outputs, where the sum itself takes 144 (Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", arXiv 1509.09308; the interpolation points are 0, ±1, ±2 and ∞).
 *
 * Activations are channels last, in buffers with a border: a layer of h × w pixels lies in rows of 4·⌈w/4⌉ + 2 pixels,
 * 4·⌈h/4⌉ + 2 of them, the picture from pixel (1, 1) on, zeros around it. Channels are a multiple of 4.
 */

/** Output channels that the product computes at a time. */
const panel: i32 = 8;

function madd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** One row of G·g: six values from three, weights of the points 0, 1, −1, 2, −2, ∞. */
function spreadKernel(a: f64, b: f64, c: f64, i: i32): f64 {
  switch (i) {
    case 0:
      return a / 4;
    case 1:
      return -(a + b + c) / 6;
    case 2:
      return -(a - b + c) / 6;
    case 3:
      return (a + 2 * b + 4 * c) / 24;
    case 4:
      return (a - 2 * b + 4 * c) / 24;
    default:
      return c;
  }
}

/**
 * Kernels G·g·Gᵀ for {@link convolve}, computed in float64.
 *
 * @param kernel outputs × inputs × 3 × 3 float32
 * @param channels inputs rounded up to a multiple of 4; what is added is zero
 * @param u 36 × ⌈outputs / 8⌉ × channels × 8 float32, zero before
 * @param scratch room for 18 float64
 */
export function transformKernels(
  kernel: usize,
  inputs: i32,
  outputs: i32,
  channels: i32,
  u: usize,
  scratch: usize,
): void {
  const panels = (outputs + panel - 1) / panel;
  const plane = (<usize>(panels * panel * channels)) << 2;
  for (let k = 0; k < outputs; k++) {
    for (let c = 0; c < inputs; c++) {
      const g = kernel + ((<usize>((k * inputs + c) * 9)) << 2);
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 3; j++) {
          const at = g + ((<usize>j) << 2);
          store<f64>(
            scratch + ((<usize>(i * 3 + j)) << 3),
            spreadKernel(load<f32>(at), load<f32>(at, 12), load<f32>(at, 24), i),
          );
        }
      }
      let out = u + ((<usize>(((k / panel) * channels + c) * panel + (k % panel))) << 2);
      for (let i = 0; i < 6; i++) {
        const row = scratch + ((<usize>(i * 3)) << 3);
        for (let j = 0; j < 6; j++, out += plane) {
          store<f32>(out, <f32>spreadKernel(load<f64>(row), load<f64>(row, 8), load<f64>(row, 16), j));
        }
      }
    }
  }
}

/** Bᵀ·d of six vectors `stride` bytes apart, stored `outStride` bytes apart. */
function spreadInput(from: usize, stride: usize, out: usize, outStride: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + stride);
  const d2 = v128.load(from + 2 * stride);
  const d3 = v128.load(from + 3 * stride);
  const d4 = v128.load(from + 4 * stride);
  const d5 = v128.load(from + 5 * stride);
  const two = f32x4.splat(2);
  const four = f32x4.splat(4);
  // Bᵀ = [4 0 −5 0 1 0; 0 −4 −4 1 1 0; 0 4 −4 −1 1 0; 0 −2 −1 2 1 0; 0 2 −1 −2 1 0; 0 4 0 −5 0 1]
  const a = f32x4.sub(d4, f32x4.mul(four, d2));
  const b = f32x4.sub(d3, f32x4.mul(four, d1));
  const c = f32x4.sub(d4, d2);
  const e = f32x4.mul(two, f32x4.sub(d3, d1));
  v128.store(out, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(four, d2)), c));
  v128.store(out + outStride, f32x4.add(a, b));
  v128.store(out + 2 * outStride, f32x4.sub(a, b));
  v128.store(out + 3 * outStride, f32x4.add(c, e));
  v128.store(out + 4 * outStride, f32x4.sub(c, e));
  const f = f32x4.sub(d5, d3);
  v128.store(out + 5 * outStride, f32x4.sub(f, f32x4.mul(four, f32x4.sub(d3, d1))));
}

/** Aᵀ·m of six vectors `stride` bytes apart, four stored `outStride` bytes apart. */
function gather(from: usize, stride: usize, out: usize, outStride: usize): void {
  const m0 = v128.load(from);
  const m1 = v128.load(from + stride);
  const m2 = v128.load(from + 2 * stride);
  const m3 = v128.load(from + 3 * stride);
  const m4 = v128.load(from + 4 * stride);
  const m5 = v128.load(from + 5 * stride);
  // Aᵀ = [1 1 1 1 1 0; 0 1 −1 2 −2 0; 0 1 1 4 4 0; 0 1 −1 8 −8 1]
  const a = f32x4.add(m1, m2);
  const b = f32x4.sub(m1, m2);
  const c = f32x4.add(m3, m4);
  const d = f32x4.sub(m3, m4);
  v128.store(out, f32x4.add(f32x4.add(m0, a), c));
  v128.store(out + outStride, f32x4.add(b, f32x4.mul(f32x4.splat(2), d)));
  v128.store(out + 2 * outStride, f32x4.add(a, f32x4.mul(f32x4.splat(4), c)));
  v128.store(out + 3 * outStride, f32x4.add(f32x4.add(b, f32x4.mul(f32x4.splat(8), d)), m5));
}

/** m = v · u for one of the 36 products: tiles × channels by channels × panels of 8. `tiles` is a multiple of 4. */
function multiply(v: usize, u: usize, m: usize, tiles: i32, channels: i32, panels: i32): void {
  const row = (<usize>channels) << 2;
  const mRow = (<usize>(panels * panel)) << 2;
  for (let p = 0; p < panels; p++, u += (<usize>(channels * panel)) << 2, m += panel * 4) {
    let from = v;
    let out = m;
    for (let t = 0; t < tiles; t += 4, from += 4 * row, out += 4 * mRow) {
      let tile0a = f32x4.splat(0);
      let tile0b = f32x4.splat(0);
      let tile1a = f32x4.splat(0);
      let tile1b = f32x4.splat(0);
      let tile2a = f32x4.splat(0);
      let tile2b = f32x4.splat(0);
      let tile3a = f32x4.splat(0);
      let tile3b = f32x4.splat(0);
      let v0 = from;
      let v1 = v0 + row;
      let v2 = v1 + row;
      let v3 = v2 + row;
      const end = v1;
      let kernel = u;
      for (; v0 < end; v0 += 4, v1 += 4, v2 += 4, v3 += 4, kernel += 32) {
        const kernelA = v128.load(kernel);
        const kernelB = v128.load(kernel, 16);
        let value = v128.load32_splat(v0);
        tile0a = madd(value, kernelA, tile0a);
        tile0b = madd(value, kernelB, tile0b);
        value = v128.load32_splat(v1);
        tile1a = madd(value, kernelA, tile1a);
        tile1b = madd(value, kernelB, tile1b);
        value = v128.load32_splat(v2);
        tile2a = madd(value, kernelA, tile2a);
        tile2b = madd(value, kernelB, tile2b);
        value = v128.load32_splat(v3);
        tile3a = madd(value, kernelA, tile3a);
        tile3b = madd(value, kernelB, tile3b);
      }
      v128.store(out, tile0a);
      v128.store(out, tile0b, 16);
      v128.store(out + mRow, tile1a);
      v128.store(out + mRow, tile1b, 16);
      v128.store(out + 2 * mRow, tile2a);
      v128.store(out + 2 * mRow, tile2b, 16);
      v128.store(out + 3 * mRow, tile3a);
      v128.store(out + 3 * mRow, tile3b, 16);
    }
  }
}

/**
 * @param n pictures
 * @param x the layer's inputs, each with its border, one after another
 * @param y pixel (0, 0) of the first output, i.e. behind the border of the buffer that it lies in
 * @param yPicture bytes from an output to the next
 * @param yRow bytes from a row of the output to the next
 * @param u kernels of {@link transformKernels}
 * @param bias outputs float32
 * @param height of input, and of the output before pooling
 * @param channels of the input, a multiple of 4
 * @param outputs channels of the output, a multiple of 4
 * @param pool 1: the largest of each 2 × 2 pixels is stored, of a height and width that are even
 * @param block tiles of 4 × 4 pixels computed at a time, a multiple of 4
 * @param scratch room for 36 · block · (channels + 8 · ⌈outputs / 8⌉) float32 and 36 vectors
 */
export function convolve(
  n: i32,
  x: usize,
  y: usize,
  yPicture: usize,
  yRow: usize,
  u: usize,
  bias: usize,
  height: i32,
  width: i32,
  channels: i32,
  outputs: i32,
  pool: i32,
  block: i32,
  scratch: usize,
): void {
  const across = (width + 3) / 4;
  const down = (height + 3) / 4;
  const perPicture = across * down;
  const tiles = n * perPicture;
  const panels = (outputs + panel - 1) / panel;
  const pixel = (<usize>channels) << 2;
  const xRow = <usize>(across * 4 + 2) * pixel;
  const xPicture = <usize>(down * 4 + 2) * xRow;
  const vRow = pixel;
  const mRow = (<usize>(panels * panel)) << 2;
  const vPlane = <usize>block * vRow;
  const mPlane = <usize>block * mRow;
  const uPlane = (<usize>(panels * panel * channels)) << 2;
  const small = scratch;
  const v = scratch + 36 * 16;
  const m = v + 36 * vPlane;
  for (let first = 0; first < tiles; first += block) {
    const count = min(block, tiles - first);
    for (let t = 0; t < count; t++) {
      const picture = <usize>((first + t) / perPicture);
      const tile = (first + t) % perPicture;
      const from =
        x + picture * xPicture + <usize>((tile / across) * 4) * xRow + <usize>((tile % across) * 4) * pixel;
      const to = v + <usize>t * vRow;
      for (let c: usize = 0; c < pixel; c += 16) {
        for (let j = 0; j < 6; j++)
          spreadInput(from + c + <usize>j * pixel, xRow, small + <usize>(j << 4), 96);
        for (let i = 0; i < 6; i++) {
          spreadInput(small + <usize>(i * 96), 16, to + c + <usize>(i * 6) * vPlane, vPlane);
        }
      }
    }
    const padded = (count + 3) & ~3;
    for (let i: usize = 0; i < 36; i++) {
      multiply(v + i * vPlane, u + i * uPlane, m + i * mPlane, padded, channels, panels);
    }
    for (let t = 0; t < count; t++) {
      const out = y + <usize>((first + t) / perPicture) * yPicture;
      const tile = (first + t) % perPicture;
      const top = (tile / across) * 4;
      const left = (tile % across) * 4;
      const from = m + <usize>t * mRow;
      for (let k = 0; k < outputs; k += 4) {
        const c = (<usize>k) << 2;
        // Columns first: 4 rows of 6 vectors; then each row in place: 4 rows of 4.
        for (let j = 0; j < 6; j++)
          gather(from + c + <usize>j * mPlane, 6 * mPlane, small + <usize>(j << 4), 96);
        for (let i = 0; i < 4; i++) gather(small + <usize>(i * 96), 16, small + <usize>(i * 96), 16);
        const shift = v128.load(bias + c);
        const zero = f32x4.splat(0);
        if (pool) {
          for (let i = 0; i < 4; i += 2) {
            if (top + i >= height) break;
            for (let j = 0; j < 4; j += 2) {
              if (left + j >= width) break;
              const s = small + <usize>(i * 96 + j * 16);
              const maxima = f32x4.max(
                f32x4.max(v128.load(s), v128.load(s, 16)),
                f32x4.max(v128.load(s, 96), v128.load(s, 112)),
              );
              const pixelAt = <usize>((left + j) >> 1) * ((<usize>outputs) << 2);
              v128.store(
                out + <usize>((top + i) >> 1) * yRow + pixelAt + c,
                f32x4.max(f32x4.add(maxima, shift), zero),
              );
            }
          }
        } else {
          for (let i = 0; i < 4; i++) {
            if (top + i >= height) break;
            for (let j = 0; j < 4; j++) {
              if (left + j >= width) break;
              const value = v128.load(small + <usize>(i * 96 + j * 16));
              v128.store(
                out + <usize>(top + i) * yRow + <usize>(left + j) * ((<usize>outputs) << 2) + c,
                f32x4.max(f32x4.add(value, shift), zero),
              );
            }
          }
        }
      }
    }
  }
}
