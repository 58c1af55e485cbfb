// The group table of a fused LoRA linear. A segment is a block of rows (one adapter's group) × a block of output columns
// (one target matrix), with that adapter's own A [rank, K] and B [colCount, rank] in the flat parameter buffer and its own
// block of U and V [rowCount, rank]. Segments are ordered by group, then by column block; rank 0 is a frozen block.
struct Segment {
  rowStart: u32, rowCount: u32,
  colStart: u32, colCount: u32,
  rank: u32, uStart: u32,
  aStart: u32, bStart: u32,
  scaling: f32,
  // Dropout: the stream tells modules apart; an input is kept when its random word is at least `dropBelow`.
  stream: u32, dropBelow: u32, keepScale: f32,
}
