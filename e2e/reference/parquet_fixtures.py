"""Small Parquet files in every compression and shape that data sets come in, for src/data/layouts/parquet.test.ts.

Run: PYTHON e2e/reference/parquet_fixtures.py (needs pyarrow).
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parent.parent / "fixtures" / "data"


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    count = 25
    pairs = pa.table(
        {
            "prompt": [f"Where is mill {i}? ½ é 東" for i in range(count)],
            "completion": [None if i == 7 else f"Mill {i} is by the river." for i in range(count)],
            "score": list(range(count)),
        }
    )
    for codec in ["none", "snappy", "zstd", "gzip", "brotli", "lz4"]:
        pq.write_table(pairs, OUT / f"pairs.{codec}.parquet", compression=codec, row_group_size=10)
    message = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    chats = [
        [{"role": "user", "content": f"Hello {i}"}, {"role": "assistant", "content": f"Good day {i}"}] for i in range(3)
    ]
    table = pa.table({"messages": pa.array(chats, type=message), "source": ["a", "b", "c"]})
    pq.write_table(table, OUT / "chat.snappy.parquet", compression="snappy")


if __name__ == "__main__":
    main()
