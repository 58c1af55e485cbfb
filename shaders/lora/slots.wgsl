// The ranks of neighbouring column blocks of a group, counted as one run of slots, so that a tile of 16 takes the ranks of
// q, k and v together where they read the same rows.
import package::shared::segments::Segment;

@group(0) @binding(2) var<storage, read> segments: array<Segment>;

/// Rank `q` of a segment; past the last slot it is the last rank.
struct Slot { segment: u32, q: u32 }

fn slotAt(firstSegment: u32, blocks: u32, slot: u32) -> Slot {
  var left = slot;
  var last = Slot(firstSegment, 0u);
  for (var b = 0u; b < blocks; b++) {
    let rank = segments[firstSegment + b].rank;
    if (left < rank) { return Slot(firstSegment + b, left); }
    left -= rank;
    if (rank > 0u) { last = Slot(firstSegment + b, rank - 1u); }
  }
  return last;
}

fn slotCount(firstSegment: u32, blocks: u32) -> u32 {
  var count = 0u;
  for (var b = 0u; b < blocks; b++) { count += segments[firstSegment + b].rank; }
  return count;
}
