"""Where each firm stands: its columns of degrees or metres, or its free text, as a point on WGS 84."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from watershed_cp.errors import InputError, Text
from watershed_cp.intake.angles import METRES_PER_DEGREE, cell_radius_m
from watershed_cp.intake.areas import area_of, country_of, region
from watershed_cp.intake.cells import is_blank, name_rows, write_cell
from watershed_cp.intake.coordinates import Location, parse_location
from watershed_cp.intake.gazetteer import find_places
from watershed_cp.intake.grids import Grid, find_grid, project
from watershed_cp.intake.headers import fold, shorten
from watershed_cp.intake.validation import SOURCES
from watershed_cp.messages import fault, label, texts
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.areas import Box
    from watershed_cp.intake.cells import Cells
    from watershed_cp.intake.validation import Checked

    FloatArray = npt.NDArray[np.float64]
    BoolArray = npt.NDArray[np.bool_]

__all__ = ["place_firms", "plain_degrees", "say_repair", "say_repairs", "widen_coarse"]

_AXES = ("latitude", "longitude")
_DISCHARGE = ("discharge_latitude", "discharge_longitude")
_STATED = ("country", "department", "municipality", "crs", "coordinates", *_AXES, "source_row")
_MOST_DEGREES = 1000  # beyond stand metres
_ZONE_HEADERS = ("zona", "zone")
_ZONE = re.compile(r"(?:1[5-8])\s*[NPQ]?", re.IGNORECASE)  # of the four countries
_BEYOND = 1.5  # times the radius in which 95 % of a municipality lies: a little more than all of it
_COARSE_DIGITS = (0, 1, 2)  # with three decimals a location is known to 80 m


def place_firms(checked: Checked) -> Checked:
    """Give each firm its point.

    Plain degrees that lie in the firm's country are taken as they are. Degrees with minutes, metres on a grid,
    lost signs and swapped columns are read by :func:`~watershed_cp.intake.coordinates.parse_location`.

    Parameters
    ----------
    checked : Checked
        A sheet of firms.

    Returns
    -------
    Checked
        ``longitude``, ``latitude`` and ``location_accuracy_m`` filled in, ``repairs`` (text, empty where none),
        ``geometry`` (EPSG:4326, None where not known); faults that the repairs settle are gone.

    Examples
    --------
    >>> from watershed_cp.intake.headers import find_header
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.intake.validation import check_sheet
    >>> from watershed_cp.tables import MSMES
    >>> sheet = Sheet("a.csv", "", [["msme_id", "coordinates"], ["1", "13.70, -89.20"]])
    >>> place_firms(check_sheet(sheet, find_header(sheet, MSMES), MSMES)).frame["geometry"][0].wkt
    'POINT (-89.2 13.7)'
    """
    frame = checked.frame.copy()
    frame.insert(len(frame.columns) - len(SOURCES), "repairs", "")
    _take_zone(frame)
    stated = {name: frame[name].tolist() for name in _STATED}
    told = {(one.row, one.column) for one in checked.faults}
    found: dict[int, Location] = {}
    faults, settled = [], set[int]()
    for position in _doubtful(checked, frame):
        row = stated["source_row"][position]
        try:
            found[position] = _read_row(
                checked, {name: cells[position] for name, cells in stated.items()}, position
            )
        except InputError as error:
            if error.faults[0].rule == "location_unreadable" and _told(checked, row, told):
                continue
            faults += [_at_row(checked, position, finding) for finding in error.faults]
        settled.add(row)
    faults += _half_discharges(checked, frame)
    _write_rows(frame, found)
    headers = {checked.cells[axis].header for axis in _AXES if axis in checked.cells}
    kept = [one for one in checked.faults if not (one.row in settled and one.column in headers)]
    widen_coarse(frame)
    _add_points(frame)
    wrong = {one.row for one in (*kept, *faults)}
    return checked._replace(
        frame=frame, faults=kept + faults, notes=checked.notes + _location_notes(frame, wrong)
    )


def _half_discharges(checked: Checked, frame: pd.DataFrame) -> list[Fault]:
    """Find the discharge points that have a latitude without a longitude, or a longitude without a latitude."""
    faults = []
    for axis, other in (_DISCHARGE, _DISCHARGE[::-1]):
        blank = [is_blank(cell) for cell in checked.cells[other].raw] if other in checked.cells else True
        half = (
            np.flatnonzero(frame[axis].notna().to_numpy() & np.array(blank, dtype=bool))
            if axis in checked.cells
            else ()
        )
        faults += [checked.cells[axis].fault(int(position), "location_half") for position in half]
    return faults


def _take_zone(frame: pd.DataFrame) -> None:
    """Take the UTM zone of metres from a column ``Zona`` that holds nothing else; a city has zones, too."""
    metres = (frame[["latitude", "longitude"]].abs() > _MOST_DEGREES).all(axis=1) & frame["crs"].isna()
    for name in frame.columns if metres.any() else ():
        zones = frame[name].map(write_cell, na_action="ignore") if fold(str(name)) in _ZONE_HEADERS else None
        if zones is not None and zones[metres].dropna().map(_is_zone).all():
            frame.loc[metres, "crs"] = "UTM " + zones[metres]
            return


def _is_zone(written: str) -> bool:
    return _ZONE.fullmatch(written) is not None


def _location_notes(frame: pd.DataFrame, wrong: set[int | None]) -> list[Fault]:
    """Note once what was mended or decided in the locations of rows, and which rows have none."""
    repairs: dict[str, list[int]] = {}
    for row, told in zip(frame["source_row"], frame["repairs"], strict=True):
        for repair in filter(None, told.split("; ")):
            repairs.setdefault(repair, []).append(int(row))
    without = frame["geometry"].isna() & frame["discharge_latitude"].isna() & ~frame["source_row"].isin(wrong)
    nowhere = [int(row) for row in frame.loc[without, "source_row"]]

    def tell(rule: str, rows: list[int], **data: Any) -> Fault:
        file, sheet = frame[["source_file", "source_sheet"]].iloc[0]
        return fault(rule, file=file, sheet=sheet or None, rows=name_rows(rows), **data)

    notes = [tell("location_mended", rows, repair=say_repair(repair)) for repair, rows in repairs.items()]
    return notes + ([tell("location_unstated", nowhere)] if nowhere else [])


def say_repair(repair: str) -> Text:
    """Say a repair, written in either language, in both.

    Examples
    --------
    >>> say_repair("latitude and longitude swapped").es
    'latitud y longitud intercambiadas'
    """
    for pair in texts("repairs").values():
        for written in pair:
            before, value, after = written.partition("{value}")
            known = repair.startswith(before) and repair.endswith(after) if value else repair == written
            if known:
                named = repair[len(before) : len(repair) - len(after)]
                return Text(*(one.replace("{value}", named) for one in pair))
    return Text(repair, repair)


def say_repairs(repairs: str, language: Language | None) -> str:
    """Say the repairs of a firm in one language, whichever they are written in.

    Examples
    --------
    >>> say_repairs("latitude and longitude swapped; longitud tomada como oeste", "en")
    'latitude and longitude swapped; longitude taken as west'
    """
    return "; ".join(say_repair(one).speak(language) for one in repairs.split("; ") if one)


def _doubtful(checked: Checked, frame: pd.DataFrame) -> list[int]:
    """Find the rows whose location is not a plain pair of degrees in the firm's country."""
    plain = plain_degrees(frame)
    elsewhere = [written for written in frame["crs"].dropna().unique() if not _is_wgs84(written)]
    plain &= ~frame["crs"].isin(elsewhere).to_numpy()
    given = frame["coordinates"].notna().to_numpy()
    if given.any():
        given = ~frame["coordinates"].fillna("").map(is_blank).to_numpy(dtype=bool)
    for axis in _AXES:
        if axis in checked.cells:
            given = given | np.array([not is_blank(cell) for cell in checked.cells[axis].raw], dtype=bool)
    return [int(position) for position in np.flatnonzero(given & ~plain)]


