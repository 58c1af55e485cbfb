// Elements of a weight in K-quants: blocks of 256 with scales of scales, as llama.cpp's files hold them (ggml-quants.c,
// dequantize_row_q4_K and its neighbours); Q6_K is padded to whole words.
import package::linear::weight::weight;

/// Scale and minimum (0 to 63) of sub-block `s` of 8, packed in the 12 bytes from word `at`.
@if(q4k || q5k) fn scaleAndMinimum(at: u32, s: u32) -> vec2f {
  let shift = 8u * (s & 3u);
  let first = weight[at] >> shift;
  let second = weight[at + 1u] >> shift;
  if (s < 4u) { return vec2f(f32(first & 63u), f32(second & 63u)); }
  let third = weight[at + 2u] >> shift;
  return vec2f(f32((third & 15u) | ((first >> 2u) & 48u)), f32(((third >> 4u) & 15u) | ((second >> 2u) & 48u)));
}

/// The four bytes of a word, lowest first, as far as `mask` keeps them.
fn bytesOf(word: u32, mask: u32) -> vec4u {
  return vec4u(word, word >> 8u, word >> 16u, word >> 24u) & vec4u(mask);
}

/// Elements 4·index … 4·index + 3: scale · q - minimum, in 8 sub-blocks of 32.
@if(q4k || q5k) fn decode4(index: u32) -> vec4f {
  @if(q4k) let block = index / 64u * 36u;
  @if(q5k) let block = index / 64u * 44u;
  @if(q4k) let low = block + 4u;
  @if(q5k) let low = block + 12u;
  let sub = index / 8u % 8u;
  let scales = unpack2x16float(weight[block]) * scaleAndMinimum(block + 1u, sub);
  var q = bytesOf(weight[low + sub / 2u * 8u + index % 8u] >> (sub % 2u * 4u), 15u);
  @if(q5k) { q |= bytesOf(weight[block + 4u + index % 8u] >> sub, 1u) << vec4u(4u); }
  return scales.x * vec4f(q) - scales.y;
}

/// Elements 4·index … 4·index + 3: scale · (q - 32), in 16 sub-blocks of 16.
@if(q6k) fn decode4(index: u32) -> vec4f {
  let block = index / 64u * 53u;
  let group = index % 64u;
  // Each half of the block has four quarters of 32: two share their low bytes, all four their high bytes.
  let halfBlock = group / 32u;
  let quarter = group / 8u % 4u;
  let low = weight[block + halfBlock * 16u + quarter % 2u * 8u + group % 8u] >> (quarter / 2u * 4u);
  let high = weight[block + 32u + halfBlock * 8u + group % 8u] >> (quarter * 2u);
  let q = bytesOf(low, 15u) | (bytesOf(high, 3u) << vec4u(4u));
  let scaleWord = weight[block + 48u + group / 16u] << (24u - group / 4u % 4u * 8u);
  let scale = unpack2x16float(weight[block + 52u]).x * f32(bitcast<i32>(scaleWord) >> 24u);
  return scale * (vec4f(q) - 32.0);
}
