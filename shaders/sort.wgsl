// The k smallest (key, row) of each block of `block` keys, ascending, in workgroup memory: runs of `run` are sorted
// (bitonic), neighbours in opposite directions, and of two neighbours the smaller at each place are the smallest of
// both; so half of the runs go at a time until one is left.
// keys: q × capacity u32; lists: q × blocks × k pairs (key, row)
// #include shared/pairs.wgsl
struct Params { n: u32, capacity: u32, k: u32 }
override workgroup_size: u32 = 256;
override block: u32 = 2048;
override run: u32 = 2048; // a power of two, k … block

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> lists: array<vec2u>;

var<workgroup> pairs: array<vec2u, block>;

fn order(low: u32, high: u32, ascending: bool) {
  let a = pairs[low];
  let b = pairs[high];
  if (after(a, b) == ascending) {
    pairs[low] = b;
    pairs[high] = a;
  }
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  for (var i = thread; i < block; i += workgroup_size) {
    let row = group.x * block + i;
    var pair = vec2u(0xffffffff);
    if (row < params.n) {
      pair = vec2u(keys[group.y * params.capacity + row], row);
    }
    pairs[i] = pair;
  }
  for (var size = 2u; size <= run; size *= 2) {
    for (var step = size / 2; step > 0; step /= 2) {
      workgroupBarrier();
      for (var i = thread; i < block / 2; i += workgroup_size) {
        let low = (i / step) * 2 * step + i % step;
        order(low, low + step, (low & size) == 0);
      }
    }
  }
  for (var gap = run; gap < block; gap *= 2) {
    workgroupBarrier();
    let left = block / (2 * gap);
    for (var i = thread; i < left * run; i += workgroup_size) {
      let at = (i / run) * 2 * gap + i % run;
      if (after(pairs[at], pairs[at + gap])) {
        pairs[at] = pairs[at + gap];
      }
    }
    for (var step = run / 2; step > 0; step /= 2) {
      workgroupBarrier();
      for (var i = thread; i < left * run / 2; i += workgroup_size) {
        let which = i / (run / 2);
        let place = i % (run / 2);
        let low = which * 2 * gap + (place / step) * 2 * step + place % step;
        order(low, low + step, which % 2 == 0);
      }
    }
  }
  workgroupBarrier();
  let to = (group.y * groups.x + group.x) * params.k;
  for (var i = thread; i < params.k; i += workgroup_size) {
    lists[to + i] = pairs[i];
  }
}
