// Inner products of rows' 8-bit codes with queries rounded to 8 bits, four dimensions an instruction, for rows that are
// seldom zero. Of a block of 1024 rows four dimensions lie together, four rows a thread; the sums of whole numbers are
// exact.
// codes: blocks × quads × 256 vec4u: component c of word t holds four dimensions of row 4·t + c, each code less 128;
// queries: q × quads; sums: q × (scale, …); partials: q × capacity f32
requires packed_4x8_integer_dot_product;

struct Params { quads: u32, capacity: u32 }
const threads = 64u;
const words = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> codes: array<vec4u>;
@group(0) @binding(2) var<storage> queries: array<u32>;
@group(0) @binding(3) var<storage> sums: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let word = group.x * threads + thread;
  let query = group.y * params.quads;
  var place = (word / words) * params.quads * words + word % words;
  var sum = vec4i();
  for (var j = 0u; j < params.quads; j++) {
    let value = queries[query + j];
    if (value != 0) {
      let packed = codes[place];
      sum += vec4i(
        dot4I8Packed(packed.x, value),
        dot4I8Packed(packed.y, value),
        dot4I8Packed(packed.z, value),
        dot4I8Packed(packed.w, value),
      );
    }
    place += words;
  }
  partials[group.y * params.capacity / 4 + word] = vec4f(sum) * sums[group.y].x;
}
