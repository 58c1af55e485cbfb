// The linear layers of a block, and where in them each target matrix sits. q, k and v are one product, and so are gate
// and up: their weights are stacked by rows at load, and an adapter on one of them is a column block of the product.

import type { Architecture } from './architecture.ts';
import type { Target } from './targets.ts';

export const LINEARS = ['qkv', 'o', 'up', 'down'] as const;
/** `up` is gate and up stacked where the MLP is gated. */
export type LinearName = (typeof LINEARS)[number];

export interface TargetPlace {
  readonly target: Target;
  readonly linear: LinearName;
  /** Output columns of the linear that the target covers. */
  readonly colStart: number;
  readonly colCount: number;
  readonly inFeatures: number;
  /** Path below the block, as transformers and PEFT name the module. */
  readonly moduleName: string;
}

/** Rows × columns of a linear's weight, [out, in]. */
export function linearShape(a: Architecture, linear: LinearName): { cols: number; inner: number } {
  const attention = a.heads * a.headDim;
  switch (linear) {
    case 'qkv':
      return { cols: attention + 2 * a.kvHeads * a.headDim, inner: a.hiddenSize };
    case 'o':
      return { cols: a.hiddenSize, inner: attention };
    case 'up':
      return { cols: a.mlp.kind === 'gated' ? 2 * a.mlpSize : a.mlpSize, inner: a.hiddenSize };
    case 'down':
      return { cols: a.hiddenSize, inner: a.mlpSize };
  }
}

/** Every matrix that an adapter can sit on in this architecture. */
export function targetPlaces(a: Architecture): TargetPlace[] {
  const q = a.heads * a.headDim;
  const kv = a.kvHeads * a.headDim;
  const parts = (names: Record<'q' | 'k' | 'v', string>): TargetPlace[] => [
    { target: 'q', linear: 'qkv', colStart: 0, colCount: q, inFeatures: a.hiddenSize, moduleName: names.q },
    { target: 'k', linear: 'qkv', colStart: q, colCount: kv, inFeatures: a.hiddenSize, moduleName: names.k },
    { target: 'v', linear: 'qkv', colStart: q + kv, colCount: kv, inFeatures: a.hiddenSize, moduleName: names.v },
  ];
  const whole = (target: Target, linear: LinearName, moduleName: string): TargetPlace => {
    const { cols, inner } = linearShape(a, linear);
    return { target, linear, colStart: 0, colCount: cols, inFeatures: inner, moduleName };
  };
  if (a.isConv1D) {
    return [
      ...parts({ q: 'attn.c_attn', k: 'attn.c_attn', v: 'attn.c_attn' }),
      whole('o', 'o', 'attn.c_proj'),
      whole('up', 'up', 'mlp.c_fc'),
      whole('down', 'down', 'mlp.c_proj'),
      whole('qkv', 'qkv', 'attn.c_attn'),
    ];
  }
  const gate = { linear: 'up', colCount: a.mlpSize, inFeatures: a.hiddenSize } as const;
  return [
    ...parts({ q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj' }),
    whole('o', 'o', 'self_attn.o_proj'),
    { target: 'gate', ...gate, colStart: 0, moduleName: 'mlp.gate_proj' },
    { target: 'up', ...gate, colStart: a.mlpSize, moduleName: 'mlp.up_proj' },
    whole('down', 'down', 'mlp.down_proj'),
  ];
}

/** Path of a block in transformers' module tree. */
export function blockPath(a: Architecture, layer: number): string {
  return a.isConv1D ? `transformer.h.${layer}` : `model.layers.${layer}`;
}
