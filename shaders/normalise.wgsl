// Divides each row by its Euclidean norm, in place; a row of zeros stays. One workgroup a row.
// values: n × d float32
override workgroup_size: u32 = 64;
override d: u32;

@group(0) @binding(0) var<storage, read_write> values: array<f32>;

var<workgroup> sums: array<f32, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * d;
  var sum = 0.0;
  for (var j = lane; j < d; j += workgroup_size) {
    sum += values[first + j] * values[first + j];
  }
  sums[lane] = sum;
  for (var half = workgroup_size / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  workgroupBarrier();
  let norm = sqrt(sums[0]);
  if (norm > 0.0) {
    for (var j = lane; j < d; j += workgroup_size) {
      values[first + j] /= norm;
    }
  }
}
