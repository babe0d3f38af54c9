"""What a course passes: rivers it runs along, lakes, basins and municipalities it runs through, towns beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.catalogue import read_built_in
from watershed_cp.basins.coverage import near_longitude
from watershed_cp.basins.earth import geodesic

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

__all__ = ["BESIDE_KM", "Course", "Passage", "Stretch", "Town", "built_in_layers", "describe"]

BESIDE_KM = 3.0  # from a course to a town beside it: a town is some km wide and known as one point

_ALONG_DEGREES = 0.0015  # a course and the river it follows are drawn from the same cells
_STEP_DEGREES = 0.001  # how finely a course is asked what it passes
_LEAST_KM = 0.5  # a shorter touch is a corner cut, not a passage


class Stretch(NamedTuple):
    """A part of a course: what it runs along or through, for how long, and where it comes to it."""

    name: str
    length_km: float
    at_km: float


class Town(NamedTuple):
    """A town beside a course: how far down the course it lies, and how far from it."""

    name: str
    department: str
    at_km: float
    away_km: float


class Passage(NamedTuple):
    """One thing that a course passes: river, lake, basin, municipality or town; a town has no length."""

    kind: str
    name: str
    at_km: float
    length_km: float


@dataclass(frozen=True, kw_only=True)
class Course:
    """The way of the water from one point to the end of the network.

    Attributes
    ----------
    line : shapely LineString
        Drawn downstream, EPSG:4326.
    length_km, lake_km, land_km : float
        Geodesic length; in lakes; the rest.
    outlet : (float, float)
        Longitude and latitude of the last point.
    rivers, lakes, basins, municipalities : tuple of Stretch
        What the water passes, downstream; empty where no layer tells.
    towns : tuple of Town
        Towns within :data:`BESIDE_KM` of the course, downstream. A town is a point and says nothing of municipal
        limits: those need a layer of ``municipalities``.
    """

    line: shapely.LineString
    length_km: float
    lake_km: float
    outlet: tuple[float, float]
    rivers: tuple[Stretch, ...] = ()
    lakes: tuple[Stretch, ...] = ()
    basins: tuple[Stretch, ...] = ()
    municipalities: tuple[Stretch, ...] = ()
    towns: tuple[Town, ...] = ()

    @property
    def land_km(self) -> float:
        """Length outside lakes, km."""
        return self.length_km - self.lake_km

    @property
    def vertices_km(self) -> NDArray[np.float64]:
        """Way of the water to each vertex of the line, km."""
        import shapely

        steps = geodesic().line_lengths(*shapely.get_coordinates(self.line).T)
        return np.concatenate([[0.0], np.cumsum(steps)]) / 1000

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All that the water passes, in the order in which it comes to it."""
        kinds = {
            "basin": self.basins,
            "municipality": self.municipalities,
            "lake": self.lakes,
            "river": self.rivers,
        }
        passed = [
            Passage(kind, part.name, part.at_km, part.length_km)
            for kind, parts in kinds.items()
            for part in parts
        ]
        passed += [Passage("town", town.name, town.at_km, 0.0) for town in self.towns]
        return tuple(sorted(passed, key=lambda passage: passage.at_km))


def built_in_layers(name: str) -> dict[str, gpd.GeoDataFrame]:
    """Give what a course of a built-in watershed may pass: its rivers, lakes and watersheds.

    Examples
    --------
    >>> sorted(built_in_layers("motagua"))
    ['basins', 'lakes', 'rivers']
    """
    rivers = read_built_in("rivers")
    return {
        "rivers": rivers[(rivers["basin_id"] == name) & rivers["name_es"].notna()],
        "lakes": read_built_in("lakes"),
        "basins": read_built_in("basins"),
    }


