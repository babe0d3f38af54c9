"""The same points and basins given to every tool, answers compared, times as ratios within one run.

    python benchmarks/peers.py --points 100000 1000000

Ratios say how many times longer a peer takes than the locator, one-shot (index built within the call) and with a
reused index. Absolute times mean nothing on a shared machine and are given for the locator alone.
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from layers import big_basins, firms, sub_basins

from watershed_cp.basins.locator import BasinLocator

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = np.ndarray
    Tool = Callable[[], Answer]


_FEW_BASINS = 32  # beyond, nobody asks outline by outline
_SLOW_POINTS = 1_000  # beyond, the slowest peers would take minutes


def first_of_pairs(point: np.ndarray, basin: np.ndarray, size: int) -> np.ndarray:
    """Keep the first basin of each point, -1 without any."""
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, point, basin)
    return np.where(first == np.iinfo(np.int64).max, -1, first)


def fresh(basins: gpd.GeoDataFrame, calls: int) -> Callable[[], gpd.GeoDataFrame]:
    """Lay copies of the layer ready, one a call, so that no call finds outlines that another has prepared."""
    wkb = shapely.to_wkb(basins.geometry.to_numpy())
    table = pd.DataFrame(basins.drop(columns="geometry"))
    copies = [gpd.GeoDataFrame(table, geometry=shapely.from_wkb(wkb), crs="EPSG:4326") for _ in range(calls)]
    return copies.pop


def geopandas_within(points: gpd.GeoDataFrame, layer: Callable[[], gpd.GeoDataFrame]) -> Tool:
    """Join with geopandas, predicate within."""

    def join() -> Answer:
        pairs = gpd.sjoin(points, layer(), how="inner", predicate="within")
        return first_of_pairs(pairs.index.to_numpy(), pairs["row"].to_numpy(), len(points))

    return join


def prepared_shapely(x: np.ndarray, y: np.ndarray, layer: Callable[[], gpd.GeoDataFrame]) -> Tool:
    """Ask each outline, prepared within the call, for the points of its box."""

    def ask() -> Answer:
        found = np.full(len(x), -1)
        for row, outline in enumerate(layer().geometry):
            west, south, east, north = shapely.bounds(outline)
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north) & (found < 0))
            shapely.prepare(outline)
            found[near[shapely.intersects_xy(outline, x[near], y[near])]] = row
        return found

    return ask


def shapely_tree(x: np.ndarray, y: np.ndarray, layer: Callable[[], gpd.GeoDataFrame]) -> Tool:
    """Ask each outline for the points in it, by a tree of the points."""

    def ask() -> Answer:
        tree = shapely.STRtree(shapely.points(x, y))
        basin, point = tree.query(layer().geometry.to_numpy(), predicate="contains")
        return first_of_pairs(point, basin, len(x))

    return ask


def sedonadb(points: gpd.GeoDataFrame, basins: gpd.GeoDataFrame) -> Tool:
    """Join with SedonaDB."""
    import sedonadb as engine

    session = engine.connect()
    session.create_data_frame(points).to_memtable().to_view("points")
    session.create_data_frame(basins).to_memtable().to_view("basins")
    query = "SELECT p.point, b.row FROM points p JOIN basins b ON ST_Intersects(b.geometry, p.geometry)"

    def join() -> Answer:
        pairs = session.sql(query).to_pandas()
        return first_of_pairs(pairs["point"].to_numpy(), pairs["row"].to_numpy(), len(points))

    return join


def duckdb_spatial(x: np.ndarray, y: np.ndarray, basins: gpd.GeoDataFrame) -> Tool:
    """Join with DuckDB and its spatial extension, from the package index."""
    import duckdb
    import duckdb_extension_spatial as extension

    session = duckdb.connect()
    path = next(Path(extension.__file__).parent.rglob("spatial.duckdb_extension"))
    session.execute(f"LOAD '{path}'")
    places = pd.DataFrame({"point": np.arange(len(x)), "x": x, "y": y})
    outlines = pd.DataFrame(
        {"row": np.arange(len(basins)), "wkb": list(shapely.to_wkb(basins.geometry.to_numpy()))}
    )
    session.register("places", places)
    session.register("outlines", outlines)
    session.execute("CREATE TABLE points AS SELECT point, ST_Point(x, y) AS geometry FROM places")
    session.execute('CREATE TABLE basins AS SELECT "row", ST_GeomFromWKB(wkb) AS geometry FROM outlines')
    query = 'SELECT p.point, b."row" FROM points p JOIN basins b ON ST_Intersects(b.geometry, p.geometry)'

    def join() -> Answer:
        pairs = session.execute(query).fetchnumpy()
        return first_of_pairs(pairs["point"], pairs["row"], len(x))

    return join


def dask_geopandas(points: gpd.GeoDataFrame, basins: gpd.GeoDataFrame) -> Tool:
    """Join with dask-geopandas in two threads."""
    import dask_geopandas as engine

    parts = engine.from_geopandas(points, npartitions=2)

    def join() -> Answer:
        pairs = engine.sjoin(parts, basins, predicate="within").compute(scheduler="threads")
        return first_of_pairs(pairs.index.to_numpy(), pairs["row"].to_numpy(), len(points))

    return join


def tools(x: np.ndarray, y: np.ndarray, basins: gpd.GeoDataFrame, calls: int) -> dict[str, Tool]:
    """Set up every tool that is installed; what they load beforehand is not timed."""
    points = gpd.GeoDataFrame(
        {"point": np.arange(len(x))}, geometry=gpd.points_from_xy(x, y), crs="EPSG:4326"
    )
    rows = basins.reset_index(drop=True).assign(row=np.arange(len(basins)))
    layer = fresh(rows, 3 * calls)  # for three tools
    reused = BasinLocator(basins)
    reused.build_index(1 << 24)
    found = {
        "locator, reused index": lambda: reused.locate(x, y),
        "locator, one-shot": lambda: BasinLocator(layer()).locate(x, y),
        "copy of x and y": lambda: (x.copy(), y.copy())[0],
        "geopandas sjoin within": geopandas_within(points, layer),
    }
    if len(basins) <= _FEW_BASINS:
        found["prepared shapely"] = prepared_shapely(x, y, layer)
    else:
        found["shapely STRtree"] = shapely_tree(x, y, layer)
    if find_spec("sedonadb"):
        found["SedonaDB"] = sedonadb(points, rows)
    if find_spec("duckdb_extension_spatial") and len(x) <= _SLOW_POINTS:
        found["DuckDB spatial"] = duckdb_spatial(x, y, basins)
    if find_spec("dask_geopandas") and len(x) <= _SLOW_POINTS:
        found["dask-geopandas sjoin"] = dask_geopandas(points, rows)
    return found


def compare(name: str, basins: gpd.GeoDataFrame, size: int, repeats: int) -> pd.DataFrame:
    """Give the ratios for one layer and size, a row a tool; the tools take turns, the first round warms up."""
    x, y = firms(size)
    asked = tools(x, y, basins, repeats + 1)
    times: dict[str, list[float]] = {tool: [] for tool in asked}
    answers = {}
    for _ in range(repeats + 1):
        for tool, ask in asked.items():
            begin = time.perf_counter()
            answers[tool] = ask()
            times[tool].append(time.perf_counter() - begin)
    median = {tool: float(np.median(taken[1:])) for tool, taken in times.items()}
    expected = answers["locator, reused index"]
    return pd.DataFrame({
        "layer": name,
        "points": size,
        "tool": list(asked),
        "ns_per_point": [duration / size * 1e9 for duration in median.values()],
        "times_one_shot": [duration / median["locator, one-shot"] for duration in median.values()],
        "times_reused": [duration / median["locator, reused index"] for duration in median.values()],
        "differ": [-1 if tool.startswith("copy") else int((answers[tool] != expected).sum()) for tool in asked],
    })  # fmt: skip


def main() -> None:
    """Compare on the layers and sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    made = {
        "4 basins x 35k vertices": big_basins(100, 120),
        "10k sub-basins x 193 vertices": sub_basins(100, 100, 47),
    }
    for name, basins in made.items():
        for size in asked.points:
            table = compare(name, basins, size, asked.repeats)
            print(table.to_string(index=False, float_format="{:,.1f}".format), flush=True)


if __name__ == "__main__":
    main()
