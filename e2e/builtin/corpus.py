"""The pretraining text: the mix of the three tasks' other cells and the copying drills, one document at a time."""

from collections.abc import Iterator
from random import Random

import dialogue
import drills
import restaurant
import tables

MIX = ((tables, 46), (restaurant, 20), (dialogue, 24), (drills, 10))


def documents(seed: int) -> Iterator[tuple[str, str]]:
    """Endless (context, output) pairs, the same ones for the same seed."""
    rng = Random(seed)
    modules, weights = zip(*MIX)
    while True:
        yield rng.choices(modules, weights)[0].pretraining_document(rng)
