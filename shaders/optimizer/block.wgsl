// An adapter's block (start, count) of the flat buffers, as Elements. Its start is a multiple of 4; its last four may reach
// past it.
import package::shared::elements::WIDTH;

@if(aligned) alias Mask = vec4<bool>;
@if(!aligned) alias Mask = bool;

fn elementsOf(block: vec2u) -> u32 { return (block.y + WIDTH - 1u) / WIDTH; }

@if(aligned) fn isInBlock(index: u32, block: vec2u) -> Mask { return 4u * index + vec4u(0u, 1u, 2u, 3u) < vec4u(block.y); }
@if(!aligned) fn isInBlock(index: u32, block: vec2u) -> Mask { return index < block.y; }
