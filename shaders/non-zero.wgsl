// The values that are not zero of queries that are on the device already, in order, for quantised-columns.wgsl. One workgroup a
// query; each thread takes a run of its values.
// queries: q × stride f32; values: q × d pairs (dimension, bits of the value); sums: q × (pairs, ‖q‖², Σ q_j, 0)
struct Params { d: u32, stride: u32 }
const workgroup_size = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> queries: array<f32>;
@group(0) @binding(2) var<storage, read_write> values: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

var<workgroup> counts: array<u32, workgroup_size>;
var<workgroup> partial: array<vec2f, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let query = group.x;
  let each = (params.d + workgroup_size - 1) / workgroup_size;
  let start = min(thread * each, params.d);
  let to = min(start + each, params.d);
  var count = 0u;
  var sum = vec2f();
  for (var j = start; j < to; j++) {
    let value = queries[query * params.stride + j];
    if (value != 0) {
      count++;
      sum += vec2f(value * value, value);
    }
  }
  counts[thread] = count;
  partial[thread] = sum;
  // Sums over all threads before and with each.
  for (var step = 1u; step < workgroup_size; step *= 2) {
    workgroupBarrier();
    var before = 0u;
    var earlier = vec2f();
    if (thread >= step) {
      before = counts[thread - step];
      earlier = partial[thread - step];
    }
    workgroupBarrier();
    counts[thread] += before;
    partial[thread] += earlier;
  }
  var place = query * params.d + counts[thread] - count;
  for (var j = start; j < to; j++) {
    let value = queries[query * params.stride + j];
    if (value != 0) {
      values[place] = vec2u(j, bitcast<u32>(value));
      place++;
    }
  }
  if (thread == workgroup_size - 1) {
    sums[query] = vec4f(f32(counts[thread]), partial[thread], 0);
  }
}
