// Squared L2 distances of a chunk of rows to many queries, direct form: a workgroup takes 64 rows × 64 queries, each of
// its 16 × 16 threads 4 × 4 of them, 16 values at a time through workgroup memory.
// Bindings as in scan.wgsl.
struct Params { n: u32, q: u32, d4: u32, capacity: u32, first_row: u32 }

override half: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> rows: array<vec4u>;
@group(0) @binding(2) var<storage> queries: array<vec4f>;
@group(0) @binding(3) var<storage> left_out: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

// [vec4 of 4][64]: neighbours in a row of threads read neighbours in memory.
var<workgroup> row_tile: array<array<vec4f, 64>, 4>;
var<workgroup> query_tile: array<array<vec4f, 64>, 4>;

// Four values of a row: float32, or two words of two float16 each.
fn values(i: u32) -> vec4f {
  if (half) {
    let words = select(rows[i / 2].xy, rows[i / 2].zw, i % 2 == 1);
    return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
  }
  return bitcast<vec4f>(rows[i]);
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first_row = group.x * 64;
  let first_query = group.y * 64;
  let part = thread % 4;
  let place = thread / 4;
  // Beyond the end the last row or query is read again; nobody writes what comes of it.
  let row_from = min(first_row + place, params.n - 1) * params.d4;
  let query_from = min(first_query + place, params.q - 1) * params.d4;
  var sums: array<vec4f, 4>;
  for (var j = 0u; j < params.d4; j += 4) {
    let inside = j + part < params.d4;
    row_tile[part][place] = select(vec4f(), values(row_from + min(j + part, params.d4 - 1)), inside);
    query_tile[part][place] = select(vec4f(), queries[query_from + min(j + part, params.d4 - 1)], inside);
    workgroupBarrier();
    for (var p = 0u; p < 4; p++) {
      let q0 = query_tile[p][local.y];
      let q1 = query_tile[p][local.y + 16];
      let q2 = query_tile[p][local.y + 32];
      let q3 = query_tile[p][local.y + 48];
      for (var r = 0u; r < 4; r++) {
        let x = row_tile[p][local.x + 16 * r];
        let a = x - q0;
        let b = x - q1;
        let c = x - q2;
        let d = x - q3;
        sums[r] += vec4f(dot(a, a), dot(b, b), dot(c, c), dot(d, d));
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 4; r++) {
    let row = first_row + local.x + 16 * r;
    if (row < params.n) {
      let place = params.first_row + row;
      let is_out = ((left_out[place / 32] >> (place % 32)) & 1) == 1;
      for (var i = 0u; i < 4; i++) {
        let query = first_query + local.y + 16 * i;
        if (query < params.q) {
          keys[query * params.capacity + place] = select(bitcast<u32>(sums[r][i]), 0xffffffff, is_out);
        }
      }
    }
  }
}