def plain_degrees(frame: pd.DataFrame) -> BoolArray:
    """Tell which rows hold a pair of degrees that may be taken as it is: on Earth, and in the firm's own country.

    Parameters
    ----------
    frame : DataFrame
        ``latitude`` and ``longitude`` as numbers, ``country`` as ISO code or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> degrees = {"latitude": [13.7, 13.7, 0.0], "longitude": [-89.2, 89.2, 0.0], "country": ["SV", None, "SV"]}
    >>> plain_degrees(pd.DataFrame(degrees)).tolist()
    [True, False, False]
    """
    latitude, longitude = frame["latitude"].to_numpy(), frame["longitude"].to_numpy()
    plain = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180) & ((latitude != 0) | (longitude != 0))  # noqa: PLR2004
    for country in frame["country"].dropna().unique():
        here = (frame["country"] == country).to_numpy() & plain
        outline = area_of(country).outline
        plain[here] = shapely.intersects_xy(outline, longitude[here], latitude[here])
    return np.asarray(plain & (frame["country"].notna().to_numpy() | ~_mirrored(longitude, latitude)))


def _mirrored(longitude: FloatArray, latitude: FloatArray) -> BoolArray:
    """Tell which points lie outside the four countries, but would lie inside with a sign or their order mended."""
    west, south, east, north = region().box

    def inside(across: FloatArray, up: FloatArray) -> BoolArray:
        return (west <= across) & (across <= east) & (south <= up) & (up <= north)

    mended = inside(-np.abs(longitude), np.abs(latitude)) | inside(-np.abs(latitude), np.abs(longitude))
    return mended & ~inside(longitude, latitude)


