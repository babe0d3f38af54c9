"""Where a location may be: a country, a department or a box, to tell a sound reading from an unsound one."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

import shapely

from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.reference import data_path, read_reference
from watershed_cp.tables import COUNTRIES

__all__ = ["Area", "Box", "area_of", "country_of", "region"]

Box = tuple[float, float, float, float]

_MARGIN_DEGREES = 0.05  # about 5 km: the outlines are simplified, and quays and islets stand before them


@dataclass(frozen=True, eq=False)
class Area:
    """A stretch of the earth in EPSG:4326: an outline, or a box that has none.

    Attributes
    ----------
    box : (west, south, east, north)
        Degrees.
    country : str
        ISO code, empty for a box of the caller's own.
    outline : Polygon or None
        Outline with a margin of about 5 km.
    """

    box: Box
    country: str = ""
    outline: Any = None

    def holds(self, longitude: float, latitude: float) -> bool:
        """Tell whether a point may be meant."""
        west, south, east, north = self.box
        inside = west <= longitude <= east and south <= latitude <= north
        return inside and (
            self.outline is None or bool(shapely.intersects_xy(self.outline, longitude, latitude))
        )

    def within(self, box: Box | None) -> Area:
        """Narrow the area to what it shares with `box`."""
        if box is None:
            return self
        west, south, east, north = self.box
        shared = (max(west, box[0]), max(south, box[1]), min(east, box[2]), min(north, box[3]))
        return Area(shared, self.country, self.outline)


def area_of(country: str, department: str | None = None) -> Area:
    """Give the area of a country, or of one of its departments.

    Parameters
    ----------
    country : str
        ISO code: SV, GT, HN or PA.
    department : str, optional
        Its name in Spanish, accents or not.

    Returns
    -------
    Area
        With a margin of about 5 km; the whole country where the department is not known.

    Raises
    ------
    InputError
        If the country is none of the four.

    Examples
    --------
    >>> area_of("SV").holds(-89.19, 13.69), area_of("GT").holds(-89.19, 13.69)
    (True, False)
    """
    if country not in COUNTRIES:
        raise InputError(fault("country_unknown", value=country, choices=", ".join(COUNTRIES)))
    outlines = _outlines()
    return outlines.get((country, _plain(department or "")), outlines[country, ""])


@functools.cache
def country_of(department: str) -> str:
    """Give the country that has a department of this name, empty where none has or several have.

    Examples
    --------
    >>> country_of("Departamento de Zacapa"), country_of("La Paz")
    ('GT', '')
    """
    rows = read_reference("departments")
    found = {row["country"] for row in rows if department and _plain(row["name"]) == _plain(department)}
    return found.pop() if len(found) == 1 else ""


@functools.cache
def region() -> Area:
    """Give the box around the four countries.

    Examples
    --------
    >>> region().holds(-88.0, 15.5), region().holds(88.0, 15.5)
    (True, False)
    """
    boxes = [area_of(country).box for country in COUNTRIES]
    west, south, east, north = zip(*boxes, strict=True)
    return Area((min(west), min(south), max(east), max(north)))


@functools.cache
def _outlines() -> dict[tuple[str, str], Area]:
    """Read the departments of the base map; a country is the sum of its departments."""
    features = json.loads(data_path("basemap", "departments.geojson").read_text(encoding="utf-8"))["features"]
    parts: dict[tuple[str, str], list[Any]] = {}
    for feature in features:
        names, outline = feature["properties"], shapely.geometry.shape(feature["geometry"])
        parts.setdefault((names["country"], ""), []).append(outline)
        parts.setdefault((names["country"], _plain(names["name"])), []).append(outline)
    return {key: _area(key[0], outlines) for key, outlines in parts.items()}


def _area(country: str, outlines: list[Any]) -> Area:
    outline = shapely.union_all([part.buffer(_MARGIN_DEGREES, quad_segs=2) for part in outlines])
    shapely.prepare(outline)
    west, south, east, north = outline.bounds
    return Area((west, south, east, north), country, outline)


def _plain(name: str) -> str:
    from watershed_cp.intake.headers import fold

    return fold(name).removeprefix("departamento de ").removeprefix("provincia de ")
