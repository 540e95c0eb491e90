// Inner products of rows' 8-bit codes with the values of each query that are not zero, a share of these at a time. Of a
// block of 1024 rows the codes of one dimension lie together, 16 rows a thread: threads side by side read memory side
// by side, and dimensions in which the query is zero are never read.
// codes: blocks × d × 64 vec4u: byte b of component c of a thread's word is the code of row 16·thread + 4·b + c;
// values: q × stride pairs (dimension, bits of the value); sums: q × (pairs, ‖q‖², Σ q_j, 0);
// partials: splits × q × capacity f32
struct Params { d: u32, q: u32, splits: u32, capacity: u32, stride: u32 }
const threads = 64u;
// Products that are added up before their sum joins the others': short chains of additions round less.
const chain = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> codes: array<vec4u>;
@group(0) @binding(2) var<storage> values: array<vec2u>;
@group(0) @binding(3) var<storage> sums: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let query = group.y;
  let count = u32(sums[query].x);
  let each = (count + params.splits - 1) / params.splits;
  let end = query * params.stride + min(count, (group.z + 1) * each);
  let word = group.x * params.d * threads + thread;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var start = query * params.stride + group.z * each; start < end; start += chain) {
    var chain0 = vec4f();
    var chain1 = vec4f();
    var chain2 = vec4f();
    var chain3 = vec4f();
    let to = min(start + chain, end);
    for (var at = start; at < to; at++) {
      let dimension = values[at].x;
      let value = bitcast<f32>(values[at].y);
      let packed = codes[word + dimension * threads];
      chain0 += vec4f(packed & vec4u(255)) * value;
      chain1 += vec4f((packed >> vec4u(8)) & vec4u(255)) * value;
      chain2 += vec4f((packed >> vec4u(16)) & vec4u(255)) * value;
      chain3 += vec4f(packed >> vec4u(24)) * value;
    }
    sum0 += chain0;
    sum1 += chain1;
    sum2 += chain2;
    sum3 += chain3;
  }
  let row = (group.x * threads + thread) * 16;
  let place = ((group.z * params.q + query) * params.capacity + row) / 4;
  partials[place] = sum0;
  partials[place + 1] = sum1;
  partials[place + 2] = sum2;
  partials[place + 3] = sum3;
}
