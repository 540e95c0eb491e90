// Squared L2 distances of a chunk of rows to few queries, direct form. `lanes` threads share a row: many read memory in
// order as GPUs like it, one suits a software device.
// rows: n × d4 vec4f; queries: q × d4 vec4f; special: a bit a row; keys: q × capacity u32 (the bits of the distance)
struct Params { n: u32, q: u32, d4: u32, capacity: u32 }
override workgroup_size: u32 = 64;
override lanes: u32 = 1;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> rows: array<vec4f>;
@group(0) @binding(2) var<storage> queries: array<vec4f>;
@group(0) @binding(3) var<storage> special: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

var<workgroup> sums: array<f32, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let row = group.x * (workgroup_size / lanes) + thread / lanes;
  var sum = 0.0;
  if (row < params.n) {
    for (var j = lane; j < params.d4; j += lanes) {
      let difference = rows[row * params.d4 + j] - queries[group.y * params.d4 + j];
      sum += dot(difference, difference);
    }
  }
  sums[thread] = sum;
  for (var half = lanes / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[thread] += sums[thread + half];
    }
  }
  if (lane == 0 && row < params.n) {
    let is_special = ((special[row / 32] >> (row % 32)) & 1) == 1;
    keys[group.y * params.capacity + row] = select(bitcast<u32>(sums[thread]), 0xffffffff, is_special);
  }
}
