"""Print the lengths of traced rivers beside published ones, and how far our rivers lie from independent lines.

Usage: python benchmarks/river_lengths.py [FOLDER]
FOLDER is a folder of real data with rivers/gmsv20_riverl_slv.geojson, gmhn20_riverl_hnd.geojson and
gmpa10_watrcrsl.geojson (ISCGM Global Map, not shipped); without it only the lengths are printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from watershed_cp.basins.catalogue import read_built_in
from watershed_cp.basins.network import FlowNetwork

# River, network, a point at its head, published length in km and who published it.
PUBLISHED = (
    (
        "Río Motagua",
        "motagua",
        (-91.0089, 14.9490),
        486.55,
        "en.wikipedia.org/wiki/Motagua_River, after INSIVUMEH",
    ),
    (
        "Río Chamelecón",
        "chamelecon",
        (-88.8435, 14.9085),
        200.0,
        "redhonduras.com/geografia/hidrografia-de-honduras",
    ),
    (
        "Río Chagres",
        "panama_canal",
        (-79.2839, 9.4094),
        193.0,
        "en.wikipedia.org/wiki/Chagres_River, before the lakes drowned it",
    ),
    (
        "Río Acelhuate",
        "acelhuate",
        (-89.2380, 13.6860),
        60.0,
        "en.wikipedia.org/wiki/Acelhuate_River, 37 miles; others write 40 km",
    ),
)
CITIES = (
    ("San Salvador", "acelhuate", (-89.19, 13.70)),
    ("Zacapa", "motagua", (-89.53, 14.97)),
    ("San Pedro Sula", "chamelecon", (-88.03, 15.50)),
    ("Upper Chagres", "panama_canal", (-79.40, 9.28)),
)
INDEPENDENT = {
    "acelhuate": ("gmsv20_riverl_slv.geojson", ("RIO ACELHUATE",)),
    "chamelecon": ("gmhn20_riverl_hnd.geojson", ("Chamelecon",)),
}
NAMELESS = "gmpa10_watrcrsl.geojson"  # of Panama
METRES_A_DEGREE = 111_195.0


def lengths() -> None:
    """Print named lengths beside published ones."""
    print(f"{'river':<16}{'traced km':>10}{'published km':>14}{'ratio':>7}  source")
    for river, network, head, published, source in PUBLISHED:
        traced = dict(FlowNetwork.open(network).trace(*head).rivers).get(river, float("nan"))
        print(f"{river:<16}{traced:>10.1f}{published:>14.1f}{traced / published:>7.2f}  {source}")
    print(f"\n{'from':<16}{'km':>8}{'in lakes':>10}  ends at                along")
    for city, network, place in CITIES:
        course = FlowNetwork.open(network).trace(*place)
        along = ", ".join(f"{name} {km:.0f}" for name, km in course.rivers)
        x, y = course.outlet
        print(f"{city:<16}{course.length_km:>8.1f}{course.lake_km:>10.1f}  {x:9.3f}, {y:7.3f}     {along}")


def distances(folder: Path) -> None:
    """Print how far our rivers and independent lines lie apart."""
    rivers = read_built_in("rivers")
    print(f"\n{'river':<24}{'median m':>10}{'p90 m':>8}  apart")
    for basin, (file, names) in INDEPENDENT.items():
        lines = gpd.read_file(folder / "rivers" / file)
        theirs = shapely.union_all(lines.geometry[lines["nam"].isin(names)].to_numpy())
        ours = shapely.union_all(rivers.geometry[rivers["basin_id"] == basin].to_numpy())
        print(f"{names[0]:<24}{_apart_m(theirs, ours)}  from the independent line to ours")
    lakes = shapely.union_all(read_built_in("lakes").geometry.to_numpy())
    named = rivers[(rivers["basin_id"] == "panama_canal") & rivers["name_es"].notna()]
    nameless = shapely.union_all(gpd.read_file(folder / "rivers" / NAMELESS).geometry.to_numpy())
    for river, reaches in named.groupby("name_es"):
        ours = shapely.difference(shapely.union_all(reaches.geometry.to_numpy()), lakes)
        print(f"{river:<24}{_apart_m(ours, nameless)}  from ours, outside lakes, to the independent lines")


def _apart_m(line: shapely.Geometry, others: shapely.Geometry) -> str:
    """Give median and ninth decile of the distance from points of a line to other lines, m."""
    points = shapely.get_coordinates(shapely.segmentize(shapely.force_2d(line), 0.005))
    scale = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0]) * METRES_A_DEGREE
    drawn = shapely.transform(shapely.force_2d(others), lambda degrees: degrees * scale)
    metres = shapely.distance(shapely.points(points * scale), drawn)
    return f"{np.median(metres):>10.0f}{np.percentile(metres, 90):>8.0f}"


if __name__ == "__main__":
    lengths()
    if len(sys.argv) > 1:
        distances(Path(sys.argv[1]))
