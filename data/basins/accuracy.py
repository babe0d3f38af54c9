"""Measure how well the outlines are known: delineate again under made-up errors and see how far the divide moves.

Usage: python data/basins/accuracy.py FOLDER
Each member changes one thing that could as well have been otherwise: random error of the surface, how its terraces
are smoothed, the size of its cells, how deep rivers are cut in. The outlines of all members are asked how far
they lie from ours, every 500 m along the divide. Most points hardly move and a few, on plains, move by kilometres;
`accuracy_m` is half the distance that 95 of 100 stay within, as one standard deviation would be: it fits the tail,
because that is where a firm changes its watershed.
"""

from __future__ import annotations

import copy
import csv
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from build import HERE, Region

if TYPE_CHECKING:
    import geopandas as gpd

EVERY_M = 500.0
NOISE_M = 10.0  # SRTM's specification, 90 % of heights within 16 m
MEMBERS: tuple[dict[str, Any], ...] = (
    *({"noise": NOISE_M, "seed": seed} for seed in range(1, 7)),
    {"surface": {"rounds": 1}},
    {"surface": {"rounds": 10}},
    {"surface": {"refine": 1}},
    {"surface": {"refine": 3}},
    {"delineation": {"burn_m": 200.0}},
    {"surface": {"sigma_cells": 2.0}},
)


def member(folder: Path, name: str, told: dict[str, Any], change: dict[str, Any]) -> gpd.GeoDataFrame:
    """Delineate a region with one thing changed."""
    changed = copy.deepcopy(told)
    for section in ("surface", "delineation"):
        changed[section].update(change.get(section, {}))
    return Region(folder, name, changed, change.get("noise", 0.0), change.get("seed", 0)).delineate().basins


def distances_m(ours: shapely.Geometry, theirs: shapely.Geometry) -> np.ndarray:
    """Give the distance to another outline at points along ours, in a projection that is true around it."""
    centre = ours.centroid
    local = pyproj.Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lon_0={centre.x} +lat_0={centre.y}", always_xy=True, allow_ballpark=False
    )
    first, second = (
        shapely.transform(shape.boundary, lambda xy: np.column_stack(local.transform(*xy.T)))
        for shape in (ours, theirs)
    )
    points = shapely.line_interpolate_point(first, np.arange(0, first.length, EVERY_M))
    return np.asarray(shapely.distance(points, second))


def main(folder: Path) -> None:
    """Write accuracy.csv."""
    told = tomllib.loads((HERE / "build.toml").read_text(encoding="utf-8"))
    rows = []
    for name in told["regions"]:
        ours = member(folder, name, told, {})
        others = [member(folder, name, told, change) for change in MEMBERS]
        for basin in ours.index:
            metres = [distances_m(ours.geometry[basin], other.geometry[basin]) for other in others]
            middle, most = np.percentile(np.concatenate(metres), [68, 95])
            areas = [other["area_km2"][basin] for other in others]
            spread = (round(most / 2, -1), round(middle, -1), round(most, -1))
            rows.append((basin, *spread, len(MEMBERS), round(min(areas), 1), round(max(areas), 1)))
    with (HERE / "accuracy.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ("basin_id", "accuracy_m", "p68_m", "p95_m", "members", "smallest_km2", "largest_km2")
        )
        writer.writerows(sorted(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
