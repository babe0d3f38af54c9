"""Count the points on which the locator and GEOS disagree, where rounding hurts most.

    python benchmarks/exactness.py --points 10000000

The grid of labels and the sweep are both asked. Four of ten points lie on vertices and edges, a few ulps or 1e-12
degrees off them, or level with a vertex. The layers hold holes, islands, gaps and overlapping slivers besides the
made coverages.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import shapely
from layers import big_basins, sub_basins

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from worlds import adversarial, layer, ragged

from watershed_cp.basins import sweep
from watershed_cp.basins.locator import BasinLocator

_STEP = 500_000  # points held at a time


def main() -> None:
    """Compare layer by layer, and exit with 1 if any point disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000_000)
    asked = parser.parse_args()
    made = sub_basins(100, 100, 47)
    torn = {name: outline.buffer(0.002 if row % 3 else -0.002) for row, (name, outline) in enumerate(
        sub_basins(8, 8, 9).geometry.items())}  # fmt: skip
    layers = {
        "4 basins": big_basins(100, 120),
        "10k sub-basins": made,
        "ragged": ragged(),
        "torn": layer(torn),
    }
    wrong = 0
    for name, basins in layers.items():
        outlines = basins.geometry.to_numpy()
        turns = np.argsort(basins.index.to_numpy(dtype=str))
        locator = BasinLocator(basins)
        locator.build_index(asked.points // len(layers))
        differ = total = 0
        for step in range(0, asked.points // len(layers), _STEP):
            x, y = adversarial(basins, _STEP, seed=step)
            anywhere = np.random.default_rng(step).random(_STEP) < 0.6 - 1 / 6
            west, south, east, north = basins.total_bounds
            x = np.where(anywhere, np.random.default_rng(step + 1).uniform(west, east, _STEP), x)
            y = np.where(anywhere, np.random.default_rng(step + 2).uniform(south, north, _STEP), y)
            basin, point = shapely.STRtree(shapely.points(x, y)).query(outlines, predicate="intersects")
            first = np.full(_STEP, len(outlines))
            np.minimum.at(first, point, np.argsort(turns)[basin])
            expected = np.append(turns, -1)[first]
            swept, _ = sweep.locate(outlines, shapely.bounds(outlines), turns, x, y)
            differ += int(((locator.locate(x, y) != expected) | (swept != expected)).sum())
            total += _STEP
        print(f"{name}: {differ} of {total:,} points differ", flush=True)
        wrong += differ
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
