"""Firms without coordinates, placed by a correction file, by their address online, or by their municipality.

No provider is asked unless one is named. Answers are kept on disk, so that a place is asked for once; only
questions that go out wait. What a match means becomes ``location_accuracy_m``: a municipality is known to
kilometres, and so mostly cannot decide a watershed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import time
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import shapely

from watershed_cp.errors import InputError
from watershed_cp.intake.angles import METRES_PER_DEGREE
from watershed_cp.intake.areas import area_of
from watershed_cp.intake.gazetteer import find_places
from watershed_cp.messages import fault, label

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Fault

__all__ = ["Answer", "Geocoder", "OnlineGeocoder", "geocode_firms", "read_corrections"]

PROVIDERS = ("nominatim", "photon", "arcgis", "googlev3", "here")

_ROOFTOP_M, _INTERPOLATED_M, _STREET_M, _TOWN_M = 30.0, 100.0, 150.0, 14_000.0
_RADII = {
    "ROOFTOP": _ROOFTOP_M,
    "PointAddress": _ROOFTOP_M,
    "houseNumber": _ROOFTOP_M,
    "house": _ROOFTOP_M,
    "building": _ROOFTOP_M,
    "RANGE_INTERPOLATED": _INTERPOLATED_M,
    "StreetAddress": _INTERPOLATED_M,
    "street": _STREET_M,
    "road": _STREET_M,
    "StreetName": _STREET_M,
}
_SAME_PLACE_DEGREES = 0.1


@dataclass(frozen=True)
class Answer:
    """What a provider answered: a point, how well it is known, and what was matched, to be kept with it."""

    longitude: float
    latitude: float
    accuracy_m: float
    provider: str
    matched: str
    query: str


class Geocoder(Protocol):
    """Whatever can place an address."""

    def locate(self, query: str, country: str) -> Answer | None:
        """Give the place of an address within a country, or None where it is not found."""


@dataclass
class OnlineGeocoder:
    """One of the providers that geopy knows, with its answers kept on disk and its questions spaced in time.

    Attributes
    ----------
    provider : {"nominatim", "photon", "arcgis", "googlev3", "here"}
        Read its terms first: the public Nominatim allows one question a second and no bulk lists; Google and
        HERE limit how long coordinates may be kept.
    cache : Path
        Folder of the answers.
    options : dict
        What the provider needs: ``user_agent``, ``api_key``, ``domain``, ``scheme`` …
    seconds_between : float
        Pause between two questions that go out.
    tries : int
        How often a question is put before the provider counts as silent.

    Examples
    --------
    >>> import tempfile
    >>> OnlineGeocoder("nominatim", Path(tempfile.mkdtemp()), {"user_agent": "me"}).provider
    'nominatim'
    """

    provider: str
    cache: Path
    options: dict[str, Any] = field(default_factory=dict)
    seconds_between: float = 1.0
    tries: int = 2
    _asked: float = field(default=-math.inf, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.provider not in PROVIDERS:
            raise InputError(fault("geocoder_unknown", value=self.provider, choices=", ".join(PROVIDERS)))

    def locate(self, query: str, country: str) -> Answer | None:
        """Give the place of an address within a country, from the cache or from the provider.

        Raises
        ------
        InputError
            If the provider does not answer, or not in a way that can be understood.
        """
        name = hashlib.sha256(f"{self.provider}|{country}|{query}".encode()).hexdigest()[:32]
        kept = Path(self.cache) / f"{name}.json"
        if kept.is_file():
            stored = json.loads(kept.read_text(encoding="utf-8"))
        else:
            stored = self._ask(query, country)
            kept.parent.mkdir(parents=True, exist_ok=True)
            written = kept.with_suffix(".part")
            written.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
            written.replace(kept)
        answer = Answer(**stored) if stored else None
        inside = answer is not None and area_of(country).holds(answer.longitude, answer.latitude)
        return answer if inside else None

    def _ask(self, query: str, country: str) -> dict[str, Any] | None:
        from geopy.exc import GeopyError
        from geopy.geocoders import get_geocoder_for_service

        service = get_geocoder_for_service(self.provider)(**self.options)
        narrowed = {"country_codes": country.lower()} if self.provider == "nominatim" else {}
        reason = ""
        for trial in range(self.tries):
            time.sleep(max(0.0, self._asked + self.seconds_between * 2**trial - time.monotonic()))
            self._asked = time.monotonic()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # geopy warns, then raises
                    found = service.geocode(query, **narrowed)
                return None if found is None else self._understand(found, query)
            except (GeopyError, ValueError, KeyError, TypeError, AttributeError) as error:
                reason = str(error) or type(error).__name__
        raise InputError(fault("geocoder_silent", value=query, provider=self.provider, reason=reason[:200]))

    def _understand(self, found: Any, query: str) -> dict[str, Any]:
        longitude, latitude = float(found.longitude), float(found.latitude)
        if not (abs(longitude) <= 180 and abs(latitude) <= 90):  # noqa: PLR2004
            raise ValueError(found.address)
        kind, radius = _precision(found.raw)
        answer = Answer(longitude, latitude, radius, self.provider, f"{kind}: {found.address}", query)
        return asdict(answer)


def _precision(raw: dict[str, Any]) -> tuple[str, float]:
    """Tell from a provider's whole answer what was matched, and the radius that this means."""
    places = (raw, raw.get("properties", {}), raw.get("attributes", {}), raw.get("geometry", {}))
    keys = ("addresstype", "type", "Addr_type", "location_type", "resultType")
    kinds = [str(place[key]) for key in keys for place in places if isinstance(place, dict) and key in place]
    kind = next((kind for kind in kinds if kind in _RADII), kinds[0] if kinds else "?")
    box = raw.get("boundingbox")
    if kind in _RADII:
        return kind, _RADII[kind]
    if isinstance(box, list) and len(box) == 4:  # noqa: PLR2004  south, north, west, east
        south, north, west, east = map(float, box)
        return kind, max(math.dist((south, west), (north, east)) / 2 * METRES_PER_DEGREE, _STREET_M)
    return kind, _TOWN_M


