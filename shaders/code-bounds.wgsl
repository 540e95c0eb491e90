// Lower bounds on the squared distances, from the inner products of code-scan.wgsl or code-dot.wgsl; `src/knn/webgpu/code.ts` says
// why they hold.
// sums: q × (, ‖q‖², Σ q_j, rounding of the query)
// partials: splits × q × capacity f32; facts: 2 vec4f a row; left_out: a bit a row; keys: q × key_capacity u32 (the
// bits of the bound)
struct Params {
  n: u32,
  q: u32,
  splits: u32,
  capacity: u32,
  key_capacity: u32,
  first_row: u32,
  relative: f32,
  absolute: f32,
}
override workgroup_size: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> partials: array<f32>;
@group(0) @binding(2) var<storage> sums: array<vec4f>;
@group(0) @binding(3) var<storage> facts: array<vec4f>;
@group(0) @binding(4) var<storage> left_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> keys: array<u32>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let query = id.y;
  let place = id.x;
  let row = params.first_row + place;
  if (place >= params.n) {
    return;
  }
  let direction = facts[2 * place];
  let size = facts[2 * place + 1];
  let squared = sums[query].y;
  var product = 0.0;
  for (var split = 0u; split < params.splits; split++) {
    product += partials[(split * params.q + query) * params.capacity + place];
  }
  // The query's part along the code, and across it.
  let along = (product - direction.z * sums[query].z) * direction.x;
  let across = sqrt(max(squared - along * along, 0) + params.relative * size.z * squared);
  let reach = sqrt(squared) + size.y;
  let slack = params.relative * reach * reach + params.absolute;
  var bound = squared + size.x - 2 * direction.y * along - 2 * direction.w * across - slack;
  // Of a query that was rounded: no farther than so much from the one that was asked.
  let rounding = sums[query].w;
  if (rounding > 0) {
    let lower = max(sqrt(max(bound, 0)) * (1 - 0x1p-19) - rounding, 0);
    bound = lower * lower * (1 - 0x1p-19);
  }
  let is_out = ((left_out[row / 32] >> (row % 32)) & 1) == 1;
  keys[query * params.key_capacity + row] = select(bitcast<u32>(max(bound, 0)), 0xffffffff, is_out);
}
