"""Writes e2e/fixtures/formats/*.npy with NumPy: a matrix, a vector, a scalar, and two kinds that we refuse.

Run: python e2e/reference/npy_fixture.py
"""

from pathlib import Path

import numpy as np

OUT = Path(__file__).parents[1] / "fixtures" / "formats"


def main() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
    np.save(OUT / "matrix.npy", matrix)
    np.save(OUT / "vector.npy", matrix[0])
    np.save(OUT / "scalar.npy", np.float32(2.5))
    np.save(OUT / "fortran.npy", np.asfortranarray(matrix))
    np.save(OUT / "double.npy", matrix.astype(np.float64))


if __name__ == "__main__":
    main()
