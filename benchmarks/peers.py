"""The same points and basins given to every tool: times as ratios within one run, answers compared, peak memory.

    python benchmarks/peers.py                                        # everything
    python benchmarks/peers.py ratios --points 1000 10000 100000 1000000   # a few minutes

`ratios` says how many times longer a peer takes than the locator with an index built within the call (one-shot) and
with one that was kept (reused); by the clock, and by processor time of all threads, which others who use the machine
disturb less. `memory` gives the peak of a process that runs one tool alone. `growth` gives seconds and memory of the
locator by the number of points. A tool that would take longer than `--patience` seconds is left out, with the reason.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from layers import BOX, big_basins, firms, sub_basins

from watershed_cp.basins.catalogue import read_built_in
from watershed_cp.basins.locator import BasinLocator

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = np.ndarray
    Points = Callable[[int], tuple[np.ndarray, np.ndarray]]
    Layer = tuple[gpd.GeoDataFrame, Points]
    Tool = Callable[[gpd.GeoDataFrame], Answer]  # takes a copy of the layer that nobody has prepared

_FEW_BASINS = 32  # beyond, nobody asks outline by outline
_ONE_SHOT, _REUSED, _COPY = "locator, one-shot", "locator, index reused", "copy of x and y"
_MB = 1e6
_CHUNK = 1_000_000  # points made at a time
_FEW_POINTS = 1_000
_STEP = 10  # from one size to the next
_MANY = 10_000_000  # points of a job that is run but twice


def layers() -> dict[str, Callable[[], Layer]]:
    """Name the layers to compare on, each with what makes or reads it, in the order that settles ties."""
    return {
        "4 made basins x 35k vertices": lambda: (big_basins(100, 120), places),
        "10k made sub-basins x 193 vertices": lambda: (sub_basins(100, 100, 47), places),
        "4 shipped basins x 730 vertices": lambda: shipped("basins"),
        "shipped sub-basins x 116 vertices": lambda: shipped("subbasins"),
    }


def shipped(kind: str) -> Layer:
    """Read a layer that the project ships, of sub-basins the finest that do not overlap."""
    layer = read_built_in(kind).set_index("basin_id").sort_index()
    if "level" in layer:
        layer = layer[layer["level"] == layer["level"].max()]
    boxes = layer.bounds.to_numpy()
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    west, south, east, north = BOX

    def over(size: int) -> tuple[np.ndarray, np.ndarray]:
        """Make points in and around the boxes of the basins, more in the larger ones."""
        box = boxes[np.random.default_rng(1).choice(len(boxes), size, p=area / area.sum())].T
        x, y = places(size)
        x, y = (x - west) / (east - west), (y - south) / (north - south)
        return box[0] + x * (box[2] - box[0]), box[1] + y * (box[3] - box[1])

    return layer[["geometry"]], over


def places(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Make points over the made layers, chunk by chunk: a hundred million fit into memory."""
    x, y = np.empty(size), np.empty(size)
    for begin in range(0, size, _CHUNK):
        part = slice(begin, min(begin + _CHUNK, size))
        x[part], y[part] = firms(part.stop - begin, seed=begin)
    return x, y


@dataclass(frozen=True)
class Job:
    """Points, and the basins to find them in."""

    x: np.ndarray
    y: np.ndarray
    basins: gpd.GeoDataFrame

    @cached_property
    def points(self) -> gpd.GeoDataFrame:
        """The points as geometries."""
        table = {"point": np.arange(len(self.x))}
        return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(self.x, self.y), crs="EPSG:4326")

    @cached_property
    def wkb(self) -> np.ndarray:
        """The outlines as bytes."""
        return shapely.to_wkb(self.basins.geometry.to_numpy())

    def fresh(self) -> gpd.GeoDataFrame:
        """Copy the layer: outlines that one tool has prepared would speed up the next."""
        table = {"row": np.arange(len(self.basins))}
        return gpd.GeoDataFrame(
            table, index=self.basins.index, geometry=shapely.from_wkb(self.wkb), crs="EPSG:4326"
        )


def first_of_pairs(point: np.ndarray, basin: np.ndarray, size: int) -> np.ndarray:
    """Keep the first basin of each point, -1 without any."""
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, point, basin)
    return np.where(first == np.iinfo(np.int64).max, -1, first)


def locator_reused(job: Job) -> Tool:
    """Look up in an index that was built before."""
    locator = BasinLocator(job.basins)
    locator.build_index(1 << 24)
    return lambda _: locator.locate(job.x, job.y)


def locator_one_shot(job: Job) -> Tool:
    """Build whatever the locator needs within the call."""
    return lambda layer: BasinLocator(layer).locate(job.x, job.y)


def copying(job: Job) -> Tool:
    """Copy x and y: what reading and writing the points takes at the least."""
    return lambda _: (job.x.copy(), job.y.copy())[0]


