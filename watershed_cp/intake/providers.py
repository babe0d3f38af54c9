"""Addresses placed by an online service, of those that geopy knows.

No service is asked unless the project names one. Answers are kept on disk, so that a place is asked for once; only
questions that go out wait. What was matched, a roof or a whole town, tells how well the place is known.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import time
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from watershed_cp.errors import InputError, Text
from watershed_cp.intake.angles import METRES_PER_DEGREE
from watershed_cp.intake.areas import area_of
from watershed_cp.messages import fault, texts
from watershed_cp.reference import known_radius_m

__all__ = ["Answer", "Geocoder", "OnlineGeocoder"]

KEY_VARIABLE = "WATERSHED_CP_GEOCODER_KEY"
PROVIDERS = ("nominatim", "photon", "arcgis", "google", "here")
_GEOPY_NAMES = {"google": "googlev3", "here": "herev7"}
_ISO3 = {"SV": "SLV", "GT": "GTM", "HN": "HND", "PA": "PAN"}  # what HERE calls the countries
_KEY_NAMES = {"google": "api_key", "here": "apikey"}  # what geopy calls them
_PATIENCE_S = 10.0
_LONGEST_WAIT_S = 60.0  # whoever asks us to wait longer is asked again on another day

# What the providers call the kinds of match whose radius does not depend on a box.
_KINDS = {
    "address_point": ("ROOFTOP", "PointAddress", "Subaddress", "houseNumber", "house", "building"),
    "address_interpolated": ("RANGE_INTERPOLATED", "StreetAddress"),
}
_STREETS = ("street", "road", "StreetName", "intersection", "StreetInt")
_KIND_AT = (  # where each provider says what it matched: Nominatim, HERE, ArcGIS, Google, Photon, an old Nominatim
    ("", "addresstype"), ("", "resultType"), ("attributes", "Addr_type"), ("geometry", "location_type"),
    ("properties", "type"), ("", "type"),
)  # fmt: skip
_VIEWPORT = (("southwest", "lng"), ("southwest", "lat"), ("northeast", "lng"), ("northeast", "lat"))


@dataclass(frozen=True)
class Answer:
    """What was answered: a point, how well it is known, and what was matched, to be kept with it."""

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
    provider : {"nominatim", "photon", "arcgis", "google", "here"}
        Read its terms first: the public Nominatim allows one question a second and no bulk lists; Google, HERE
        and ArcGIS limit how long coordinates may be kept.
    cache : Path
        Folder of the answers.
    options : dict
        What geopy needs for the provider: ``user_agent``, ``api_key``, ``domain``, ``scheme`` …
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
    _next: float = field(default=-math.inf, init=False, repr=False)

    @classmethod
    def for_project(
        cls, provider: str, cache: Path, *, contact: str = "", server: str = ""
    ) -> OnlineGeocoder:
        """Make one of a project's settings; a key is never written in a file but taken from the environment.

        Raises
        ------
        InputError
            If the provider wants a key or a contact and there is none, or geopy is not installed.
        """
        if importlib.util.find_spec("geopy") is None:
            raise InputError(fault("geocoder_not_installed", value=provider))
        options: dict[str, Any] = {"user_agent": f"watershed_cp ({contact})", "timeout": _PATIENCE_S}
        options |= {"domain": server} if server else {}
        if provider in _KEY_NAMES:
            key = os.environ.get(KEY_VARIABLE)
            if not key:
                raise InputError(fault("geocoder_without_key", value=provider, variable=KEY_VARIABLE))
            options[_KEY_NAMES[provider]] = key
        elif not (contact or server):
            raise InputError(fault("geocoder_without_contact", value=provider))
        return cls(provider, cache, options)

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
        stored = _read_kept(kept)
        if not stored:
            stored = {"answer": self._ask(query, country)}
            kept.parent.mkdir(parents=True, exist_ok=True)
            written = kept.with_suffix(".part")
            written.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
            written.replace(kept)
        answer = Answer(**stored["answer"]) if stored["answer"] else None
        inside = answer is not None and area_of(country).holds(answer.longitude, answer.latitude)
        return answer if inside else None

    def _ask(self, query: str, country: str) -> dict[str, Any] | None:
        from geopy.adapters import URLLibAdapter, get_retry_after
        from geopy.exc import GeocoderRateLimited, GeopyError
        from geopy.geocoders import get_geocoder_for_service

        # requests would wait out whatever a provider asks for, an hour if need be, and repeat on its own
        options = {"adapter_factory": URLLibAdapter} | self.options
        service = get_geocoder_for_service(_GEOPY_NAMES.get(self.provider, self.provider))(**options)
        reason = texts("geocoding")["no_answer"]
        for trial in range(1, self.tries + 1):
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self.seconds_between
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # geopy warns, then raises
                    found = service.geocode(query, **self._narrowed(country))
                return None if found is None else self._understand(found, query, country)
            except GeocoderRateLimited as error:
                reason = texts("geocoding")["too_many"]
                headers = getattr(error.__cause__, "headers", {})  # geopy forgets what HERE asks for
                wait = get_retry_after(headers) or self.seconds_between * 2**trial
                if wait > _LONGEST_WAIT_S:
                    break
                self._next = time.monotonic() + wait
            except (GeopyError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as error:
                reason = _reason(error)
                self._next = time.monotonic() + self.seconds_between * 2**trial
        raise InputError(fault("geocoder_silent", value=query, provider=self.provider, reason=reason))

    def _narrowed(self, country: str) -> dict[str, Any]:
        """Ask for answers of one country in the words of the provider; Photon has none."""
        narrowed: dict[str, dict[str, Any]] = {
            "nominatim": {"country_codes": country.lower()},
            "google": {"components": {"country": country}},
            "here": {"countries": [_ISO3[country]]} if country in _ISO3 else {},
            "arcgis": {"out_fields": ["Addr_type"]},
        }
        return narrowed.get(self.provider, {})

    def _understand(self, found: Any, query: str, country: str) -> dict[str, Any]:
        longitude, latitude = float(found.longitude), float(found.latitude)
        if not (abs(longitude) <= 180 and abs(latitude) <= 90):  # noqa: PLR2004
            raise ValueError(found.address)
        kind, radius = _precision(found.raw, country)
        return asdict(Answer(longitude, latitude, radius, self.provider, f"{kind}: {found.address}", query))


def _read_kept(path: Path) -> dict[str, Any]:
    """Read an answer that was kept; one that is damaged is asked for again."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        _ = stored["answer"] and Answer(**stored["answer"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return dict(stored)


