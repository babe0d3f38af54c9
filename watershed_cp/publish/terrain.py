"""The ground under a map: what the base map holds of it, cut and scaled, and painted as one picture.

Places are projected once, to Web Mercator in degrees; every figure takes its part from there.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFilter
from shapely.geometry import shape

from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.style import COLOURS
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from watershed_cp.publish.basemap import Relief

__all__ = ["Frame", "Ground", "ground", "mercator", "paint", "project", "rivers"]

Named = tuple[dict[str, Any], shapely.Geometry]
"""A GeoJSON feature's properties, and its shape in Mercator degrees."""

_METRES_PER_DEGREE = 111_320.0
_VEIL = 0.62  # how much paper lies over what is outside the watershed
_BAND = 0.65  # how strong the watershed's colour stands along a narrow edge
_WIDE = 8.0  # points: an edge as wide as this is half as strong


def mercator(degrees: NDArray[Any]) -> NDArray[Any]:
    """Project (longitude, latitude) to Web Mercator, both axes in degrees of longitude.

    Parameters
    ----------
    degrees : numpy.ndarray
        Shape (n, 2), EPSG:4326.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2).

    Examples
    --------
    >>> mercator(np.array([[-90.0, 0.0], [-90.0, 15.0]])).round(3).tolist()
    [[-90.0, 0.0], [-90.0, 15.174]]
    """
    return np.column_stack([degrees[:, 0], np.degrees(np.arcsinh(np.tan(np.radians(degrees[:, 1]))))])


