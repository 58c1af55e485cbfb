// Row lookup: y[m] = table[ids[m]] (add: y[m] += …), for ids inside this part of the table; other rows are left alone.
// table: [partRows, cols], rows rowStart… of the whole   ids: [rows]   y: [rows, cols]
// One invocation per element.
@if(f16 || bf16) fn widen(word: u32) -> vec2f {
  @if(f16) { return unpack2x16float(word); }
  @if(bf16) { return bitcast<vec2f>(vec2u(word << 16u, word & 0xffff0000u)); }
}

struct Params { rows: u32, cols: u32, rowStart: u32, partRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@if(f16 || bf16) @group(0) @binding(2) var<storage, read> table: array<u32>;
@if(!f16 && !bf16) @group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn tableAt(index: u32) -> f32 {
  @if(f16 || bf16) { return widen(table[index / 2u])[index % 2u]; }
  @if(!f16 && !bf16) { return table[index]; }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  // Below rowStart this wraps round to a large number, which is out of range as well.
  let at = ids[row] - params.rowStart;
  if (at >= params.partRows) { return; }
  for (var c = lane; c < params.cols; c += 64u) {
    let value = tableAt(at * params.cols + c);
    @if(add) { y[row * params.cols + c] += value; }
    @if(!add) { y[row * params.cols + c] = value; }
  }
}
