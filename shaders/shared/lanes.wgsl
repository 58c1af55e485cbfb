// A tile of 16 rows × 4 columns an invocation, whose rows are the same for the whole workgroup: each lane of a subgroup
// loads other rows and all get them by broadcast, so that one load serves LANES invocations. Lanes differ in columns.
// LANES is 4, 8 or 16 and at most the size of a subgroup; a tile's 16 rows take 16 / LANES loads.
// Call from uniform control flow, with workgroups of whole subgroups.
const LANES = constants::LANES;

/// One vector of each of 16 rows: four elements along the sum, or four columns of a result.
struct Sixteen {
  r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f,
  r8: vec4f, r9: vec4f, r10: vec4f, r11: vec4f, r12: vec4f, r13: vec4f, r14: vec4f, r15: vec4f,
}

/// Every lane's rows for every lane: `a` of lane i is row i, `b` row LANES + i, and so on; what LANES leaves over is unused.
fn broadcastRows(a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> Sixteen {
  @if(lanes4) {
    return Sixteen(
      subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u),
      subgroupBroadcast(b, 0u), subgroupBroadcast(b, 1u), subgroupBroadcast(b, 2u), subgroupBroadcast(b, 3u),
      subgroupBroadcast(c, 0u), subgroupBroadcast(c, 1u), subgroupBroadcast(c, 2u), subgroupBroadcast(c, 3u),
      subgroupBroadcast(d, 0u), subgroupBroadcast(d, 1u), subgroupBroadcast(d, 2u), subgroupBroadcast(d, 3u));
  }
  @if(lanes8) {
    return Sixteen(
      subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u),
      subgroupBroadcast(a, 4u), subgroupBroadcast(a, 5u), subgroupBroadcast(a, 6u), subgroupBroadcast(a, 7u),
      subgroupBroadcast(b, 0u), subgroupBroadcast(b, 1u), subgroupBroadcast(b, 2u), subgroupBroadcast(b, 3u),
      subgroupBroadcast(b, 4u), subgroupBroadcast(b, 5u), subgroupBroadcast(b, 6u), subgroupBroadcast(b, 7u));
  }
  @if(lanes16) {
    return Sixteen(
      subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u),
      subgroupBroadcast(a, 4u), subgroupBroadcast(a, 5u), subgroupBroadcast(a, 6u), subgroupBroadcast(a, 7u),
      subgroupBroadcast(a, 8u), subgroupBroadcast(a, 9u), subgroupBroadcast(a, 10u), subgroupBroadcast(a, 11u),
      subgroupBroadcast(a, 12u), subgroupBroadcast(a, 13u), subgroupBroadcast(a, 14u), subgroupBroadcast(a, 15u));
  }
}

fn equalRows(r: vec4f) -> Sixteen { return Sixteen(r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r); }

fn zeroRows() -> Sixteen { return equalRows(vec4f()); }

/// sum + row · terms: four multiply-adds, one after another so that a compiler can fuse each.
fn plusProduct(sum: vec4f, row: vec4f, terms: mat4x4f) -> vec4f {
  var s = sum + row.x * terms[0];
  s += row.y * terms[1];
  s += row.z * terms[2];
  s += row.w * terms[3];
  return s;
}

/// sums + rows · terms, of the first 8 rows only if `eight`; terms[i] holds the columns' values of the i-th of four elements along the sum.
fn plusProducts(sums: Sixteen, rows: Sixteen, terms: mat4x4f) -> Sixteen {
  @if(eight) {
    return Sixteen(
      plusProduct(sums.r0, rows.r0, terms), plusProduct(sums.r1, rows.r1, terms),
      plusProduct(sums.r2, rows.r2, terms), plusProduct(sums.r3, rows.r3, terms),
      plusProduct(sums.r4, rows.r4, terms), plusProduct(sums.r5, rows.r5, terms),
      plusProduct(sums.r6, rows.r6, terms), plusProduct(sums.r7, rows.r7, terms),
      sums.r8, sums.r9, sums.r10, sums.r11, sums.r12, sums.r13, sums.r14, sums.r15);
  }
  @if(!eight) {
    return Sixteen(
      plusProduct(sums.r0, rows.r0, terms), plusProduct(sums.r1, rows.r1, terms),
      plusProduct(sums.r2, rows.r2, terms), plusProduct(sums.r3, rows.r3, terms),
      plusProduct(sums.r4, rows.r4, terms), plusProduct(sums.r5, rows.r5, terms),
      plusProduct(sums.r6, rows.r6, terms), plusProduct(sums.r7, rows.r7, terms),
      plusProduct(sums.r8, rows.r8, terms), plusProduct(sums.r9, rows.r9, terms),
      plusProduct(sums.r10, rows.r10, terms), plusProduct(sums.r11, rows.r11, terms),
      plusProduct(sums.r12, rows.r12, terms), plusProduct(sums.r13, rows.r13, terms),
      plusProduct(sums.r14, rows.r14, terms), plusProduct(sums.r15, rows.r15, terms));
  }
}

/// Rows 4·i … 4·i + 3 of a tile, for a loop over them: sixteen copies of an epilogue would take some drivers seconds to
/// compile, and an array indexed by row is slow on them.
struct Four { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f }

fn fourRows(s: Sixteen, i: u32) -> Four {
  let isLow = i < 2u;
  let isFirst = (i & 1u) == 0u;
  return Four(
    select(select(s.r12, s.r8, isFirst), select(s.r4, s.r0, isFirst), isLow),
    select(select(s.r13, s.r9, isFirst), select(s.r5, s.r1, isFirst), isLow),
    select(select(s.r14, s.r10, isFirst), select(s.r6, s.r2, isFirst), isLow),
    select(select(s.r15, s.r11, isFirst), select(s.r7, s.r3, isFirst), isLow));
}

/// Row i of four.
fn oneRow(f: Four, i: u32) -> vec4f {
  let isFirst = (i & 1u) == 0u;
  return select(select(f.r3, f.r2, isFirst), select(f.r1, f.r0, isFirst), i < 2u);
}

/// Element i of a vector: an index by a number that is not constant makes some drivers unroll the loop around it.
fn oneOf(v: vec4f, i: u32) -> f32 {
  let isFirst = (i & 1u) == 0u;
  return select(select(v.w, v.z, isFirst), select(v.y, v.x, isFirst), i < 2u);
}

/// To index by a number that is not constant: loops over rows to a count known only at run time stay loops, where sixteen
/// copies of an epilogue would take some drivers ten seconds to compile.
fn asArray(s: Sixteen) -> array<vec4f, 16> {
  return array<vec4f, 16>(
    s.r0, s.r1, s.r2, s.r3, s.r4, s.r5, s.r6, s.r7, s.r8, s.r9, s.r10, s.r11, s.r12, s.r13, s.r14, s.r15);
}

fn plusRows(s: Sixteen, a: array<vec4f, 16>) -> Sixteen {
  return Sixteen(
    s.r0 + a[0], s.r1 + a[1], s.r2 + a[2], s.r3 + a[3], s.r4 + a[4], s.r5 + a[5], s.r6 + a[6], s.r7 + a[7],
    s.r8 + a[8], s.r9 + a[9], s.r10 + a[10], s.r11 + a[11], s.r12 + a[12], s.r13 + a[13], s.r14 + a[14], s.r15 + a[15]);
}
