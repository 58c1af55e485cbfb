// The gradients of A and B, sums of outer products over a group's rows:
//   dA [rank, inner] = scaling·Vᵀ·(mask∘x)     (ofA: left = v, right = x)
//   dB [colCount, rank] = scaling·dyᵀ·U        (else: left = dy, right = u)
// gradients: flat, laid out as the parameters. Overwritten by an optimizer step's first micro-batch, added to by the rest.
// One invocation: 4 × 4 elements of one gradient, over all rows. x: right tiles, y: left tiles, z: one segment.
import package::shared::segments::Segment;
import package::shared::step::StepHeader;
@if(dropout) import package::shared::random::dropoutScale;

// cols: of x (ofA) or of dy (else).
struct Params { cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read> segments: array<Segment>;
@group(0) @binding(4) var<storage, read> step: StepHeader;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;

fn store(start: u32, i: u32, leftCount: u32, j: u32, rightCount: u32, value: vec4f) {
  if (i >= leftCount) { return; }
  for (var c = 0u; c < 4u; c++) {
    if (j + c < rightCount) {
      let at = start + i * rightCount + j + c;
      gradients[at] = value[c] + select(gradients[at], 0.0, step.microBatch == 0u);
    }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let segment = segments[id.z];
  var leftCount = segment.colCount;
  var rightCount = segment.rank;
  var leftAt = segment.rowStart * params.cols + segment.colStart;
  var leftStride = params.cols;
  var rightAt = segment.uStart;
  var rightStride = segment.rank;
  var start = segment.bStart;
  @if(ofA) {
    leftCount = segment.rank;
    rightCount = params.cols;
    leftAt = segment.uStart;
    leftStride = segment.rank;
    rightAt = segment.rowStart * params.cols;
    rightStride = params.cols;
    start = segment.aStart;
  }
  let i = id.y * 4u;
  let j = id.x * 4u;
  if (segment.rank == 0u || i >= leftCount || j >= rightCount) { return; }
  let i1 = min(i + 1u, leftCount - 1u);
  let i2 = min(i + 2u, leftCount - 1u);
  let i3 = min(i + 3u, leftCount - 1u);
  let j1 = min(j + 1u, rightCount - 1u);
  let j2 = min(j + 2u, rightCount - 1u);
  let j3 = min(j + 3u, rightCount - 1u);
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var m = 0u; m < segment.rowCount; m++) {
    var four = vec4f(right[rightAt + j], right[rightAt + j1], right[rightAt + j2], right[rightAt + j3]);
    @if(dropout) {
      let at = m * params.cols;
      four *= vec4f(
        dropoutScale(at + j, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale),
        dropoutScale(at + j1, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale),
        dropoutScale(at + j2, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale),
        dropoutScale(at + j3, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale));
    }
    s0 += left[leftAt + i] * four;
    s1 += left[leftAt + i1] * four;
    s2 += left[leftAt + i2] * four;
    s3 += left[leftAt + i3] * four;
    leftAt += leftStride;
    rightAt += rightStride;
  }
  store(start, i, leftCount, j, rightCount, segment.scaling * s0);
  store(start, i + 1u, leftCount, j, rightCount, segment.scaling * s1);
  store(start, i + 2u, leftCount, j, rightCount, segment.scaling * s2);
  store(start, i + 3u, leftCount, j, rightCount, segment.scaling * s3);
}
