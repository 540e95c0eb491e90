// The k smallest (key, row) of each block of `block` keys, ascending: a bitonic sort in workgroup memory.
// keys: q × capacity u32; lists: q × lists × k pairs (key, row)
struct Params { n: u32, first_row: u32, capacity: u32, first_list: u32, lists: u32, k: u32 }
override workgroup_size: u32 = 256;
override block: u32 = 2048;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> lists: array<vec2u>;

var<workgroup> pairs: array<vec2u, block>;

fn after(a: vec2u, b: vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y > b.y);
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var i = thread; i < block; i += workgroup_size) {
    let row = group.x * block + i;
    var pair = vec2u(0xffffffff);
    if (row < params.n) {
      pair = vec2u(keys[group.y * params.capacity + row], params.first_row + row);
    }
    pairs[i] = pair;
  }
  for (var size = 2u; size <= block; size *= 2) {
    for (var step = size / 2; step > 0; step /= 2) {
      workgroupBarrier();
      for (var i = thread; i < block / 2; i += workgroup_size) {
        let low = (i / step) * 2 * step + i % step;
        let a = pairs[low];
        let b = pairs[low + step];
        if (after(a, b) == ((low & size) == 0)) {
          pairs[low] = b;
          pairs[low + step] = a;
        }
      }
    }
  }
  workgroupBarrier();
  let to = (group.y * params.lists + params.first_list + group.x) * params.k;
  for (var i = thread; i < params.k; i += workgroup_size) {
    lists[to + i] = pairs[i];
  }
}
