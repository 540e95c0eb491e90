// Squared L2 distances of a chunk of rows to many queries, direct form, 4 × 4 to a thread and nothing shared: for
// devices to which workgroup memory and barriers are dear.
// #include shared/distances.wgsl
override workgroup_size: u32 = 32;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = 4 * (group.x * workgroup_size + thread);
  let first_query = 4 * group.y;
  // Beyond the end the last row or query is read again; nobody writes what comes of it.
  let row_from = min(vec4u(first) + vec4u(0, 1, 2, 3), vec4u(params.n - 1)) * params.d4;
  let query_from = min(vec4u(first_query) + vec4u(0, 1, 2, 3), vec4u(params.q - 1)) * params.d4;
  var sums: array<vec4f, 4>;
  for (var j = 0u; j < params.d4; j++) {
    let q0 = queries[query_from.x + j];
    let q1 = queries[query_from.y + j];
    let q2 = queries[query_from.z + j];
    let q3 = queries[query_from.w + j];
    let x0 = values(row_from.x + j);
    let x1 = values(row_from.y + j);
    let x2 = values(row_from.z + j);
    let x3 = values(row_from.w + j);
    sums[0] += vec4f(squared(x0 - q0), squared(x0 - q1), squared(x0 - q2), squared(x0 - q3));
    sums[1] += vec4f(squared(x1 - q0), squared(x1 - q1), squared(x1 - q2), squared(x1 - q3));
    sums[2] += vec4f(squared(x2 - q0), squared(x2 - q1), squared(x2 - q2), squared(x2 - q3));
    sums[3] += vec4f(squared(x3 - q0), squared(x3 - q1), squared(x3 - q2), squared(x3 - q3));
  }
  for (var r = 0u; r < 4 && first + r < params.n; r++) {
    let row = params.first_row + first + r;
    for (var i = 0u; i < 4 && first_query + i < params.q; i++) {
      keys[(first_query + i) * params.capacity + row] = key_of(sums[r][i], row);
    }
  }
}