def read_corrections(path: str | Path) -> dict[str, Answer]:
    """Read the file in which the user herself placed firms: ``msme_id, longitude, latitude, accuracy_m``.

    Parameters
    ----------
    path : str or Path
        CSV, UTF-8; a file that is not there holds no corrections.

    Returns
    -------
    dict of str to Answer
        By firm.

    Raises
    ------
    InputError
        If a row cannot be read.

    Examples
    --------
    >>> read_corrections("no-such-file.csv")
    {}
    """
    path = Path(path)
    if not path.is_file():
        return {}
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                longitude, latitude = float(row["longitude"]), float(row["latitude"])
                accuracy = float(row.get("accuracy_m") or "nan")
                found[row["msme_id"]] = Answer(longitude, latitude, accuracy, "correction", "", "")
            except (KeyError, TypeError, ValueError) as error:
                wrong = fault("correction_unreadable", file=path.name, row=number, value=str(error))
                raise InputError(wrong) from error
    return found


def geocode_firms(
    msmes: gpd.GeoDataFrame, *, geocoder: Geocoder | None = None, corrections: dict[str, Answer] | None = None
) -> gpd.GeoDataFrame:
    """Place the firms that have no coordinates, and those that the user corrected.

    Parameters
    ----------
    msmes : GeoDataFrame
        As :func:`watershed_cp.read_msmes` gives it.
    geocoder : Geocoder, optional
        Who is asked for addresses; without one only municipalities are looked up, offline.
    corrections : dict, optional
        As :func:`read_corrections` gives it; they come before everything else.

    Returns
    -------
    GeoDataFrame
        A copy with ``longitude``, ``latitude``, ``location_accuracy_m``, ``geometry`` and ``repairs`` filled
        in. ``attrs["notes"]`` tells of names that fit several places, and of questions without an answer.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = {"msme_id": ["1"], "country": ["SV"], "municipality": ["Sta. Tecla"], "repairs": [""]}
    >>> blank = {"longitude": [math.nan], "latitude": [math.nan], "location_accuracy_m": [math.nan]}
    >>> firms = gpd.GeoDataFrame(row | blank, geometry=[None], crs=4326)
    >>> round(geocode_firms(firms).geometry[0].x, 1)
    -89.3
    """
    placed = msmes.copy()
    notes: list[Fault] = list(msmes.attrs.get("notes", ()))
    known = corrections or {}
    for position in placed.index[placed.geometry.isna() | placed["msme_id"].isin(list(known))]:
        row = placed.loc[position]
        answer = known.get(str(row["msme_id"]))
        if answer is None:
            answer, more = _place(row, geocoder)
            notes += more
        if answer is not None:
            _write(placed, position, answer)
    placed.attrs["notes"] = tuple(notes)
    return placed


def _place(row: pd.Series[Any], geocoder: Geocoder | None) -> tuple[Answer | None, list[Fault]]:
    """Place one firm by its address, or else by its municipality."""
    country, department, municipality, address = (
        _text(row, name) for name in ("country", "department", "municipality", "address")
    )
    notes: list[Fault] = []
    if not country:
        return None, notes
    if geocoder is not None and address:
        query = ", ".join(filter(None, (address, municipality, department)))
        try:
            answer = geocoder.locate(query, country)
        except InputError as error:
            answer, notes = None, list(error.faults)
        if answer is not None:
            return answer, notes
    places = find_places(municipality, country, department) if municipality else ()
    if not places:
        return None, notes
    best = places[0]
    rivals = [one for one in places if math.dist(_degrees(one), _degrees(best)) > _SAME_PLACE_DEGREES]
    if rivals:
        names = " | ".join(f"{one.name} ({one.department})" for one in (best, *rivals))
        told = fault(
            "place_ambiguous",
            file=row.get("source_file"),
            row=None if row.get("source_row") is None else int(row["source_row"]),
            column="municipality",
            value=municipality,
            choices=names,
        )
        return None, [*notes, told]
    matched = f"{best.name} ({best.likeness:g} %)"
    return Answer(best.longitude, best.latitude, best.radius_m, "GeoNames", matched, municipality), notes


def _text(row: pd.Series[Any], name: str) -> str:
    cell = row.get(name)
    return cell if isinstance(cell, str) else ""


def _degrees(place: Any) -> tuple[float, float]:
    return place.longitude, place.latitude


def _write(firms: gpd.GeoDataFrame, position: Any, answer: Answer) -> None:
    firms.loc[position, ["longitude", "latitude"]] = answer.longitude, answer.latitude
    firms.loc[position, "location_accuracy_m"] = answer.accuracy_m
    firms.loc[position, "geometry"] = shapely.Point(answer.longitude, answer.latitude)
    key = "corrected" if answer.provider == "correction" else "geocoded"
    told = label("repairs", key, value=f"{answer.provider}: {answer.matched}")
    before = firms.loc[position, "repairs"]
    firms.loc[position, "repairs"] = "; ".join(
        filter(None, (before if isinstance(before, str) else "", told))
    )
