"""One location from whatever a field office wrote, or a refusal that says why.

Every way to read the text is tried. Those that lead out of the country or box asked for fall away, those that
mend least come first, and where two of these name different places nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watershed_cp.errors import InputError
from watershed_cp.intake.angles import Reading, clean, read_angles, read_scaled
from watershed_cp.intake.areas import Area, Box, area_of, region
from watershed_cp.intake.grids import read_grid, read_mgrs
from watershed_cp.intake.headers import shorten
from watershed_cp.intake.notations import read_notations, unwrap_link
from watershed_cp.messages import fault, label, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watershed_cp.errors import Language, Text

__all__ = ["Location", "parse_location"]

_LONGEST = 2_000
_SAME_DEGREES = 5e-4  # about 55 m: readings closer than this name one place
_ORIGIN_DEGREES = 1e-3


@dataclass(frozen=True)
class Location:
    """A point on WGS 84 as it was read.

    Attributes
    ----------
    longitude, latitude : float
        Degrees, EPSG:4326.
    accuracy_m : float
        Radius in metres that the text's own precision tells, 10 m at best; more where the datum is not stated.
    repairs : tuple of str
        What was mended or taken for granted, one sentence each; empty where nothing was.
    """

    longitude: float
    latitude: float
    accuracy_m: float
    repairs: tuple[str, ...] = ()


def parse_location(
    text: str, country: str | None = None, within: Box | None = None, *, language: Language | None = None
) -> Location:
    r"""Read one location.

    Parameters
    ----------
    text : str
        Degrees with decimals, minutes or seconds, metres on UTM, GTM or Lambert, MGRS, a plus code, a link to
        a map, WKT or GeoJSON.
    country : str, optional
        ISO code, SV, GT, HN or PA; the location must lie in it.
    within : (west, south, east, north), optional
        Box in degrees that the location must lie in. With neither, the four countries are thought of first,
        and a place elsewhere must say itself whether it lies east or west.
    language : {"es", "en"}, optional
        Language of the repairs, by default that of the system.

    Returns
    -------
    Location
        The one place that the text can mean.

    Raises
    ------
    InputError
        If the text is no location, lies elsewhere, or can mean more than one place.

    Examples
    --------
    >>> parse_location("13° 41' 56.2\" N, 89° 11' 29.0\" W", "SV").latitude
    13.698944444444445
    >>> parse_location("89,1914 13,69895", "SV", language="en").repairs
    ('longitude taken as west', 'latitude and longitude swapped')
    """
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST:
        raise InputError(fault("location_unreadable", value=shorten(str(text))))
    area = _area(country, within)
    readings = _read(unwrap_link(text), area)
    found = _choose(text, readings, area, certain=bool(country or within))
    repairs = tuple(label("repairs", key, language, value=value) for key, value in found.repairs)
    return Location(found.longitude, found.latitude, found.accuracy_m, repairs)


def _area(country: str | None, within: Box | None) -> Area:
    if country:
        return area_of(country.strip().upper()).within(within)
    return region() if within is None else Area(within)


def _read(text: str, area: Area) -> list[Reading]:
    """Collect every reading; a notation of its own leaves no room for others."""
    special = [*read_notations(text, area.country), *read_mgrs(text)]
    if special:
        return special
    plain = clean(text)
    return [*read_angles(plain), *read_scaled(plain, area), *read_grid(text, area)]


def _choose(text: str, readings: list[Reading], area: Area, *, certain: bool) -> Reading:
    """Give the reading that mends least among those in the area, if it is the only one."""
    readings = [one for one in readings if abs(one.latitude) <= 90 and abs(one.longitude) <= 180]  # noqa: PLR2004
    if not readings:
        zeros = set(text) & set("0123456789") == {"0"}
        raise InputError(fault("location_zero" if zeros else "location_unreadable", value=shorten(text)))
    if all(abs(one.longitude) + abs(one.latitude) < _ORIGIN_DEGREES for one in readings):
        raise InputError(fault("location_zero", value=shorten(text)))
    inside = [one for one in readings if area.holds(one.longitude, one.latitude)]
    if not inside and not certain:
        inside = [one for one in readings if one.explicit and not one.effort]
    if not inside:
        nearest = min(readings, key=lambda one: one.effort)
        where = f"{nearest.latitude:.4f}, {nearest.longitude:.4f}"
        raise InputError(fault("location_elsewhere", value=shorten(text), where=where, area=_name(area)))
    best = min(inside, key=lambda one: one.effort)
    rivals = [one for one in inside if one.effort <= best.effort + (best.effort > 0) and _apart(one, best)]
    if rivals:
        raise InputError(fault("location_ambiguous", value=shorten(text), choices=_list([best, *rivals])))
    return best


def _apart(one: Reading, two: Reading) -> bool:
    return max(abs(one.longitude - two.longitude), abs(one.latitude - two.latitude)) > _SAME_DEGREES


def _list(readings: Iterable[Reading]) -> str:
    return "; ".join(dict.fromkeys(f"{one.latitude:.4f}, {one.longitude:.4f}" for one in readings))


def _name(area: Area) -> Text | str:
    west, south, east, north = area.box
    box = f"{south:.2f} – {north:.2f}, {west:.2f} – {east:.2f}"
    return texts("page_country")[area.country] if area.country else box