def geopandas_within(job: Job) -> Tool:
    """Join with geopandas, predicate within."""
    points = job.points

    def join(layer: gpd.GeoDataFrame) -> Answer:
        pairs = gpd.sjoin(points, layer.reset_index(drop=True), how="inner", predicate="within")
        return first_of_pairs(pairs.index.to_numpy(), pairs["row"].to_numpy(), len(points))

    return join


def prepared_shapely(job: Job) -> Tool:
    """Ask each outline, prepared within the call, for the points of its box."""
    x, y = job.x, job.y

    def ask(layer: gpd.GeoDataFrame) -> Answer:
        found = np.full(len(x), -1)
        for row, outline in enumerate(layer.geometry):
            west, south, east, north = shapely.bounds(outline)
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north) & (found < 0))
            shapely.prepare(outline)
            found[near[shapely.intersects_xy(outline, x[near], y[near])]] = row
        return found

    return ask


def shapely_tree(job: Job) -> Tool:
    """Ask each outline for the points in it, by a tree of the points."""

    def ask(layer: gpd.GeoDataFrame) -> Answer:
        tree = shapely.STRtree(shapely.points(job.x, job.y))
        basin, point = tree.query(layer.geometry.to_numpy(), predicate="contains")
        return first_of_pairs(point, basin, len(job.x))

    return ask


def sedonadb(job: Job) -> Tool:
    """Join with SedonaDB."""
    import sedonadb as engine

    session = engine.connect()
    session.create_data_frame(job.points).to_memtable().to_view("points")
    session.create_data_frame(job.fresh().reset_index(drop=True)).to_memtable().to_view("basins")
    query = "SELECT p.point, b.row FROM points p JOIN basins b ON ST_Intersects(b.geometry, p.geometry)"

    def join(_: gpd.GeoDataFrame) -> Answer:
        pairs = session.sql(query).to_pandas()
        return first_of_pairs(pairs["point"].to_numpy(), pairs["row"].to_numpy(), len(job.x))

    return join


def duckdb_spatial(job: Job) -> Tool:
    """Join with DuckDB and its spatial extension, from the package index."""
    import duckdb
    import duckdb_extension_spatial as extension

    session = duckdb.connect()
    path = next(Path(extension.__file__).parent.rglob("spatial.duckdb_extension"))
    session.execute(f"LOAD '{path}'")
    session.register("places", pd.DataFrame({"point": np.arange(len(job.x)), "x": job.x, "y": job.y}))
    session.register("outlines", pd.DataFrame({"row": np.arange(len(job.wkb)), "wkb": list(job.wkb)}))
    session.execute("CREATE TABLE points AS SELECT point, ST_Point(x, y) AS geometry FROM places")
    session.execute('CREATE TABLE basins AS SELECT "row", ST_GeomFromWKB(wkb) AS geometry FROM outlines')
    query = 'SELECT p.point, b."row" FROM points p JOIN basins b ON ST_Intersects(b.geometry, p.geometry)'

    def join(_: gpd.GeoDataFrame) -> Answer:
        pairs = session.execute(query).fetchnumpy()
        return first_of_pairs(pairs["point"], pairs["row"], len(job.x))

    return join


def dask_geopandas(job: Job) -> Tool:
    """Join with dask-geopandas in two threads."""
    import dask_geopandas as engine

    parts = engine.from_geopandas(job.points, npartitions=2)

    def join(layer: gpd.GeoDataFrame) -> Answer:
        joined = engine.sjoin(parts, layer.reset_index(drop=True), predicate="within")
        pairs = joined.compute(scheduler="threads", num_workers=2)
        return first_of_pairs(pairs.index.to_numpy(), pairs["row"].to_numpy(), len(job.x))

    return join


def tools(basins: int) -> dict[str, Callable[[Job], Tool]]:
    """Name the tools that are installed, with what sets each up for a job; that is not timed."""
    shapely_way = (
        {"shapely, prepared": prepared_shapely}
        if basins <= _FEW_BASINS
        else {"shapely STRtree": shapely_tree}
    )
    found = {
        _REUSED: locator_reused,
        _ONE_SHOT: locator_one_shot,
        _COPY: copying,
        "geopandas sjoin within": geopandas_within,
        **shapely_way,
    }
    extra = {
        "sedonadb": ("SedonaDB", sedonadb),
        "duckdb_extension_spatial": ("DuckDB spatial", duckdb_spatial),
        "dask_geopandas": ("dask-geopandas sjoin", dask_geopandas),
    }
    return found | {name: tool for package, (name, tool) in extra.items() if find_spec(package)}


