"""Plain K-quants: valid blocks of Q4_K, Q5_K and Q6_K near the floats given, without llama.cpp's search for the best scales.
src/training/testKQuants.ts does the same arithmetic in f32, to the bit. Layout: ggml-common.h."""

import gguf
import numpy as np

Q = gguf.GGMLQuantizationType
F = np.float32


def rounded(x: np.ndarray, least: int, most: int) -> np.ndarray:
    return np.floor(x + F(0.5)).clip(least, most)


def divided(x: np.ndarray, by: np.ndarray) -> np.ndarray:
    """0 where `by` is 0."""
    return np.divide(x, by, out=np.zeros(np.broadcast_shapes(x.shape, by.shape), F), where=by != 0)


def quantize_k(x: np.ndarray, quantization: Q) -> np.ndarray:
    """Bytes [blocks, bytes per block]; x: f32, a multiple of 256 elements."""
    flat = x.reshape(-1, 256).astype(F)
    return quantize_q6k(flat) if quantization == Q.Q6_K else quantize_affine(flat, 4 if quantization == Q.Q4_K else 5)


def halves(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float16)


def quantize_affine(x: np.ndarray, bits: int) -> np.ndarray:
    """8 sub-blocks of 32: d · scale · q - dmin · minimum, with scales and minima of 6 bits."""
    most = 2**bits - 1
    sub = x.reshape(-1, 8, 32)
    lowest = np.minimum(sub.min(axis=2), F(0))
    scale = (np.maximum(sub.max(axis=2), F(0)) - lowest) / F(most)
    d = halves(scale.max(axis=1) / F(63))
    dmin = halves((-lowest).max(axis=1) / F(63))
    wide_d, wide_min = d.astype(F)[:, None], dmin.astype(F)[:, None]
    scales = rounded(divided(scale, wide_d), 0, 63)
    minima = rounded(divided(-lowest, wide_min), 0, 63)
    shifted = sub + (wide_min * minima)[:, :, None]
    q = rounded(divided(shifted, (wide_d * scales)[:, :, None]), 0, most).astype(np.uint8)
    scales, minima = scales.astype(np.uint8), minima.astype(np.uint8)
    packed = np.concatenate(
        [
            scales[:, :4] | (scales[:, 4:] >> 4) << 6,
            minima[:, :4] | (minima[:, 4:] >> 4) << 6,
            (scales[:, 4:] & 15) | (minima[:, 4:] & 15) << 4,
        ],
        axis=1,
    )
    pairs = q.reshape(-1, 4, 2, 32)
    low = (pairs[:, :, 0] & 15) | (pairs[:, :, 1] & 15) << 4
    fifth = np.zeros((len(x), 32), np.uint8)
    for s in range(8):
        fifth |= (q[:, s] >> 4) << s
    heads = [d.view(np.uint8).reshape(-1, 2), dmin.view(np.uint8).reshape(-1, 2), packed]
    return np.concatenate([*heads, *([fifth] if bits == 5 else []), low.reshape(-1, 128)], axis=1)


def quantize_q6k(x: np.ndarray) -> np.ndarray:
    """16 sub-blocks of 16: d · scale · (q - 32), with scales of 8 bits."""
    sub = x.reshape(-1, 16, 16)
    scale = np.abs(sub).max(axis=2) / F(31)
    d = halves(scale.max(axis=1) / F(127))
    wide = d.astype(F)[:, None]
    scales = rounded(divided(scale, wide), 0, 127)
    q = (rounded(divided(sub, (wide * scales)[:, :, None]), -32, 31) + 32).astype(np.uint8)
    quarters = q.reshape(-1, 2, 4, 32)
    low = np.stack(
        [quarters[:, :, 0] & 15 | (quarters[:, :, 2] & 15) << 4, quarters[:, :, 1] & 15 | (quarters[:, :, 3] & 15) << 4],
        axis=2,
    )
    high = np.zeros((len(x), 2, 32), np.uint8)
    for s in range(4):
        high |= (quarters[:, :, s] >> 4) << (2 * s)
    parts = [low.reshape(-1, 128), high.reshape(-1, 64), scales.astype(np.uint8), d.view(np.uint8).reshape(-1, 2)]
    return np.concatenate(parts, axis=1)
