/** For the bench only, no part of the library: what reading alone costs. */

/** Sums of one row, lane by lane. */
function one(row: usize, stride: usize): v128 {
  let a = f32x4.splat(0);
  const end = row + stride;
  do {
    a = f32x4.add(a, v128.load(row));
    row += 16;
  } while (row !== end);
  return a;
}

/**
 * Sum of all values of `n` rows, four rows at a time: four streams from memory keep more of it under way than one
 * does. Eight independent sums and nothing but loads: no search of the same rows can be faster, up to noise.
 *
 * @param stride bytes from one row to the next, a multiple of 16
 */
export function sum(rows: usize, n: i32, stride: usize): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  const wide = stride & ~31;
  let row = 0;
  for (; row + 4 <= n; row += 4) {
    let p = rows + <usize>row * stride;
    let q = p + stride;
    let r = q + stride;
    let s = r + stride;
    const end = p + wide;
    while (p !== end) {
      a = f32x4.add(a, v128.load(p));
      b = f32x4.add(b, v128.load(p, 16));
      c = f32x4.add(c, v128.load(q));
      d = f32x4.add(d, v128.load(q, 16));
      e = f32x4.add(e, v128.load(r));
      f = f32x4.add(f, v128.load(r, 16));
      g = f32x4.add(g, v128.load(s));
      h = f32x4.add(h, v128.load(s, 16));
      p += 32;
      q += 32;
      r += 32;
      s += 32;
    }
    if (wide !== stride) {
      a = f32x4.add(a, v128.load(p));
      c = f32x4.add(c, v128.load(q));
      e = f32x4.add(e, v128.load(r));
      g = f32x4.add(g, v128.load(s));
    }
  }
  for (; row < n; row++) a = f32x4.add(a, one(rows + <usize>row * stride, stride));
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3)
  );
}

/** The same sum in one stream from first to last byte; which of the two is faster is the machine's choice. */
export function sumInOrder(at: usize, byteLength: usize): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  const end = at + byteLength;
  const wide = at + (byteLength & ~127);
  while (at !== wide) {
    a = f32x4.add(a, v128.load(at));
    b = f32x4.add(b, v128.load(at, 16));
    c = f32x4.add(c, v128.load(at, 32));
    d = f32x4.add(d, v128.load(at, 48));
    e = f32x4.add(e, v128.load(at, 64));
    f = f32x4.add(f, v128.load(at, 80));
    g = f32x4.add(g, v128.load(at, 96));
    h = f32x4.add(h, v128.load(at, 112));
    at += 128;
  }
  while (at !== end) {
    a = f32x4.add(a, v128.load(at));
    at += 16;
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3)
  );
}

/**
 * Multiplies and adds in registers alone: 12 · 4 · `rounds` operations on four floats. Each sum waits for its own last
 * operations, eight cycles on today's x64: with twelve of them none has to.
 */
export function multiplyAdd(rounds: i32): f32 {
  let a = f32x4.splat(1);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  let i = a;
  let j = a;
  let k = a;
  let l = a;
  const x = f32x4.splat(0.999);
  const y = f32x4.splat(0.001);
  do {
    for (let turn = 0; turn < 4; turn++) {
      a = fused(a, x, y);
      b = fused(b, x, y);
      c = fused(c, x, y);
      d = fused(d, x, y);
      e = fused(e, x, y);
      f = fused(f, x, y);
      g = fused(g, x, y);
      h = fused(h, x, y);
      i = fused(i, x, y);
      j = fused(j, x, y);
      k = fused(k, x, y);
      l = fused(l, x, y);
    }
  } while (--rounds > 0);
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  a = f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l)));
  return f32x4.extract_lane(a, 0);
}

function fused(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}
