"""The one small design system that page, posters and reports share: colours, ramp, type and lines.

Quiet base, water first, people second, chrome last. Nothing here draws: a page turns :data:`COLOURS` into CSS
variables, a figure takes :func:`matplotlib_settings`.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from watershed_cp.palette import COLOURS, RAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "COLOURS",
    "LINES",
    "RAMP",
    "TYPE",
    "Lines",
    "TypeSizes",
    "contrast",
    "figure_fonts",
    "font_files",
    "matplotlib_settings",
    "ramp_breaks",
    "ramp_colour",
    "text_on",
]


@dataclass(frozen=True)
class TypeSizes:
    """The three sizes of a figure, in points."""

    title: float
    body: float
    small: float


TYPE: Final = {
    "a3": TypeSizes(title=31, body=14.5, small=10.5),
    "slide": TypeSizes(title=25, body=12, small=8.8),
    "factsheet": TypeSizes(title=20, body=10.5, small=7.8),
}


@dataclass(frozen=True)
class Lines:
    """Line widths in points on A3; other forms scale them."""

    hair: float = 0.5
    border: float = 0.9
    coast: float = 0.6
    basin: float = 1.6
    halo: float = 2.6
    rivers: tuple[float, ...] = (0.5, 0.8, 1.2, 1.7, 2.4, 3.2)  # by order, from brook to main stem


LINES: Final = Lines()


_SRGB_KNEE: Final = 0.04045  # below it sRGB is a straight line (IEC 61966-2-1)


def _linear(colour: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= _SRGB_KNEE, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it.

    Parameters
    ----------
    first, second : str
        Colours as ``#RRGGBB``.

    Examples
    --------
    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    weights = np.array([0.2126, 0.7152, 0.0722])
    dark, light = sorted(float(_linear(colour) @ weights) for colour in (first, second))
    return (light + 0.05) / (dark + 0.05)


def text_on(background: str) -> str:
    """Choose ink or paper for text on a colour, whichever reads better.

    Examples
    --------
    >>> text_on(RAMP[0]), text_on(RAMP[-1])
    ('#1B2A33', '#FBFAF7')
    """
    return max((COLOURS.ink, COLOURS.paper), key=lambda text: contrast(text, background))


def ramp_breaks(values: Sequence[float]) -> tuple[float, ...]:
    """Give round upper bounds of the ramp's classes, from zero up, that hold every value.

    Parameters
    ----------
    values : sequence of float
        What the map shows; NaN (not known) is passed over.

    Returns
    -------
    tuple of float
        As many bounds as :data:`RAMP` has steps, each a multiple of one round step such as 2, 2.5 or 8.

    Examples
    --------
    >>> ramp_breaks([0, 3.2, 11.8])
    (2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
    """
    highest = max((value for value in values if np.isfinite(value)), default=0)
    need = max(highest, 0) / len(RAMP) or 1 / len(RAMP)  # where every load rose, nothing was avoided
    power = 10 ** np.floor(np.log10(need))
    step = next(
        float(factor * power)
        for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
        if factor * power >= need * (1 - 1e-12)
    )
    return tuple(float(f"{step * count:.6g}") for count in range(1, len(RAMP) + 1))


def ramp_colour(value: float, breaks: Sequence[float]) -> str | None:
    """Give the ramp's colour for a value, or None where it is not known and a hatch must stand.

    Examples
    --------
    >>> ramp_colour(0, (2, 4, 6, 8, 10, 12)), ramp_colour(float("nan"), (2, 4, 6, 8, 10, 12))
    ('#E4F1EF', None)
    """
    if not np.isfinite(value):
        return None
    return RAMP[min(int(np.searchsorted(breaks, value)), len(RAMP) - 1)]


def font_files() -> dict[str, Path]:
    """Find the files of the open sans family by face; none where its package is not installed.

    Examples
    --------
    >>> list(font_files())
    ['Regular', 'It', 'Semibold']
    """
    package = importlib.util.find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        return {}
    folder = Path(package.origin).parent / "files"
    return {face: folder / f"SourceSansPro-{face}.ttf" for face in ("Regular", "It", "Semibold")}


@functools.cache
def figure_fonts() -> tuple[str, ...]:
    """Register the figures' open sans family with matplotlib and name the families in order of choice.

    Source Sans has tabular figures, subscripts and thin spaces; DejaVu Sans (matplotlib's own) fills in.

    Examples
    --------
    >>> figure_fonts()[-1]
    'DejaVu Sans'
    """
    from matplotlib import font_manager

    files = font_files()
    if not files:
        return ("DejaVu Sans",)
    faces = font_manager.fontManager
    for file in files.values():
        faces.addfont(file)
    faces.ttflist = [  # our bold is the semibold: nothing shouts
        replace(face, weight=700) if face.fname.endswith("SourceSansPro-Semibold.ttf") else face
        for face in faces.ttflist
    ]
    return ("Source Sans Pro", "DejaVu Sans")


def matplotlib_settings() -> dict[Any, Any]:
    """Give the matplotlib settings of every figure, for ``matplotlib.rc_context``.

    Returns
    -------
    dict
        Fonts, colours and the fixed salt that makes a drawing's bytes repeatable.

    Examples
    --------
    >>> matplotlib_settings()["figure.facecolor"]
    '#FBFAF7'
    """
    return {
        "font.family": list(figure_fonts()),
        "text.color": COLOURS.ink,
        "text.hinting": "no_hinting",  # letters as wide on every page as when they are measured
        "text.parse_math": False,  # a dollar sign in a user's name is a dollar sign
        "axes.edgecolor": COLOURS.hairline,
        "axes.facecolor": "none",
        "figure.facecolor": COLOURS.paper,
        "savefig.facecolor": COLOURS.paper,
        "hatch.color": COLOURS.missing,
        "hatch.linewidth": 0.6,
        "pdf.fonttype": 42,
        "svg.hashsalt": "watershed_cp",
        "path.simplify": True,
        "path.simplify_threshold": 0.3,
    }
