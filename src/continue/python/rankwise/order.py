"""Which rows an optimizer step sees: a pure function of the settings and the step's number, as in Rankwise.

Rows are laid end to end, epoch after epoch, each epoch in its own order; step s takes the next batch * accumulate.
"""

import math

import numpy as np

MASK = 0xFFFFFFFF


def mix(x: np.ndarray) -> np.ndarray:
    """murmur3's 32-bit finalizer."""
    x = x.astype(np.uint64) & MASK
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & MASK
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & MASK
    return x ^ (x >> 16)


def hash32(seed: int, stream: int, counters: np.ndarray) -> np.ndarray:
    """32-bit hashes of (seed, stream, counter), one for each counter."""

    def one(x: int) -> int:
        return int(mix(np.array([x]))[0])

    high = one(one((seed & MASK) + 0x9E3779B9) ^ (seed >> 32))
    key = one(high ^ one(stream + 0x7F4A7C15))
    return mix(np.uint64(key) ^ mix(np.asarray(counters, np.uint64) + np.uint64(0x94D049BB)))


def permutation(count: int, seed: int, stream: int) -> list[int]:
    """0 … count-1 in a random order: Fisher-Yates from the end, draw i from counter i of the stream."""
    bounds = np.arange(1, count + 1)
    draws = np.floor(hash32(seed, stream, bounds - 1) / 2**32 * bounds).astype(np.int64).tolist()
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = draws[i]
        order[i], order[j] = order[j], order[i]
    return order


class DataOrder:
    def __init__(self, lengths: list[int], training: dict):
        self.lengths = lengths
        self.accumulate = training["accumulate"]
        self.rows_per_step = training["batchSize"] * self.accumulate
        self.seed = training["seed"]
        self.shuffle = training["shuffle"]
        self.epoch, self.order = -1, []

    def row_at(self, position: int) -> int:
        epoch, place = divmod(position, len(self.lengths))
        if not self.shuffle:
            return place
        if epoch != self.epoch:
            self.epoch, self.order = epoch, permutation(len(self.lengths), self.seed, epoch)
        return self.order[place]

    def rows_of_step(self, step: int) -> list[int]:
        """Row numbers of optimizer step `step` (from 1). With accumulation, long rows come first."""
        first = (step - 1) * self.rows_per_step
        rows = [self.row_at(first + i) for i in range(self.rows_per_step)]
        if self.shuffle and self.accumulate > 1:
            rows.sort(key=lambda row: (-self.lengths[row], row))
        return rows

    def steps(self, length: dict) -> int:
        """How many the run has: as said, or so many that every row is seen that often."""
        if length["kind"] == "steps":
            return length["steps"]
        return max(1, math.ceil(length["epochs"] * len(self.lengths) / self.rows_per_step))
