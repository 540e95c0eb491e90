// Merges up to `fan_in` ascending lists of k pairs (key, row) into the k smallest of them all, ascending. Of an
// ascending and a descending list, the smaller at each place are the smallest of both and bitonic.
// lists: q × count × k pairs; merged: q × ceil(count / fan_in) × k pairs
// #include shared/pairs.wgsl
struct Params { count: u32, k: u32 }
override workgroup_size: u32 = 256;
override capacity: u32 = 2048; // a power of two, at least k
override fan_in: u32 = 16;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> lists: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> merged: array<vec2u>;

var<workgroup> pairs: array<vec2u, capacity>;

fn pair_at(list: u32, i: u32) -> vec2u {
  return select(vec2u(0xffffffff), lists[list * params.k + min(i, params.k - 1)], i < params.k);
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = group.y * params.count + group.x * fan_in;
  let end = group.y * params.count + min(params.count, (group.x + 1) * fan_in);
  for (var i = thread; i < capacity; i += workgroup_size) {
    pairs[i] = pair_at(first, i);
  }
  for (var list = first + 1; list < end; list++) {
    for (var i = thread; i < capacity; i += workgroup_size) {
      let other = pair_at(list, capacity - 1 - i);
      if (after(pairs[i], other)) {
        pairs[i] = other;
      }
    }
    for (var step = capacity / 2; step > 0; step /= 2) {
      workgroupBarrier();
      for (var i = thread; i < capacity / 2; i += workgroup_size) {
        let low = (i / step) * 2 * step + i % step;
        let a = pairs[low];
        let b = pairs[low + step];
        if (after(a, b)) {
          pairs[low] = b;
          pairs[low + step] = a;
        }
      }
    }
    workgroupBarrier();
  }
  workgroupBarrier();
  let to = (group.y * groups.x + group.x) * params.k;
  for (var i = thread; i < params.k; i += workgroup_size) {
    merged[to + i] = pairs[i];
  }
}
