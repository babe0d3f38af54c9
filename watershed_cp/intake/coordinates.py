"""One location from whatever a field office wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass

from watershed_cp.errors import InputError
from watershed_cp.messages import fault

__all__ = ["Location", "parse_location"]

_PAIR = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*")


@dataclass(frozen=True)
class Location:
    """A point on WGS 84, how well it is known, and what was mended to read it."""

    longitude: float
    latitude: float
    accuracy_m: float
    repairs: tuple[str, ...] = ()


def parse_location(text: str, country: str | None = None) -> Location:
    """Read one location.

    Examples
    --------
    >>> parse_location("13.70, -89.20").longitude
    -89.2
    """
    del country
    match = _PAIR.fullmatch(text)
    if match is None or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:  # noqa: PLR2004
        raise InputError(fault("location_unreadable", value=text))
    return Location(float(match[2]), float(match[1]), float("nan"))
