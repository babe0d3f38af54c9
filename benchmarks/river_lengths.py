"""Print the lengths of traced rivers beside published ones, and how far our rivers lie from independent lines.

Usage: python benchmarks/river_lengths.py [FOLDER]
FOLDER is a folder of real data with rivers/gmsv20_riverl_slv.geojson and gmhn20_riverl_hnd.geojson (ISCGM Global Map,
not shipped); without it only the lengths are printed.
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
        40.0,
        "elsalvadoregionmagica.blogspot.com, about 40 km",
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
    """Print how far points along independent lines lie from our rivers."""
    rivers = read_built_in("rivers")
    print(f"\n{'river':<16}{'median m':>10}{'p90 m':>8}  of the distance from the independent line to ours")
    for basin, (file, names) in INDEPENDENT.items():
        lines = gpd.read_file(folder / "rivers" / file)
        theirs = shapely.union_all(lines.geometry[lines["nam"].isin(names)].to_numpy())
        ours = shapely.union_all(rivers.geometry[rivers["basin_id"] == basin].to_numpy())
        points = shapely.get_coordinates(shapely.segmentize(shapely.force_2d(theirs), 0.005))
        scale = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0]) * METRES_A_DEGREE
        drawn = shapely.transform(ours, lambda degrees, scale=scale: degrees * scale)
        metres = shapely.distance(shapely.points(points * scale), drawn)
        print(f"{names[0]:<16}{np.median(metres):>10.0f}{np.percentile(metres, 90):>8.0f}")


if __name__ == "__main__":
    lengths()
    if len(sys.argv) > 1:
        distances(Path(sys.argv[1]))
