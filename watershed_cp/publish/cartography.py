"""The map of a figure: relief, coast, borders, rivers, the soft-edged watershed, firms and scale.

A map is drawn on a :class:`Sheet`: an axes whose data coordinates are points on paper. Places are projected once,
to Web Mercator in degrees, and each figure cuts and scales what it needs.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from PIL import Image, ImageDraw, ImageFilter
from shapely.geometry import shape

from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.lettering import Box, Labels, halo, write
from watershed_cp.publish.style import COLOURS, LINES, RAMP, TypeSizes
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from watershed_cp.publish.basemap import Relief

__all__ = [
    "Frame",
    "Ground",
    "Sheet",
    "draw_basin",
    "draw_firms",
    "draw_ground",
    "draw_inset",
    "draw_mark",
    "draw_scale",
    "draw_shade",
    "ground",
    "mark_diameter",
    "mercator",
    "project",
    "rivers",
]

Named = tuple[dict[str, Any], shapely.Geometry]
"""A GeoJSON feature's properties, and its shape in Mercator degrees."""

_DOTS_PER_INCH = 130
_METRES_PER_DEGREE = 111_320.0


def mercator(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
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

    def points(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn Mercator degrees into points, shape (n, 2)."""
        return (places - (self.west, self.south)) * self.scale

    def cut(self, outline: shapely.Geometry, beyond: float = 6.0) -> shapely.Geometry:
        """Clip an outline to a little more than the map, and turn it into points."""
        west, south, east, north = self.bounds
        rim = beyond / self.scale
        clipped = shapely.clip_by_rect(outline, west - rim, south - rim, east + rim, north + rim)
        return shapely.transform(clipped, self.points)


@dataclass(frozen=True)
class Sheet:
    """A map in the making: its axes in points, what it shows and where its names already stand."""

    axes: Axes
    frame: Frame
    labels: Labels
    sizes: TypeSizes
    pen: float  # factor on every line width

    @classmethod
    def on(
        cls, figure: Figure, corner: tuple[float, float], frame: Frame, sizes: TypeSizes, pen: float
    ) -> Sheet:
        """Put a sheet on a figure, its lower left corner at `corner` points."""
        page_width, page_height = figure.get_size_inches() * 72
        box = (
            corner[0] / page_width,
            corner[1] / page_height,
            frame.width / page_width,
            frame.height / page_height,
        )
        axes = figure.add_axes(box, xlim=(0, frame.width), ylim=(0, frame.height), xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set(color=COLOURS.hairline, linewidth=LINES.hair)
        rim = 0.4 * sizes.small
        return cls(axes, frame, Labels(Box(rim, rim, frame.width - rim, frame.height - rim)), sizes, pen)


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


def draw_ground(sheet: Sheet, basin_id: str | None = None) -> None:
    """Draw relief, sea, lakes and borders; outside the base map's window the paper stays empty.

    Parameters
    ----------
    sheet : Sheet
        The map.
    basin_id : str, optional
        Watershed whose sharper relief is used where it covers the map.
    """
    base, frame = ground(), sheet.frame
    west, south, east, north = frame.bounds
    sheet.axes.set_facecolor(COLOURS.land)
    if not base.window.contains(shapely.box(west, south, east, north)):
        return
    picture = _relief(frame, basin_id)
    sheet.axes.imshow(picture, extent=(0, frame.width, 0, frame.height), aspect="auto", zorder=0)
    _fill(sheet, base.sea, COLOURS.sea, zorder=1, edge=COLOURS.lake, width=LINES.coast)
    for _, lake in base.lakes:
        if lake.intersects(shapely.box(west, south, east, north)):
            _fill(sheet, lake, COLOURS.lake, zorder=2.5, edge=COLOURS.river, width=0.4)
    _stroke(sheet, base.borders["department"], COLOURS.border, LINES.hair, zorder=2, dashes=(0, (4, 3)))
    _stroke(sheet, base.borders["country"], COLOURS.border, LINES.border * 1.4, zorder=2)


def _relief(frame: Frame, basin_id: str | None) -> NDArray[np.uint8]:
    base = read_basemap()
    west, south, east, north = frame.bounds
    sheets = [sheet for sheet in (base.close_ups.get(basin_id or ""), base.relief) if sheet]
    for sheet in sheets:
        image, (left, bottom, right, top) = _picture(sheet)
        if left <= west and bottom <= south and east <= right and north <= top:
            break
    across, down = image.width / (right - left), image.height / (top - bottom)
    window = ((west - left) * across, (top - north) * down, (east - left) * across, (top - south) * down)
    size = (round(frame.width * _DOTS_PER_INCH / 72), round(frame.height * _DOTS_PER_INCH / 72))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=window))


@functools.cache
def _picture(sheet: Relief) -> tuple[Image.Image, tuple[float, float, float, float]]:
    west, south, east, north = sheet.bounds
    corners = mercator(np.array([[west, south], [east, north]]))
    with Image.open(sheet.path) as image:
        return image.convert("RGB"), (west, float(corners[0, 1]), east, float(corners[1, 1]))


def draw_basin(sheet: Sheet, outline: shapely.Geometry, *, accuracy_m: float, basin_id: str) -> None:
    """Draw a watershed: what lies outside fades, its edge is as soft as it is uncertain, its rivers run.

    Parameters
    ----------
    sheet : Sheet
        The map.
    outline : shapely.Geometry
        Mercator degrees.
    accuracy_m : float
        How far off the outline may be; unknown or below half a point it is drawn as a line.
    basin_id : str
        For the rivers of the built-in watersheds.
    """
    softness = 0.0 if math.isnan(accuracy_m) else accuracy_m * sheet.frame.points_per_metre
    sheet.axes.imshow(
        _veil(sheet.frame, outline, max(softness, 1.2)),
        extent=(0, sheet.frame.width, 0, sheet.frame.height),
        aspect="auto",
        interpolation="bilinear",
        zorder=3,
    )
    if softness < 0.5:  # noqa: PLR2004 - points: thinner than any line we draw
        _stroke(sheet, shapely.boundary(outline), COLOURS.basin, LINES.basin, zorder=3.5)
    named = rivers(basin_id)
    orders = [properties["strahler"] for properties, _ in named]
    lift = len(LINES.rivers) - 1 - max(orders, default=0)  # a small watershed's main stem is a main stem too
    for order in sorted(set(orders)):
        lines = shapely.union_all([line for properties, line in named if properties["strahler"] == order])
        _stroke(sheet, lines, COLOURS.river, LINES.rivers[max(order + lift, 1) - 1], zorder=5)


def _veil(frame: Frame, outline: shapely.Geometry, softness: float) -> NDArray[np.uint8]:
    """Paint paper over what lies outside the outline, and a soft band of the watershed's colour along it."""
    grain = 1.5 if softness < 4 else 0.75  # noqa: PLR2004 - dots per point: a soft edge needs few
    size = (round(frame.width * grain), round(frame.height * grain))
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    flat = shapely.transform(frame.cut(outline), lambda dots: (dots * (1, -1) + (0, frame.height)) * grain)
    for part in shapely.get_parts(flat):
        pen.polygon([tuple(dot) for dot in shapely.get_coordinates(part.exterior)], fill=255)
        for hole in part.interiors:
            pen.polygon([tuple(dot) for dot in shapely.get_coordinates(hole)], fill=0)
    inside = np.asarray(mask.filter(ImageFilter.GaussianBlur(softness * grain / 1.6))) / 255
    band = 0.6 * (4 * inside * (1 - inside)) ** 1.3
    veil = 0.62 * (1 - inside)
    alpha = band + veil * (1 - band)
    colours = [
        np.array([int(tone[at : at + 2], 16) for at in (1, 3, 5)]) for tone in (COLOURS.basin, COLOURS.paper)
    ]
    mixed = (colours[0] * band[..., None] + colours[1] * (veil * (1 - band))[..., None]) / np.maximum(
        alpha, 1e-6
    )[..., None]
    return np.dstack([np.clip(mixed, 0, 255), alpha * 255]).round().astype(np.uint8)


def draw_firms(sheet: Sheet, places: pd.DataFrame, largest: float) -> None:
    """Draw the firms: counted filled, ambiguous half-filled, not counted hollow; area grows with the reduction.

    Parameters
    ----------
    sheet : Sheet
        The map.
    places : pandas.DataFrame
        As :class:`watershed_cp.publish.findings.Finding` has them, the largest first.
    largest : float
        Reduction, kg/yr, that gets the largest mark.
    """
    spots = sheet.frame.points(mercator(places[["longitude", "latitude"]].to_numpy(float)))
    for spot, mark, reduction in zip(spots, places["mark"], places["reduction_kg_yr"], strict=True):
        diameter = mark_diameter(sheet, reduction, largest) if mark != "uncounted" else 6.5 * sheet.pen
        draw_mark(sheet.axes, spot[0], spot[1], mark, diameter)
        sheet.labels.block(spot[0], spot[1], diameter / 2)


def mark_diameter(sheet: Sheet, reduction: float, largest: float) -> float:
    """Give a mark's diameter in points: its area grows with the reduction, the smallest stays visible."""
    share = max(reduction, 0) / largest if largest > 0 else 0
    return sheet.pen * max(6.0, 24.0 * math.sqrt(share))


def draw_mark(axes: Axes, x: float, y: float, mark: str, diameter: float, zorder: float = 8) -> None:
    """Draw one firm's mark at (x, y) points."""
    looks: dict[str, dict[str, Any]] = {
        "counted": {"mfc": COLOURS.firm, "mec": COLOURS.firm_edge},
        "ambiguous": {
            "mfc": COLOURS.firm,
            "mec": COLOURS.firm_edge,
            "mfcalt": COLOURS.paper,
            "fillstyle": "left",
        },
        "uncounted": {"mfc": "none", "mec": COLOURS.uncounted, "mew": 1.6},
    }
    look = {"mew": 0.9, **looks[mark]}
    axes.plot(
        [x], [y], marker="o", ms=diameter + 2.2, mfc="none", mec=COLOURS.paper, mew=1.2, ls="", zorder=zorder
    )
    axes.plot([x], [y], marker="o", ms=diameter, ls="", zorder=zorder, alpha=0.92, **look)


def draw_scale(sheet: Sheet, x: float, y: float) -> None:
    """Draw a scale bar of a round length, about a sixth of the map, and an arrow to the north."""
    reach = sheet.frame.width / 6 / sheet.frame.points_per_metre / 1000
    power = 10 ** math.floor(math.log10(reach))
    length_km = max(step * power for step in (1, 2, 5) if step * power <= reach)
    end = x + length_km * 1000 * sheet.frame.points_per_metre
    size, ink = sheet.sizes.small, COLOURS.ink
    for width, colour in ((4.2, COLOURS.paper), (1.4, ink)):
        sheet.axes.plot(
            [x, x, end, end],
            [y + 4, y, y, y + 4],
            color=colour,
            lw=width * sheet.pen,
            zorder=9,
            solid_joinstyle="miter",
        )
    text = f"{length_km:g}\N{NARROW NO-BREAK SPACE}km"
    write(
        sheet.axes, (x + end) / 2, y + 0.5 * size, text, size, align="center", zorder=9, path_effects=halo(3)
    )
    write(sheet.axes, end + 1.4 * size, y, "N", size, align="center", zorder=9, path_effects=halo(3))
    sheet.axes.plot([end + 1.4 * size], [y + 1.25 * size], marker="^", ms=0.55 * size, color=ink, zorder=9)
    sheet.labels.taken.append(Box(x - 4, y - 4, end + 2.2 * size, y + 1.9 * size))


def draw_inset(figure: Figure, sheet: Sheet, outline: shapely.Geometry, corner: tuple[float, float]) -> None:
    """Draw where in Central America the map lies, in the corner that hides least of the watershed and its firms.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The page.
    sheet : Sheet
        The map, whose lower left corner stands at `corner` points; called before its names are written.
    outline : shapely.Geometry
        The watershed, Mercator degrees.
    corner : tuple of float
        Points on the page.
    """
    base, frame = ground(), sheet.frame
    if not base.window.contains(shapely.box(*frame.bounds)):
        return
    west, south, east, north = shapely.bounds(base.window)
    width = 0.2 * frame.width
    small = Frame(west, south, width / (east - west), width, width * (north - south) / (east - west))
    rim = 8.0
    right, top = frame.width - small.width - rim, frame.height - small.height - rim
    places = [
        Box(x, y, x + small.width, y + small.height) for x, y in ((right, top), (right, rim), (rim, top))
    ]
    basin = frame.cut(outline).buffer(1.5 * sheet.sizes.small)
    cost = [
        shapely.area(basin.intersection(shapely.box(*place)))
        + 400 * sum(map(place.meets, sheet.labels.taken))
        for place in places
    ]
    place = places[int(np.argmin(cost))]
    sheet.labels.taken.append(Box(place.left - rim, place.bottom - rim, place.right + rim, place.top + rim))
    inset = Sheet.on(figure, (corner[0] + place.left, corner[1] + place.bottom), small, sheet.sizes, 0.5)
    inset.axes.set_facecolor(COLOURS.sea)
    _fill(inset, shapely.simplify(base.land, 0.03), COLOURS.paper, zorder=1)
    _stroke(inset, shapely.simplify(base.borders["country"], 0.03), COLOURS.border, LINES.border, zorder=2)
    (left, bottom), (far, high) = small.points(np.array(frame.bounds).reshape(2, 2))
    inset.axes.add_patch(
        Rectangle(
            (left, bottom), far - left, high - bottom, fc="none", ec=COLOURS.firm_text, lw=1.2, zorder=4
        )
    )
    _fill(inset, outline, RAMP[4], zorder=3)


def _fill(
    sheet: Sheet,
    outline: shapely.Geometry,
    colour: str,
    *,
    zorder: float,
    edge: str = "none",
    width: float = 0,
    hatch: bool = False,
) -> None:
    visible = sheet.frame.cut(outline)
    rings = [ring for part in shapely.get_parts(visible) for ring in (part.exterior, *part.interiors)]
    if rings:
        path = Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))
        look = {"fc": colour, "ec": edge, "lw": width * sheet.pen, "hatch": "////" if hatch else None}
        sheet.axes.add_patch(PathPatch(path, zorder=zorder, **look))


def _stroke(
    sheet: Sheet, lines: shapely.Geometry, colour: str, width: float, *, zorder: float, dashes: Any = "solid"
) -> None:
    visible = [shapely.get_coordinates(part) for part in shapely.get_parts(sheet.frame.cut(lines))]
    sheet.axes.add_collection(
        LineCollection(
            visible, colors=colour, linewidths=width * sheet.pen, linestyles=[dashes], zorder=zorder
        )
    )


def draw_shade(sheet: Sheet, outline: shapely.Geometry, colour: str | None) -> None:
    """Fill a watershed with a step of the ramp, or with a hatch where its value is not known."""
    _fill(
        sheet,
        outline,
        colour or COLOURS.paper,
        zorder=3,
        edge=COLOURS.basin,
        width=LINES.border,
        hatch=colour is None,
    )
