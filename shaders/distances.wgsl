// Squared L2 distances of a chunk of rows to few queries, direct form. Each thread takes four rows, so that a value of
// the query is read once for four; `lanes` threads share them: many read memory in order as GPUs like it, one suits a
// software device.
// #include shared/distances.wgsl
override workgroup_size: u32 = 64;
override lanes: u32 = 1;

var<workgroup> sums: array<vec4f, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let first = 4 * (group.x * (workgroup_size / lanes) + thread / lanes);
  // Beyond the end the last row is read again; nobody writes what comes of it.
  let last = params.n - 1;
  let row_from = min(vec4u(first) + vec4u(0, 1, 2, 3), vec4u(last)) * params.d4;
  let query = group.y * params.d4;
  var sum = vec4f();
  for (var j = lane; j < params.d4; j += lanes) {
    let q = queries[query + j];
    sum += vec4f(
      squared(values(row_from.x + j) - q),
      squared(values(row_from.y + j) - q),
      squared(values(row_from.z + j) - q),
      squared(values(row_from.w + j) - q),
    );
  }
  if (lanes > 1) {
    sums[thread] = sum;
    for (var half = lanes / 2; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half) {
        sums[thread] += sums[thread + half];
      }
    }
    sum = sums[thread];
  }
  if (lane == 0) {
    for (var i = 0u; i < 4 && first + i < params.n; i++) {
      let row = params.first_row + first + i;
      keys[group.y * params.capacity + row] = key_of(sum[i], row);
    }
  }
}