def _is_wgs84(written: str) -> bool:
    try:
        return find_grid(written) is None
    except InputError:
        return False


def _read_row(checked: Checked, stated: dict[str, Any], position: int) -> Location:
    """Read one doubtful row from the text of its cells."""
    country, department, crs = (
        cell if isinstance(cell, str) else ""
        for cell in (stated[name] for name in ("country", "department", "crs"))
    )
    country = country or country_of(department)
    raw = [checked.cells[axis].raw[position] if axis in checked.cells else "" for axis in _AXES]
    written = ["" if is_blank(cell) else write_cell(cell) for cell in raw]
    if not any(written):
        return _parse(stated["coordinates"], country, stated)
    latitude, longitude = stated["latitude"], stated["longitude"]
    if grid := find_grid(crs or "4326"):
        return _from_grid(grid, longitude, latitude, country)
    if latitude == 0 and longitude == 0:
        raise InputError(fault("location_zero", value="0, 0"))
    if not all(written):
        raise InputError(fault("location_half", value=shorten("".join(written))))
    metres = min(abs(latitude), abs(longitude)) > _MOST_DEGREES
    return _parse("X={1} Y={0}".format(*written) if metres else " ; ".join(written), country, stated)


def _parse(text: str, country: str, stated: dict[str, Any]) -> Location:
    """Read a text; where it can mean several places, the row's municipality or department may tell which."""
    try:
        return parse_location(text, country)
    except InputError as error:
        box = _box_of(country, stated) if error.faults[0].rule == "location_ambiguous" else None
        if box is None:
            raise
        try:
            return parse_location(text, country, within=box)
        except InputError:
            raise error from None


def _box_of(country: str, stated: dict[str, Any]) -> Box | None:
    """Give the box around a row's municipality, or else its department; None where neither is known."""
    department, municipality = (
        cell if isinstance(cell, str) else "" for cell in (stated["department"], stated["municipality"])
    )
    if not country:
        return None
    places = find_places(municipality, country, department) if municipality else ()
    if len(places) == 1:
        reach = places[0].radius_m * _BEYOND / METRES_PER_DEGREE
        x, y = places[0].longitude, places[0].latitude
        return x - reach, y - reach, x + reach, y + reach
    return area_of(country, department).box if department else None


