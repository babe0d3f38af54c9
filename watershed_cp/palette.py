"""The colours of the house, for whatever it makes: page, posters, reports and workbooks."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["COLOURS", "RAMP", "SHEET", "Colours", "SheetColours"]


class Colours(NamedTuple):
    """Every colour but the ramp, as ``#RRGGBB``; the text tones reach 4.5 to 1 on paper."""

    paper: str = "#FBFAF7"
    ink: str = "#1B2A33"
    muted: str = "#5B6B73"
    hairline: str = "#C9C5BB"
    land: str = "#F3F1EC"
    land_shade: str = "#CCC3B6"  # the darkest tone that the relief reaches
    land_light: str = "#FFFEFC"  # the lightest
    sea: str = "#DCE8EC"
    border: str = "#8F8A80"
    river: str = "#2C7DA0"
    river_text: str = "#1B5A78"
    lake: str = "#A9CFE0"
    basin: str = "#07525A"  # outline of a watershed: the deep end of the ramp
    before: str = "#C3BFB5"  # the load before, of which a part was avoided
    firm: str = "#D9661F"
    firm_edge: str = "#8F3B0C"
    firm_text: str = "#A8460F"
    uncounted: str = "#63676C"  # ring of a firm that is not counted; never filled
    missing: str = "#B4AFA4"  # hatch of a value that is not known


COLOURS: Final = Colours()

RAMP: Final = ("#E4F1EF", "#B9DBD8", "#86C0BE", "#4E9F9F", "#1F7A7D", "#07525A")
"""Reductions, from none to most: one hue, lightness falling evenly, so that a grey copy still reads."""


class SheetColours(NamedTuple):
    """What only a workbook needs, as ``#RRGGBB``."""

    shade: str = "#DCE6EA"  # headers that may stay blank, and lines
    asked: str = "#FFF4D6"  # cells to fill in
    asked_head: str = "#F2D9A0"
    marked: str = "#F2B8A0"  # a cell with a fault


SHEET: Final = SheetColours()
