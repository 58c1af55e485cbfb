// What a weight means once it is stored in a format, element by element from the description of the layouts.
import { convertFloats, fromFloat32, toFloat32 } from '../../src/formats/dtypes.ts';
import { NORMAL_FLOAT, quantizeBlocks } from '../../src/formats/quantizeBlocks.ts';
import { BLOCKS } from '../../src/gpu/tensor.ts';
import type { WeightFormat } from './rig.ts';

/** `values` as the GPU sees them in `format`. */
export function dequantized(values: Float32Array<ArrayBuffer>, format: WeightFormat): Float32Array {
  if (format === 'f32') return values;
  if (format === 'f16') return new Float32Array(convertFloats(fromFloat32(values, 'F16'), 'F16', 'F32').buffer);
  const bytes = quantizeBlocks(values, format);
  const view = new DataView(bytes.buffer);
  const { elements, sizeBytes } = BLOCKS[format];
  return Float32Array.from({ length: values.length }, (_, index) => {
    const at = Math.floor(index / elements) * sizeBytes;
    const i = index % elements;
    switch (format) {
      case 'q8':
        return view.getFloat32(at, true) * view.getInt8(at + 4 + i);
      case 'q4': {
        const [scale = 0, minimum = 0] = toFloat32(bytes.slice(at, at + 4), 'F16');
        return scale * ((view.getUint8(at + 4 + (i % 16)) >> (i < 16 ? 0 : 4)) % 16) + minimum;
      }
      case 'nf4':
        return view.getFloat32(at, true) * NORMAL_FLOAT[(view.getUint8(at + 4 + (i >> 1)) >> (4 * (i % 2))) % 16]!;
    }
  });
}
