// How attention by tiles cuts a batch: 16 rows of one sequence at a time, so that no tile meets two sequences.
fn tilesPerSequence(length: u32) -> u32 { return (length + 15u) / 16u; }

/// The first row of a tile, tiles counted through all sequences.
fn firstRowOf(tile: u32, length: u32) -> u32 {
  let perSequence = tilesPerSequence(length);
  return tile / perSequence * length + tile % perSequence * 16u;
}
