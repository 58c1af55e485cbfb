// How attention by tiles cuts a batch: TILE_ROWS rows of one sequence at a time, so that no tile meets two sequences.
const TILE_ROWS = 16u;

fn tilesPerSequence(length: u32) -> u32 { return (length + TILE_ROWS - 1u) / TILE_ROWS; }

/// The first row of a tile, tiles counted through all sequences.
fn firstRowOf(tile: u32, length: u32) -> u32 {
  let perSequence = tilesPerSequence(length);
  return tile / perSequence * length + tile % perSequence * TILE_ROWS;
}
