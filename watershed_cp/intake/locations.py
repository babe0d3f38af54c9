"""Where each firm stands: its columns of degrees, or its free text, as a point on WGS 84."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from watershed_cp.errors import InputError
from watershed_cp.intake.coordinates import parse_location
from watershed_cp.intake.validation import SOURCES

if TYPE_CHECKING:
    from watershed_cp.errors import Fault
    from watershed_cp.intake.validation import Checked

__all__ = ["place_firms"]


def place_firms(checked: Checked) -> Checked:
    """Give each firm its point.

    Parameters
    ----------
    checked : Checked
        A sheet of firms.

    Returns
    -------
    Checked
        ``longitude``, ``latitude`` and ``location_accuracy_m`` filled in from ``coordinates`` where they
        are blank, ``repairs`` (text, empty where none), ``geometry`` (EPSG:4326, None where not known).

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
    faults: list[Fault] = []
    repairs = [""] * len(frame)
    blank = frame["longitude"].isna() & frame["latitude"].isna() & frame["coordinates"].notna()
    for position in np.flatnonzero(blank).tolist():
        country = frame["country"][position]
        try:
            found = parse_location(
                frame["coordinates"][position], country if isinstance(country, str) else None
            )
        except InputError as error:
            faults += [checked.cells["coordinates"].fault(position, finding.rule) for finding in error.faults]
            continue
        frame.loc[position, ["longitude", "latitude"]] = found.longitude, found.latitude
        repairs[position] = "; ".join(found.repairs)
    known = frame["longitude"].notna() & frame["latitude"].notna()
    points = shapely.points(frame["longitude"].fillna(0.0), frame["latitude"].fillna(0.0))
    frame.insert(len(frame.columns) - len(SOURCES), "repairs", repairs)
    points[~known.to_numpy()] = None
    frame["geometry"] = points
    return checked._replace(frame=frame, faults=checked.faults + faults)
