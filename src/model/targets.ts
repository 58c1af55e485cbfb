// The matrices an adapter may sit on, by the names of the LoRA paper (section 4.2) and of PEFT.

/** `qkv` is GPT-2's fused projection adapted as one matrix; q, k, v alone are parts of it there. */
export const TARGETS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down', 'qkv'] as const;
export type Target = (typeof TARGETS)[number];
