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


_SLOW_POINTS = 10_000  # beyond, the slowest peers would take minutes


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
        "prepared shapely": prepared_shapely(x, y, layer),
    }
    if find_spec("sedonadb"):
        found["SedonaDB"] = sedonadb(points, rows)
    if find_spec("duckdb_extension_spatial") and len(x) <= _SLOW_POINTS:
        found["DuckDB spatial"] = duckdb_spatial(x, y, basins)
    if find_spec("dask_geopandas") and len(x) <= _SLOW_POINTS:
        found["dask-geopandas sjoin"] = dask_geopandas(points, rows)
    return found


def seconds(tool: Tool, repeats: int) -> tuple[float, Answer]:
    """Time a tool: the median of the repeats after one call to warm up."""
    answer, times = tool(), []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = tool()
        times.append(time.perf_counter() - begin)
    return float(np.median(times)), answer


def compare(name: str, basins: gpd.GeoDataFrame, sizes: list[int], repeats: int) -> pd.DataFrame:
    """Give the ratios for one layer, a row a tool and size."""
    rows = []
    for size in sizes:
        x, y = firms(size)
        taken = {tool: seconds(ask, repeats) for tool, ask in tools(x, y, basins, repeats + 1).items()}
        expected = taken["locator, reused index"][1]
        for tool, (duration, answer) in taken.items():
            rows.append(
                {
                    "layer": name,
                    "points": size,
                    "tool": tool,
                    "ns_per_point": duration / size * 1e9,
                    "times_one_shot": duration / taken["locator, one-shot"][0],
                    "times_reused": duration / taken["locator, reused index"][0],
                    "differ": -1 if tool.startswith("copy") else int((answer != expected).sum()),
                }
            )
    return pd.DataFrame(rows)


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
        table = compare(name, basins, asked.points, asked.repeats)
        print(table.to_string(index=False, float_format="{:,.2f}".format), flush=True)


if __name__ == "__main__":
    main()