def describe(points: NDArray[np.float64], layers: dict[str, gpd.GeoDataFrame]) -> Course:
    """Measure a course and say what it passes.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Longitude and latitude, downstream.
    layers : dict of str to geopandas.GeoDataFrame
        ``rivers`` (lines), ``lakes``, ``basins``, ``municipalities`` (polygons), each with a ``name`` or ``name_es``;
        ``towns`` (points) with ``name`` and ``department``. EPSG:4326.

    Returns
    -------
    Course
        Lengths are geodesic.

    Examples
    --------
    >>> round(describe(np.array([[-89.0, 14.0], [-88.0, 14.0]]), {}).length_km, 1)
    108.0
    """
    import shapely

    line = shapely.linestrings(points if len(points) > 1 else np.repeat(points, 2, axis=0))
    course = shapely.get_coordinates(shapely.segmentize(line, _STEP_DEGREES) if line.length else line)
    steps_km = np.asarray(geodesic().line_lengths(course[:, 0], course[:, 1])) / 1000
    middles = (course[1:] + course[:-1]) / 2
    for places in (course, middles):
        places[:, 0] = near_longitude(
            places[:, 0], 0.0
        )  # a course may run on beyond 180 degrees, layers do not
    passed = {
        name: _stretches(_names_at(middles, layer, along=name == "rivers"), steps_km)
        for name, layer in layers.items()
        if name in ("rivers", "lakes", "basins", "municipalities") and len(layer)
    }
    return Course(
        line=line,
        length_km=float(steps_km.sum()),
        lake_km=sum(stretch.length_km for stretch in passed.get("lakes", ())),
        outlet=(float(course[-1, 0]), float(course[-1, 1])),
        towns=_towns_beside(course, steps_km, layers["towns"]) if "towns" in layers else (),
        **passed,
    )


def _towns_beside(
    course: NDArray[np.float64], steps_km: NDArray[np.float64], towns: gpd.GeoDataFrame
) -> tuple[Town, ...]:
    """Find the towns near a course and the place on it that each is nearest to."""
    import shapely

    at_km = np.concatenate([[0.0], np.cumsum(steps_km)])
    narrow = np.array([np.cos(np.radians(course[:, 1].mean())), 1.0])  # degrees of equal length both ways
    places = shapely.get_coordinates(towns.geometry.to_numpy())
    nearest = shapely.STRtree(shapely.points(course * narrow)).nearest(shapely.points(places * narrow))
    geod = geodesic()
    away_km = geod.inv(*places.T, *course[nearest].T)[2] / 1000
    rows = [
        Town(str(towns["name"].iloc[i]), str(towns["department"].iloc[i]), float(at_km[nearest[i]]), float(away_km[i]))
        for i in np.flatnonzero(away_km <= BESIDE_KM)
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda town: (town.at_km, town.name)))


def _names_at(points: NDArray[np.float64], layer: gpd.GeoDataFrame, *, along: bool) -> list[str]:
    """Name what is at each point, with nothing as empty text."""
    import shapely

    names = layer[next(column for column in ("name", "name_es", layer.columns[0]) if column in layer)]
    tree = shapely.STRtree(layer.geometry.to_numpy())
    at = shapely.points(points)
    if along:
        hits, rows = tree.query_nearest(at, max_distance=_ALONG_DEGREES, all_matches=False)
    else:
        hits, rows = tree.query(at, predicate="intersects")
    found = [""] * len(points)
    for hit, row in zip(hits.tolist(), rows.tolist(), strict=True):
        found[hit] = found[hit] or str(names.iloc[row])
    return found


def _stretches(names: list[str], steps_km: NDArray[np.float64]) -> tuple[Stretch, ...]:
    """Add up the steps under each name, in the order in which the water comes to them."""
    total: dict[str, tuple[float, float]] = {}
    starts_km = np.cumsum(steps_km) - steps_km
    for name, start, km in zip(names, starts_km.tolist(), steps_km.tolist(), strict=True):
        if name:
            length, first = total.get(name, (0.0, start))
            total[name] = length + km, first
    return tuple(Stretch(name, km, first) for name, (km, first) in total.items() if km >= _LEAST_KM)
