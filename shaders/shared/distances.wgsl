// What distances.wgsl, distances-tile.wgsl and distances-block.wgsl have in common.
// rows: n × d4 groups of four values, float32 or, where `half`, float16; queries: q × d4 vec4f; mask: a bit a row;
// keys: q × capacity u32
// #include shared/keys.wgsl
struct Params { n: u32, q: u32, d4: u32, capacity: u32, first_row: u32 }
override half: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> rows: array<vec4u>;
@group(0) @binding(2) var<storage> queries: array<vec4f>;
@group(0) @binding(3) var<storage> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

// Four values of a row: float32, or two words of two float16 each.
fn values(i: u32) -> vec4f {
  if (half) {
    let words = select(rows[i / 2].xy, rows[i / 2].zw, i % 2 == 1);
    return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
  }
  return bitcast<vec4f>(rows[i]);
}

fn squared(difference: vec4f) -> f32 {
  return dot(difference, difference);
}