def _reason(error: Exception) -> Text:
    """Say in the user's language what kind of trouble a provider is in."""
    from geopy import exc

    kinds = {
        exc.GeocoderAuthenticationFailure: "no_key",
        exc.GeocoderInsufficientPrivileges: "no_key",
        exc.ConfigurationError: "no_key",
        exc.GeocoderQuotaExceeded: "too_many",
        exc.GeocoderTimedOut: "too_slow",
        exc.GeocoderUnavailable: "no_answer",
        exc.GeocoderServiceError: "no_answer",
    }
    return texts("geocoding")[
        next((key for kind, key in kinds.items() if isinstance(error, kind)), "garbled")
    ]


def _precision(raw: dict[str, Any], country: str) -> tuple[str, float]:
    """Tell from a provider's whole answer what was matched, and the radius that this means."""
    kinds = [str(_part(raw, part)[key]) for part, key in _KIND_AT if key in _part(raw, part)]
    kind = kinds[0] if kinds else "?"
    fixed = next((known for known, names in _KINDS.items() if kind in names), None)
    if fixed:
        return kind, known_radius_m(fixed)
    box = _box(raw)
    widest = "street" if kind in _STREETS else f"municipality_{country}"
    radius = _half_diagonal_m(*box) if box else known_radius_m(widest)
    return kind, max(radius, known_radius_m("street"))


def _part(raw: dict[str, Any], name: str) -> dict[str, Any]:
    part = raw.get(name) if name else raw
    return part if isinstance(part, dict) else {}


def _box(raw: dict[str, Any]) -> tuple[float, ...] | None:
    """Give the box of what was matched as west, south, east, north, wherever the provider puts it."""
    view = _part(_part(raw, "geometry"), "viewport")
    corners = {f"{corner} {axis}": _part(view, corner).get(axis) for corner, axis in _VIEWPORT}
    boxes: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (raw.get("boundingbox"), (2, 0, 3, 1)),  # Nominatim: south, north, west, east
        (_part(raw, "properties").get("extent"), (0, 3, 2, 1)),  # Photon: west, north, east, south
        (raw.get("mapView"), ("west", "south", "east", "north")),  # HERE
        (raw.get("extent"), ("xmin", "ymin", "xmax", "ymax")),  # ArcGIS
        (corners, tuple(corners)),  # Google
    )
    for box, order in boxes:
        try:
            return tuple(float(box[side]) for side in order)
        except (TypeError, ValueError, LookupError):  # another provider's, or none
            continue
    return None


def _half_diagonal_m(west: float, south: float, east: float, north: float) -> float:
    across = (east - west) * math.cos(math.radians((south + north) / 2))
    return math.hypot(across, north - south) / 2 * METRES_PER_DEGREE
