// Squared L2 distances of a chunk of rows to many queries, direct form: a workgroup takes 64 rows × 64 queries, each of
// its 16 × 16 threads 4 × 4 of them, 16 values at a time through workgroup memory.
// #include shared/distances.wgsl

// [vec4 of 4][64]: neighbours in a row of threads read neighbours in memory.
var<workgroup> row_tile: array<array<vec4f, 64>, 4>;
var<workgroup> query_tile: array<array<vec4f, 64>, 4>;

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
        sums[r] += vec4f(squared(x - q0), squared(x - q1), squared(x - q2), squared(x - q3));
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 4; r++) {
    let row = first_row + local.x + 16 * r;
    if (row < params.n) {
      let place = params.first_row + row;
      for (var i = 0u; i < 4; i++) {
        let query = first_query + local.y + 16 * i;
        if (query < params.q) {
          keys[query * params.capacity + place] = key_of(sums[r][i], place);
        }
      }
    }
  }
}