def _from_grid(grid: Grid, x: float, y: float, country: str) -> Location:
    """Project a pair of metres; where only the other order leads into the country, that was meant.

    A place outside the country is refused, as in every other notation.
    """
    area = area_of(country) if country else None
    repairs = [label("repairs", "projected", value=grid.name)]
    (longitude, latitude), other = project(grid, x, y), project(grid, y, x)
    if area and not area.holds(longitude, latitude):
        if not area.holds(*other) and not math.isnan(longitude):
            where = f"{latitude:.4f}, {longitude:.4f}"
            named = texts("page_country")[country]
            raise InputError(
                fault("location_elsewhere", value=f"{x:,.0f}, {y:,.0f}", where=where, area=named)
            )
        repairs.append(label("repairs", "swapped"))
        longitude, latitude = other
    if math.isnan(longitude):
        raise InputError(fault("location_unreadable", value=f"{x:g}, {y:g} ({grid.name})"))
    return Location(longitude, latitude, grid.accuracy_m, tuple(repairs))


def _location_cells(checked: Checked) -> list[Cells]:
    return [checked.cells[name] for name in (*_AXES, "coordinates") if name in checked.cells]


def _told(checked: Checked, row: int, told: set[tuple[int | None, str | None]]) -> bool:
    """Tell whether the cells of a row's location have been found at fault already."""
    return any((row, column.header) in told for column in _location_cells(checked))


def _at_row(checked: Checked, position: int, finding: Fault) -> Fault:
    """Say where a finding about a location stands: at the first of its cells that is filled in."""
    cells = _location_cells(checked)
    filled = next((column for column in cells if write_cell(column.raw[position])), cells[0])
    if finding.rule == "crs_unknown":
        filled = checked.cells["crs"]
    return replace(
        finding,
        file=filled.file,
        sheet=filled.sheet or None,
        row=int(filled.rows[position]),
        column=filled.header,
    )


def _write_rows(frame: pd.DataFrame, found: dict[int, Location]) -> None:
    """Write the places read; how a text is written may make one less accurate than is usual, never more."""
    rows, places = list(found), list(found.values())
    for axis in _AXES:
        frame[axis] = _replaced(frame[axis], rows, [getattr(place, axis) for place in places])
    unstated = frame["location_accuracy_m"].isna().to_numpy()
    read = _replaced(frame["location_accuracy_m"], rows, [place.accuracy_m for place in places])
    frame["location_accuracy_m"] = np.where(
        unstated, np.where(read > _usual_accuracy_m(), read, np.nan), frame["location_accuracy_m"]
    )
    frame["repairs"] = _replaced(frame["repairs"], rows, ["; ".join(place.repairs) for place in places])


def _usual_accuracy_m() -> float:
    rows = read_reference("positional_accuracy")
    return float(next(row["value"] for row in rows if row["constant"] == "location_accuracy_m"))


def _replaced(column: pd.Series[Any], rows: list[int], values: list[Any]) -> npt.NDArray[Any]:
    """Give a column's values with those of some rows replaced."""
    replaced = column.to_numpy(copy=True)
    replaced[rows] = values
    return replaced


def widen_coarse(frame: pd.DataFrame) -> None:
    """State, in place, the accuracy of degrees with so few decimals that these alone leave hundreds of metres open.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"latitude": [13.7], "longitude": [-89.2], "location_accuracy_m": [math.nan]})
    >>> widen_coarse(frame)
    >>> frame["location_accuracy_m"].round(-2).tolist()
    [7900.0]
    """
    pairs = frame[["latitude", "longitude"]].to_numpy()
    unstated = frame["location_accuracy_m"].isna().to_numpy() & (np.abs(pairs) <= 180).all(axis=1)  # noqa: PLR2004
    pairs = np.where(unstated[:, np.newaxis], pairs, 0.0)
    for digits in reversed(_COARSE_DIGITS):
        coarse = unstated & (np.abs(np.round(pairs, digits) - pairs) < 1e-9).all(axis=1)  # noqa: PLR2004
        frame.loc[coarse, "location_accuracy_m"] = cell_radius_m(10.0**-digits)


def _add_points(frame: pd.DataFrame) -> None:
    known = (frame["longitude"].notna() & frame["latitude"].notna()).to_numpy()
    points = shapely.points(frame["longitude"].fillna(0.0), frame["latitude"].fillna(0.0))
    points[~known] = None
    frame["geometry"] = points
