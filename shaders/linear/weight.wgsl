// Loads of the frozen weight [rows, cols], widened to f32. Vectors where cols is a multiple of 4 (`aligned`), else elements.
@if(f16 || bf16) fn widen(word: u32) -> vec2f {
  @if(f16) { return unpack2x16float(word); }
  @if(bf16) { return bitcast<vec2f>(vec2u(word << 16u, word & 0xffff0000u)); }
}

@if(aligned && (f16 || bf16)) @group(0) @binding(2) var<storage, read> weight: array<vec2u>;
@if(aligned && !f16 && !bf16) @group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@if(!aligned && (f16 || bf16)) @group(0) @binding(2) var<storage, read> weight: array<u32>;
@if(!aligned && !f16 && !bf16) @group(0) @binding(2) var<storage, read> weight: array<f32>;

/// Elements 4·index … 4·index + 3.
@if(aligned) fn weight4(index: u32) -> vec4f {
  @if(f16 || bf16) {
    let words = weight[index];
    return vec4f(widen(words.x), widen(words.y));
  }
  @if(!f16 && !bf16) { return weight[index]; }
}

@if(!aligned) fn weightAt(index: u32) -> f32 {
  @if(f16 || bf16) { return widen(weight[index / 2u])[index % 2u]; }
  @if(!f16 && !bf16) { return weight[index]; }
}