class Turns:
    """The tools at work on one layer: they take turns, so that all suffer alike from whoever else uses the machine."""

    def __init__(self, name: str, patience: float) -> None:
        self._name, self._patience = name, patience
        self._basins, self._points = layers()[name]()
        self._seconds: dict[str, float] = {}  # of a round of the last size

    def compare(self, size: int, rounds: int) -> pd.DataFrame:
        """Give the ratios for so many points, a row a tool; the first round warms up."""
        job = Job(*self._points(size), self._basins)
        known = tools(len(self._basins))
        late = [tool for tool in known if self._seconds.get(tool, 0) * _STEP > self._patience]
        asked = {tool: known[tool](job) for tool in known if tool not in late}
        times, answers = {tool: [] for tool in asked}, {}
        for _ in range(rounds + 1):
            for tool, ask in asked.items():
                layer = job.fresh()
                clock, processor = time.perf_counter(), time.process_time()
                answers[tool] = ask(layer)
                times[tool].append((time.perf_counter() - clock, time.process_time() - processor))
        median = {tool: np.median(taken[1:], axis=0) for tool, taken in times.items()}
        self._seconds |= {tool: taken[0] for tool, taken in median.items()}
        rows = [self._row(size, tool, median, answers) for tool in asked]
        rows += [self._missing(size, tool) for tool in late]
        return pd.DataFrame(rows)

    def _row(
        self, size: int, tool: str, median: dict[str, np.ndarray], answers: dict[str, Answer]
    ) -> dict[str, str]:
        """Write down one tool."""
        taken = median[tool]
        one_shot, reused = taken / median[_ONE_SHOT], taken / median[_REUSED]
        differ = "" if tool == _COPY else f"{(answers[tool] != answers[_REUSED]).sum():,}"
        return {
            "layer": self._name,
            "points": f"{size:,}",
            "tool": tool,
            "ns per point": f"{taken[0] / size * 1e9:,.1f}",
            "of processors": f"{taken[1] / size * 1e9:,.1f}",
            "times one-shot": f"{one_shot[0]:,.1f}",
            "times reused": f"{reused[0]:,.1f}",
            "by processor": f"{one_shot[1]:,.1f} / {reused[1]:,.1f}",
            "differ": differ,
        }

    def _missing(self, size: int, tool: str) -> dict[str, str]:
        """Say why a tool is missing."""
        row = dict.fromkeys(
            ["ns per point", "of processors", "times one-shot", "times reused", "by processor"], "–"
        )
        reason = f"{self._seconds[tool]:,.0f} s for a tenth"
        return {"layer": self._name, "points": f"{size:,}", "tool": tool, **row, "differ": reason}


def print_ratios(sizes: list[int], rounds: int, patience: float) -> None:
    """Compare all tools on all layers; the largest jobs are run in fewer rounds."""
    for name in layers():
        turns = Turns(name, patience)
        for size in sizes:
            table = turns.compare(size, rounds if size < _MANY else 1)
            print(table.to_string(index=False), flush=True)


def print_one(name: str, tool: str, size: int) -> None:
    """Run one tool once, after a small job that loads what it needs; for a process of its own."""
    basins, points = layers()[name]()
    small = Job(*points(_FEW_POINTS), basins)
    tools(len(basins))[tool](small)(small.fresh())
    BasinLocator(basins).build_index(_FEW_POINTS)
    ask = tools(len(basins))[tool](job := Job(*points(size), basins))
    layer = job.fresh()
    clock, processor = time.perf_counter(), time.process_time()
    ask(layer)
    seconds, busy = time.perf_counter() - clock, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB
    print(
        f"{name}, {size:,} points, {tool}: {seconds:,.3f} s, {busy:,.3f} s of processors, {peak:,.0f} MB at most"
    )


def in_own_process(name: str, tool: str, size: int, *, patience: float | None = None) -> None:
    """Run one tool in a process of its own, whose memory is then its alone; it is stopped after `patience` seconds."""
    command = [sys.executable, __file__, "one", "--one", name, tool, str(size)]
    subprocess.run(command, check=True, timeout=patience)


def print_memory(patience: float) -> None:
    """Print the peak memory of every tool that finishes in time, on a million points."""
    for name in list(layers())[:2]:
        for tool in tools(_FEW_BASINS if name.startswith("4") else _FEW_BASINS + 1):
            try:
                in_own_process(name, tool, _CHUNK, patience=patience)
            except subprocess.TimeoutExpired:
                print(f"{name}, {tool}: – stopped after {patience:,.0f} s", flush=True)


def print_growth() -> None:
    """Print seconds and peak memory of the locator by the number of points."""
    for tool in (_COPY, _REUSED, _ONE_SHOT):
        for size in (1_000_000, 10_000_000, 100_000_000):
            in_own_process(next(iter(layers())), tool, size)


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["ratios", "memory", "growth"])
    parser.add_argument("--points", type=int, nargs="+", default=[10**power for power in range(3, 8)])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=60)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print_one(asked.one[0], asked.one[1], int(asked.one[2]))
        return
    print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
    if "ratios" in asked.what:
        print_ratios(asked.points, asked.rounds, asked.patience)
    if "memory" in asked.what:
        print_memory(asked.patience)
    if "growth" in asked.what:
        print_growth()


if __name__ == "__main__":
    main()
