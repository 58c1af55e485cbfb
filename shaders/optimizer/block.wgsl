// An adapter's block (start, count) of the flat buffers, as vectors of 4. Its last vector may reach past it.
fn vectorsOf(block: vec2u) -> u32 { return (block.y + 3u) / 4u; }

fn isInBlock(vector: u32, block: vec2u) -> vec4<bool> { return 4u * vector + vec4u(0u, 1u, 2u, 3u) < vec4u(block.y); }
