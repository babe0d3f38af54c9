"""Distances to the divide against `sjoin_nearest`, and the probability against the distances, in one run.

python benchmarks/distances.py --points 1000000
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from layers import big_basins, firms

from watershed_cp.basins import assignment
from watershed_cp.basins.divide import Divides
from watershed_cp.basins.edges import edges_of
from watershed_cp.basins.locator import BasinLocator

if TYPE_CHECKING:
    from collections.abc import Callable

_ACCURACY_M = 500.0
_SJOIN_POINTS = 1000  # it takes milliseconds for each


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Give the seconds that a piece of work takes, and its result."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    asked = parser.parse_args()
    basins = big_basins(100, 120)
    x, y = firms(asked.points)
    points = np.stack([x, y], axis=-1)
    basin = BasinLocator(basins).locate(x, y).astype(np.int64)
    divides = Divides(edges_of(basins.geometry.to_numpy()))
    assignment._to_divide(divides, points[:5000], basin[:5000])  # noqa: SLF001 - loads the compiled code
    ours, (divide, distance) = timed(lambda: assignment._to_divide(divides, points, basin))  # noqa: SLF001
    sigma = np.full(len(points), _ACCURACY_M / 2.4477)
    probable, chances = timed(
        lambda: assignment._chances(divides, points, basin, distance, sigma)  # noqa: SLF001
    )
    probability = assignment._probability(chances, basin)  # noqa: SLF001
    few = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x[:_SJOIN_POINTS], y[:_SJOIN_POINTS]), crs="EPSG:4326")
    metric = few.to_crs(32616), basins.set_geometry(basins.boundary).to_crs(32616)
    theirs, _ = timed(lambda: gpd.sjoin_nearest(*metric, distance_col="metres"))
    per_point = ours / asked.points
    print(pd.Series({
        "distance, us per point": per_point * 1e6,
        "sjoin_nearest to boundaries, times longer": theirs / _SJOIN_POINTS / per_point,
        "probability, times the distances": probable / ours,
        "share of points within reach of a divide": np.mean(distance < 5 * sigma),
        "least probability": np.min(probability),
        "basins measured to": len(np.unique(divide)),
    }).to_string(float_format="{:,.3f}".format))  # fmt: skip


if __name__ == "__main__":
    main()
