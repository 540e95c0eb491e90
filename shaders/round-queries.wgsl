// Queries that are on the device already, rounded for the products of quantised-packed.wgsl: q̃ = scale·q̂ with whole numbers q̂ of
// −127 … 127. `roundQueries` in src/knn/webgpu/queries.ts does the same for queries in memory; code.ts says what the
// sums are for. One workgroup a query.
// queries: q × stride f32, zeros from d on; rounded: q × stride / 4 words of four q̂; sums: q × (scale, ‖q̃‖², Σ q̃_j, a
// bound on ‖q − q̃‖)
struct Params { d: u32, stride: u32 }
override workgroup_size: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> queries: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> rounded: array<u32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

var<workgroup> largest: array<f32, workgroup_size>;
var<workgroup> whole: array<vec2i, workgroup_size>;
var<workgroup> lost: array<f32, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let quads = params.stride / 4;
  let first = group.x * quads;
  var size = 0.0;
  for (var i = thread; i < quads; i += workgroup_size) {
    let sizes = abs(queries[first + i]);
    size = max(size, max(max(sizes.x, sizes.y), max(sizes.z, sizes.w)));
  }
  largest[thread] = size;
  for (var half = workgroup_size / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      largest[thread] = max(largest[thread], largest[thread + half]);
    }
  }
  workgroupBarrier();
  size = largest[0];
  // Below, quotients may underflow: such a query is taken for zeros, which moves it by its length.
  let is_usual = size >= 0x1p-100;
  let scale = select(0.0, size / 127, is_usual);
  let inverse = select(0.0, 127 / size, is_usual);
  var sum = vec2i();
  var squares = 0.0;
  for (var i = thread; i < quads; i += workgroup_size) {
    let exact = queries[first + i] * inverse;
    let near = clamp(round(exact), vec4f(-127), vec4f(127));
    let moved = exact - near;
    squares += dot(moved, moved);
    let q = vec4i(near);
    sum += vec2i(dot(q, q), dot(q, vec4i(1)));
    let bytes = vec4u(q) & vec4u(255);
    rounded[first + i] = bytes.x | (bytes.y << 8) | (bytes.z << 16) | (bytes.w << 24);
  }
  whole[thread] = sum;
  lost[thread] = squares;
  for (var half = workgroup_size / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      whole[thread] += whole[thread + half];
      lost[thread] += lost[thread + half];
    }
  }
  if (thread == 0) {
    let root = sqrt(f32(params.d));
    let moved = scale * (sqrt(lost[0]) * (1 + 0x1p-14) + root * 0x1p-13);
    let total = vec2f(whole[0]);
    sums[group.x] = vec4f(scale, total.x * scale * scale, total.y * scale, select(2 * root * size, moved, is_usual));
  }
}
