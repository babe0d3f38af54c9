"""The map of a figure: ground, borders, rivers, watersheds, firms, scale and inset.

A map is drawn on a :class:`Sheet`: an axes whose data coordinates are points on paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from watershed_cp.publish.lettering import Box, Labels, halo, write
from watershed_cp.publish.style import COLOURS, LINES, RAMP, TypeSizes
from watershed_cp.publish.terrain import Frame, ground, mercator, paint, rivers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Sheet",
    "draw_firms",
    "draw_ground",
    "draw_inset",
    "draw_mark",
    "draw_rivers",
    "draw_scale",
    "draw_shade",
    "mark_diameter",
]

_THINNEST = 0.5  # points: an edge softer than this looks like a line, and is drawn as one


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


def draw_ground(
    sheet: Sheet,
    dots_per_inch: float,
    *,
    outline: shapely.Geometry | None = None,
    accuracy_m: float = math.nan,
    basin_id: str | None = None,
) -> None:
    """Draw the ground and its borders, and the watershed the map is about.

    Parameters
    ----------
    sheet : Sheet
        The map.
    dots_per_inch : float
        Resolution of the painted ground.
    outline : shapely.Geometry, optional
        The watershed, Mercator degrees.
    accuracy_m : float
        How far off the outline may be; where this is not known, or nothing on paper, it is drawn as a line.
    basin_id : str, optional
        Built-in watershed whose sharper relief is used.
    """
    base, frame = ground(), sheet.frame
    softness = 0.0 if math.isnan(accuracy_m) else accuracy_m * frame.points_per_metre
    picture = paint(frame, dots_per_inch, outline=outline, softness=softness, basin_id=basin_id)
    whole = (0, frame.width, 0, frame.height)
    sheet.axes.imshow(picture, extent=whole, aspect="auto", interpolation="none", zorder=0)
    _stroke(sheet, shapely.boundary(base.land), COLOURS.lake, LINES.coast, zorder=1)
    _stroke(
        sheet,
        base.borders["department"],
        COLOURS.border,
        LINES.hair,
        zorder=2,
        dashes=(0, (4, 3)),
        alpha=0.55,
    )
    _stroke(sheet, base.borders["country"], COLOURS.border, LINES.border, zorder=2, alpha=0.75)
    if outline is not None and softness < _THINNEST:
        _stroke(sheet, shapely.boundary(outline), COLOURS.basin, LINES.basin, zorder=3)


def draw_rivers(sheet: Sheet, basin_id: str | None) -> None:
    """Draw the rivers of a built-in watershed, wider from order to order."""
    named = rivers(basin_id)
    widest = len(LINES.rivers) - 1
    main = max((river["strahler"] for river, _ in named if not river["below_outlet"]), default=0)
    for order in sorted({river["strahler"] for river, _ in named}):
        lines = shapely.union_all([line for river, line in named if river["strahler"] == order])
        lines = shapely.difference(
            lines, ground().sea
        )  # the drawn coast and that of the rivers differ a little
        width = LINES.rivers[
            min(max(order - main + widest, 1), widest) - 1
        ]  # a small main stem is a main stem too
        _stroke(sheet, lines, COLOURS.river, width, zorder=5)


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


def draw_inset(
    figure: Figure,
    sheet: Sheet,
    outline: shapely.Geometry,
    corner: tuple[float, float],
    basin_id: str | None = None,
) -> None:
    """Draw where in Central America the map lies, in the corner that hides least of the watershed and its waters.

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
    basin_id : str, optional
        Built-in watershed whose rivers are drawn.
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
    waters = [line for _, line in rivers(basin_id)] + [lake for _, lake in base.lakes]
    kept = shapely.union_all([outline, *waters])
    shown = frame.cut(kept).buffer(1.5 * sheet.sizes.small)
    cost = [
        shapely.area(shown.intersection(shapely.box(*place)))
        + 400 * sum(map(place.meets, sheet.labels.taken))
        for place in places
    ]
    place = places[int(np.argmin(cost))]
    sheet.labels.taken.append(Box(place.left - rim, place.bottom - rim, place.right + rim, place.top + rim))
    inset = Sheet.on(figure, (corner[0] + place.left, corner[1] + place.bottom), small, sheet.sizes, 0.5)
    inset.axes.set_facecolor(COLOURS.sea)
    _fill(inset, shapely.simplify(base.land, 0.05), COLOURS.paper, zorder=1)
    _stroke(inset, shapely.simplify(base.borders["country"], 0.05), COLOURS.border, LINES.border, zorder=2)
    (left, bottom), (far, high) = small.points(np.array(frame.bounds).reshape(2, 2))
    inset.axes.add_artist(
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
        sheet.axes.add_artist(PathPatch(path, zorder=zorder, **look))


def _stroke(
    sheet: Sheet,
    lines: shapely.Geometry,
    colour: str,
    width: float,
    *,
    zorder: float,
    dashes: Any = "solid",
    alpha: float = 1,
) -> None:
    visible = [shapely.get_coordinates(part) for part in shapely.get_parts(sheet.frame.cut(lines))]
    looks = {"colors": colour, "linewidths": width * sheet.pen, "linestyles": [dashes], "alpha": alpha}
    sheet.axes.add_artist(
        LineCollection(visible, capstyle="butt" if alpha < 1 else "round", zorder=zorder, **looks)
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