class Frame(NamedTuple):
    """What part of the world a map shows: its lower left corner in Mercator degrees, its scale and size.

    Attributes
    ----------
    west, south : float
        Corner, Mercator degrees.
    scale : float
        Points per degree.
    width, height : float
        Points.
    """

    west: float
    south: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, outline: shapely.Geometry, width: float, height: float, *, margin: float) -> Frame:
        """Fit an outline (Mercator degrees) into a map of that size, `margin` points free on every side."""
        west, south, east, north = outline.bounds
        scale = min((width - 2 * margin) / (east - west), (height - 2 * margin) / (north - south))
        return cls(
            (west + east - width / scale) / 2, (south + north - height / scale) / 2, scale, width, height
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in Mercator degrees."""
        return (
            self.west,
            self.south,
            self.west + self.width / self.scale,
            self.south + self.height / self.scale,
        )

    @property
    def points_per_metre(self) -> float:
        """Scale on the ground in the middle of the map."""
        middle = math.radians(self.south + self.height / self.scale / 2)
        return self.scale * math.cosh(middle) / _METRES_PER_DEGREE

    def points(self, places: NDArray[Any]) -> NDArray[Any]:
        """Turn Mercator degrees into points, shape (n, 2)."""
        return (places - (self.west, self.south)) * self.scale

    def cut(self, outline: shapely.Geometry, beyond: float = 6.0) -> shapely.Geometry:
        """Clip an outline to a little more than the map, and turn it into points."""
        west, south, east, north = self.bounds
        rim = beyond / self.scale
        clipped = shapely.clip_by_rect(outline, west - rim, south - rim, east + rim, north + rim)
        return shapely.transform(clipped, self.points)


@dataclass(frozen=True)
class Ground:
    """The base map in Mercator degrees; ``borders`` by kind, country or department."""

    window: shapely.Geometry
    land: shapely.Geometry
    sea: shapely.Geometry
    countries: tuple[Named, ...]
    departments: tuple[Named, ...]
    lakes: tuple[Named, ...]
    seas: tuple[Named, ...]
    towns: tuple[Named, ...]
    borders: dict[str, shapely.Geometry]


def project(outline: shapely.Geometry) -> shapely.Geometry:
    """Project a shape from EPSG:4326 to Mercator degrees."""
    return shapely.transform(outline, mercator)


@functools.cache
def ground() -> Ground:
    """Read and project the base map, once for all figures; lakes of the watersheds replace coarser ones."""
    base = read_basemap()
    names = ("land", "departments", "lakes", "seas", "towns", "borders")
    layers = {name: _named(getattr(base, name)) for name in names}
    fine = _named(_features("lakes"))
    known = shapely.union_all([lake for _, lake in fine])
    coarse = [named for named in layers["lakes"] if not named[1].intersects(known)]
    land = shapely.coverage_union_all([outline for _, outline in layers["land"]])
    window = project(shapely.box(*base.relief.bounds))
    return Ground(
        window=window,
        land=land,
        sea=window.difference(land),
        countries=layers["land"],
        departments=layers["departments"],
        lakes=(*fine, *coarse),
        seas=layers["seas"],
        towns=layers["towns"],
        borders={properties["kind"]: lines for properties, lines in layers["borders"]},
    )


@functools.cache
def rivers(basin_id: str | None) -> tuple[Named, ...]:
    """Give the rivers of a built-in watershed outside its lakes, the small ones first; none for any other."""
    lakes = shapely.union_all([lake for _, lake in ground().lakes])
    found = [feature for feature in _features("rivers") if feature["properties"]["basin_id"] == basin_id]
    found.sort(key=lambda feature: feature["properties"]["upstream_km2"])
    return tuple((properties, line.difference(lakes)) for properties, line in _named(found))


def _features(layer: str) -> list[dict[str, Any]]:
    text = data_path("basins", f"{layer}.geojson").read_text(encoding="utf-8")
    return list(json.loads(text)["features"])


def _named(features: Iterable[dict[str, Any]]) -> tuple[Named, ...]:
    return tuple((feature["properties"], project(shape(feature["geometry"]))) for feature in features)


@functools.lru_cache(maxsize=8)  # the same ground serves every language of a form
def paint(
    frame: Frame,
    dots_per_inch: float,
    *,
    outline: shapely.Geometry | None = None,
    softness: float = 0,
    basin_id: str | None = None,
) -> NDArray[np.uint8]:
    """Paint relief, sea and lakes; around a watershed everything fades, over an edge as soft as it is uncertain.

    Parameters
    ----------
    frame : Frame
        What the map shows; where the base map does not reach all of it, the land is plain.
    dots_per_inch : float
        Resolution of the picture.
    outline : shapely.Geometry, optional
        The watershed, Mercator degrees.
    softness : float
        Half the width of its edge, points.
    basin_id : str, optional
        Built-in watershed whose sharper relief is used.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns, 3), the first row at the top.

    Examples
    --------
    >>> paint(Frame(10, 10, 36, 72, 36), 2).tolist()
    [[[243, 241, 236], [243, 241, 236]]]
    """
    grain = dots_per_inch / 72
    size = (round(frame.width * grain), round(frame.height * grain))
    base, view = ground(), shapely.box(*frame.bounds)
    if base.window.contains(view):
        picture = _relief(frame, size, basin_id)
        lakes = shapely.union_all([lake for _, lake in base.lakes if lake.intersects(view)])
        picture.paste(COLOURS.sea, mask=_mask(frame, base.sea, size))
        picture.paste(COLOURS.lake, mask=_mask(frame, lakes, size))
    else:
        picture = Image.new("RGB", size, COLOURS.land)
    if outline is not None:
        inside = _mask(frame, outline, size).filter(
            ImageFilter.GaussianBlur(max(softness, 1.2) * grain / 1.6)
        )
        shares = np.arange(256) / 255
        veil = _VEIL * (1 - shares)
        band = _BAND / (1 + softness / _WIDE) * (4 * shares * (1 - shares)) ** 1.3
        picture.paste(COLOURS.paper, mask=inside.point((255 * veil).round().astype(int).tolist()))
        picture.paste(COLOURS.basin, mask=inside.point((255 * band).round().astype(int).tolist()))
    return np.asarray(picture)


def _relief(frame: Frame, size: tuple[int, int], basin_id: str | None) -> Image.Image:
    """Take the part of the sharpest sheet that covers the frame."""
    base = read_basemap()
    west, south, east, north = frame.bounds
    for sheet in (base.close_ups.get(basin_id or "", base.relief), base.relief):
        image, (left, bottom, right, top) = _picture(sheet)
        if left <= west and bottom <= south and east <= right and north <= top:
            break
    across, down = image.width / (right - left), image.height / (top - bottom)
    part = ((west - left) * across, (top - north) * down, (east - left) * across, (top - south) * down)
    return image.resize(size, Image.Resampling.BICUBIC, box=part)


@functools.cache
def _picture(sheet: Relief) -> tuple[Image.Image, tuple[float, float, float, float]]:
    west, south, east, north = sheet.bounds
    corners = mercator(np.array([[west, south], [east, north]]))
    with Image.open(sheet.path) as image:
        return image.convert("RGB"), (west, float(corners[0, 1]), east, float(corners[1, 1]))


def _mask(frame: Frame, area: shapely.Geometry, size: tuple[int, int]) -> Image.Image:
    """Give the share of each dot that an area covers, 0 to 255; drawn twice as fine, then halved."""
    mask = Image.new("L", (2 * size[0], 2 * size[1]), 0)
    pen, grain = ImageDraw.Draw(mask), 2 * size[1] / frame.height
    dots = shapely.transform(frame.cut(area), lambda points: (points * (1, -1) + (0, frame.height)) * grain)
    for part in sorted(
        shapely.get_parts(dots), key=lambda part: -part.area
    ):  # a lagoon after the sea around its land
        pen.polygon(shapely.get_coordinates(part.exterior).ravel().tolist(), fill=255)
        for hole in part.interiors:
            pen.polygon(shapely.get_coordinates(hole).ravel().tolist(), fill=0)
    return mask.resize(size, Image.Resampling.BOX)
