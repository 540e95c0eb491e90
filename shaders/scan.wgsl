// Squared L2 distances of a chunk of rows to few queries, direct form. Each thread takes four rows, so that a value of
// the query is read once for four; `lanes` threads share them: many read memory in order as GPUs like it, one suits a
// software device.
// rows: n × d4 groups of four values, float32 or, where `half`, float16; queries: q × d4 vec4f; left_out: a bit a row; keys: q × capacity u32 (the bits of the distance)
struct Params { n: u32, q: u32, d4: u32, capacity: u32, first_row: u32 }
override workgroup_size: u32 = 64;
override half: bool = false;
override lanes: u32 = 1;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> rows: array<vec4u>;
@group(0) @binding(2) var<storage> queries: array<vec4f>;
@group(0) @binding(3) var<storage> left_out: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

var<workgroup> sums: array<vec4f, workgroup_size>;

// Four values of a row: float32, or two words of two float16 each.
fn values(i: u32) -> vec4f {
  if (half) {
    let words = select(rows[i / 2].xy, rows[i / 2].zw, i % 2 == 1);
    return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
  }
  return bitcast<vec4f>(rows[i]);
}

fn squared(difference: vec4f) -> f32 {
  return dot(difference, difference);
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let first = 4 * (group.x * (workgroup_size / lanes) + thread / lanes);
  // Beyond the end the last row is read again; nobody writes what comes of it.
  let last = params.n - 1;
  let a = min(first, last) * params.d4;
  let b = min(first + 1, last) * params.d4;
  let c = min(first + 2, last) * params.d4;
  let d = min(first + 3, last) * params.d4;
  let query = group.y * params.d4;
  var sum = vec4f();
  for (var j = lane; j < params.d4; j += lanes) {
    let q = queries[query + j];
    sum += vec4f(squared(values(a + j) - q), squared(values(b + j) - q), squared(values(c + j) - q), squared(values(d + j) - q));
  }
  if (lanes > 1) {
    sums[thread] = sum;
    for (var half = lanes / 2; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half) {
        sums[thread] += sums[thread + half];
      }
    }
    sum = sums[thread];
  }
  if (lane == 0) {
    for (var i = 0u; i < 4 && first + i < params.n; i++) {
      let row = params.first_row + first + i;
      let is_out = ((left_out[row / 32] >> (row % 32)) & 1) == 1;
      keys[group.y * params.capacity + row] = select(bitcast<u32>(sum[i]), 0xffffffff, is_out);
    }
  }
}
