// Lower bounds on the squared distances, from the inner products of quantised-columns.wgsl or quantised-packed.wgsl;
// `src/knn/webgpu/quantise.ts` says why they hold.
// partials: splits × q × capacity f32; sums: q × (, ‖q‖², Σ q_j, rounding of the query); statistics: 2 vec4f a row;
// mask: a bit a row; keys: q × key_capacity u32
// #include shared/keys.wgsl
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
@group(0) @binding(3) var<storage> statistics: array<vec4f>;
@group(0) @binding(4) var<storage> mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> keys: array<u32>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let query = id.y;
  let place = id.x;
  let row = params.first_row + place;
  if (place >= params.n) {
    return;
  }
  let direction = statistics[2 * place];
  let size = statistics[2 * place + 1];
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
  keys[query * params.key_capacity + row] = key_of(max(bound, 0), row);
}
