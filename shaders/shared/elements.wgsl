// Four elements at a time where the condition `aligned` says that sizes are multiples of 4, else one: kernels are written
// once, over Elements, and their sizes are counted in Elements.
@if(aligned) alias Elements = vec4f;
@if(!aligned) alias Elements = f32;

/// Scalars in Elements.
@if(aligned) const WIDTH = 4u;
@if(!aligned) const WIDTH = 1u;

@if(aligned) fn sumOf(e: Elements) -> f32 { return (e.x + e.y) + (e.z + e.w); }
@if(!aligned) fn sumOf(e: Elements) -> f32 { return e; }

@if(aligned) fn mostOf(e: Elements) -> f32 { return max(max(e.x, e.y), max(e.z, e.w)); }
@if(!aligned) fn mostOf(e: Elements) -> f32 { return e; }

@if(aligned) fn leastOf(e: Elements) -> f32 { return min(min(e.x, e.y), min(e.z, e.w)); }
@if(!aligned) fn leastOf(e: Elements) -> f32 { return e; }

/// The indices of the scalars in the Elements at `index`, as numbers (exact below 2^24).
@if(aligned) fn indicesFrom(index: u32) -> Elements { return 4.0 * f32(index) + vec4f(0.0, 1.0, 2.0, 3.0); }
@if(!aligned) fn indicesFrom(index: u32) -> Elements { return f32(index); }
