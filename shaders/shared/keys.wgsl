// Keys of rows: the bits of a number that is not negative, which have its order. A row of the mask has a key that no
// number has.
// Expects `mask: array<u32>`, a bit a row.
fn key_of(value: f32, row: u32) -> u32 {
  let is_masked = ((mask[row / 32] >> (row % 32)) & 1) == 1;
  return select(bitcast<u32>(value), 0xffffffff, is_masked);
}
