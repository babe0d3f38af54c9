"""Search registers of growing size and print seconds and peak memory, which must stay flat.

python benchmarks/memory.py --points 1000000 10000000 100000000 --folder /tmp/registers
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from layers import big_basins, firms
from pyarrow import parquet

from watershed_cp.basins.proximity import near
from watershed_cp.nearby import placer_for

_ROW_GROUP = 1_000_000


def write_register(path: Path, points: int) -> None:
    """Write a register of made firms, a row group at a time."""
    schema = pa.schema([("msme_id", pa.int64()), ("longitude", pa.float64()), ("latitude", pa.float64())])
    with parquet.ParquetWriter(path, schema) as writer:
        for begin in range(0, points, _ROW_GROUP):
            x, y = firms(min(_ROW_GROUP, points - begin), seed=begin)
            writer.write_table(pa.table([np.arange(begin, begin + len(x)), x, y], schema=schema))


def search(path: Path) -> None:
    """Search one register; runs in a process of its own, whose memory is then its alone."""
    basins = big_basins(100, 120)[:2]
    begin = time.perf_counter()
    levels, out = {"basin_id": basins}, path.with_suffix(".near.parquet")
    found = near(path, basins=basins, distance_m=5000, levels=levels, prepare=placer_for(path), out=out)
    seconds = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(found.counts.values()):,} rows, {seconds:,.1f} s, {peak_mb:,.0f} MB at most, {found.counts}")


def main() -> None:
    """Make the registers that are missing, and search each in a new process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", type=Path, default=Path("registers"))
    parser.add_argument("--search", type=Path)
    asked = parser.parse_args()
    if asked.search:
        search(asked.search)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    for points in asked.points:
        path = asked.folder / f"register-{points}.parquet"
        if not path.exists():
            write_register(path, points)
        subprocess.run([sys.executable, __file__, "--search", str(path)], check=True)


if __name__ == "__main__":
    main()
