// Pairs (key, row), in the order of the keys; equal keys in that of the rows.
fn after(a: vec2u, b: vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y > b.y);
}
