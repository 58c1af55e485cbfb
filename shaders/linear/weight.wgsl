// Loads of the frozen weight [rows, cols], widened to f32, four elements at a time or one. Floats are read as vectors where
// cols is a multiple of 4 (`aligned`), else as elements. `blocks`: one of the quantized formats, decoded here; cols is a
// whole number of blocks. Words of a block, lowest bytes first (K-quants: ggml-common.h of llama.cpp):
//   q8:  f32 scale; 32 int8                                             element = scale · q
//   q4:  f16 scale, f16 minimum; 16 bytes, of which element i < 16 has the low half of byte i, i ≥ 16 the high half of
//        byte i - 16                                                    element = scale · q + minimum
//   nf4: f32 largest magnitude; 64 halves of a byte                     element = magnitude · NormalFloat[q]
//   q4k, q5k: f16 d, f16 dmin; 12 bytes of 6-bit scales and minima; q5k: 32 bytes of fifth bits; 128 bytes of low bits
//   q6k: 128 bytes of low bits, 64 of high bits, 16 int8 scales, f16 d, padding
@if(q4k || q5k || q6k) import package::linear::kQuants::decode4;
@if(q8 || q4 || nf4) import package::linear::blocks::decode4;
@if(nativeF16) enable f16;

@if(f16 || bf16) fn widen(word: u32) -> vec2f {
  @if(f16) { return unpack2x16float(word); }
  @if(bf16) { return bitcast<vec2f>(vec2u(word << 16u, word & 0xffff0000u)); }
}

@if(blocks) @group(0) @binding(2) var<storage, read> weight: array<u32>;
@if(aligned && nativeF16) @group(0) @binding(2) var<storage, read> weight: array<vec4<f16>>;
@if(aligned && !nativeF16 && (f16 || bf16)) @group(0) @binding(2) var<storage, read> weight: array<vec2u>;
@if(aligned && !blocks && !f16 && !bf16) @group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@if(!aligned && (f16 || bf16)) @group(0) @binding(2) var<storage, read> weight: array<u32>;
@if(!aligned && !blocks && !f16 && !bf16) @group(0) @binding(2) var<storage, read> weight: array<f32>;

/// Elements 4·index … 4·index + 3.
@if(aligned) fn weight4(index: u32) -> vec4f {
  @if(blocks) { return decode4(index); }
  @if(nativeF16) { return vec4f(weight[index]); }
  @if(!nativeF16 && (f16 || bf16)) {
    let words = weight[index];
    return vec4f(widen(words.x), widen(words.y));
  }
  @if(!blocks && !f16 && !bf16) { return weight[index]; }
}

@if(!aligned) fn weightAt(index: u32) -> f32 {
  @if(blocks) { return decode4(index / 4u)[index % 4u]; }
  @if(f16 || bf16) { return widen(weight[index / 2u])[index % 2u]; }
  @if(!blocks && !f16 && !bf16) { return weight[index]; }
}
