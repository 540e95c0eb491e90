// A dense layer with its ReLU, y = max(W·x + b, 0), over weights as they are stored. A workgroup takes 4 rows and 4
// pictures: each weight is decoded once for the four pictures, each x is read once for the four rows.
override workgroup_size: u32 = 64;
override inputs: u32;   // k, a multiple of 4; for codes of 32
override outputs: u32;  // values of a picture in y
override rows: u32;     // of this piece
override form: u32;     // 0 float32, 1 float16, 2 codes of 8 bits, 3 codes of 4 bits

@group(0) @binding(0) var<storage> weights: array<u32>;       // rows × inputs, encoded
@group(0) @binding(1) var<storage> scales: array<u32>;        // rows × inputs / 32 float16, two in a word
@group(0) @binding(2) var<storage> bias: array<f32>;          // rows
@group(0) @binding(3) var<storage> x: array<vec4f>;           // n × inputs
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // n × outputs
@group(0) @binding(5) var<uniform> first_row: u32;            // of this piece in y

var<workgroup> sums: array<vec4f, workgroup_size * 4>;

// Four weights of a row, from `unit` × 4.
fn decode(row: u32, unit: u32) -> vec4f {
  let i = row * (inputs / 4) + unit;
  if (form == 0) {
    return bitcast<vec4f>(vec4u(weights[4 * i], weights[4 * i + 1], weights[4 * i + 2], weights[4 * i + 3]));
  }
  if (form == 1) {
    return vec4f(unpack2x16float(weights[2 * i]), unpack2x16float(weights[2 * i + 1]));
  }
  let block = row * (inputs / 32) + unit / 8;
  let scale = unpack2x16float(scales[block / 2])[block % 2];
  if (form == 2) {
    return (vec4f(unpack4xU8(weights[i])) - 128) * scale;
  }
  let nibbles = vec4u(weights[i / 2] >> (16 * (i % 2))) >> vec4u(0, 4, 8, 12);
  return (vec4f(nibbles & vec4u(15)) - 8) * scale;
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let units = inputs / 4;
  let n = arrayLength(&x) / units;
  let row = group.x * 4;
  let picture = group.y * 4;
  // Beyond the last row or picture the last one is computed again and not written.
  let r = min(vec4u(row) + vec4u(0, 1, 2, 3), vec4u(rows - 1));
  let p = min(vec4u(picture) + vec4u(0, 1, 2, 3), vec4u(n - 1)) * units;
  var sum: array<vec4f, 4>;
  for (var unit = lane; unit < units; unit += workgroup_size) {
    let x0 = x[p[0] + unit];
    let x1 = x[p[1] + unit];
    let x2 = x[p[2] + unit];
    let x3 = x[p[3] + unit];
    for (var i = 0u; i < 4; i++) {
      let w = decode(r[i], unit);
      sum[i] += vec4f(dot(w, x0), dot(w, x1), dot(w, x2), dot(w, x3));
    }
  }
  for (var i = 0u; i < 4; i++) {
    sums[lane * 4 + i] = sum[i];
  }
  for (var half = workgroup_size / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      for (var i = 0u; i < 4; i++) {
        sums[lane * 4 + i] += sums[(lane + half) * 4 + i];
      }
    }
  }
  workgroupBarrier();
  // Sixteen results, a lane each.
  let i = lane / 4;
  let j = lane % 4;
  if (lane < 16 && row + i < rows && picture + j < n) {
    y[(picture + j) * outputs + first_row + row + i] = max(sums[i][j] + bias[row + i], 0);
  }
}
