// Elements of a weight in blocks of 32 (q8, q4) or 64 (nf4); layouts in linear/weight.
import package::linear::weight::weight;

/// The four bytes of a word, lowest first.
@if(q8) fn signedBytes(word: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

/// Elements 4·index … 4·index + 3.
@if(q8) fn decode4(index: u32) -> vec4f {
  let block = index / 8u * 9u;
  return bitcast<f32>(weight[block]) * signedBytes(weight[block + 1u + index % 8u]);
}

@if(q4) fn decode4(index: u32) -> vec4f {
  let block = index / 8u * 5u;
  let scale = unpack2x16float(weight[block]);
  let word = weight[block + 1u + index % 4u] >> (index & 4u);
  return scale.x * vec4f(vec4u(word, word >> 8u, word >> 16u, word >> 24u) & vec4u(15u)) + scale.y;
}

@if(nf4) fn decode4(index: u32) -> vec4f {
  let block = index / 16u * 9u;
  let four = weight[block + 1u + index % 16u / 2u] >> (index % 2u * 16u);
  return bitcast<f32>(weight[block]) * vec4f(normalFloat(four), normalFloat(four >> 4u), normalFloat(four >> 8u), normalFloat(four >> 12u));
}

// QLoRA (arXiv 2305.14314), appendix E.
@if(nf4) const NORMAL_FLOAT = array<f32, 16>(
  -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
  -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0);

@if(nf4) fn normalFloat(bits: u32) -> f32 {
  return NORMAL_FLOAT[bits & 15u];
}
