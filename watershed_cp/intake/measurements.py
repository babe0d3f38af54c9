"""What a row about a pollutant must say beyond its cells: a pollutant and units that mean something."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from watershed_cp.intake.cells import name_rows, write_cell
from watershed_cp.intake.headers import fold, suggest, unit_dimension
from watershed_cp.intake.validation import SOURCES
from watershed_cp.messages import fault, number
from watershed_cp.reference import not_summed, read_reference
from watershed_cp.units import DAYS_PER_YEAR, MOST_KG_YR, factor

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from watershed_cp.errors import Fault
    from watershed_cp.intake.cells import Cells
    from watershed_cp.intake.validation import Checked
    from watershed_cp.units import Dimension

__all__ = ["check_measurements", "pollutant_code"]

_PH = (0.0, 14.0)
_ALL_KG_M3 = 1_000.0  # 1,000,000 mg/L: the water would be nothing but the pollutant


def check_measurements(checked: Checked) -> Checked:
    """Name each pollutant by its code, and check the units of values and flows.

    Parameters
    ----------
    checked : Checked
        A sheet of audits, reductions, limits or inspections.

    Returns
    -------
    Checked
        ``pollutant`` holds codes, ``pollutant_as_written`` the user's words; faults of unknown pollutants and
        units, of flows without a unit and of values that nature does not allow are added.

    Examples
    --------
    >>> from watershed_cp.intake.headers import find_header
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.intake.validation import check_sheet
    >>> from watershed_cp.tables import REDUCTIONS
    >>> sheet = Sheet("a.csv", "", [["msme_id", "pollutant", "value", "unit"], ["1", "DBO", "2", "kg"]])
    >>> checked = check_measurements(check_sheet(sheet, find_header(sheet, REDUCTIONS), REDUCTIONS))
    >>> checked.frame["pollutant"][0], checked.faults[0].column
    ('BOD5', 'unit')
    """
    frame = checked.frame.copy()
    written = frame["pollutant"]
    frame["pollutant"] = written.map(pollutant_code, na_action="ignore").astype("str")
    frame.insert(len(frame.columns) - len(SOURCES), "pollutant_as_written", written)
    faults = _unknown_pollutants(checked.cells["pollutant"], written, frame["pollutant"])
    accepted = ("load",) if "reduction_id" in frame else ("load", "concentration")
    massless = frame["pollutant"].isin(not_summed())  # pH has a unit of its own, if any
    of_mass = frame["unit"].where(~massless)
    faults += _unknown_units(checked.cells["unit"], of_mass, accepted)
    if "flow_unit" in checked.cells:
        faults += _unknown_units(checked.cells["flow_unit"], frame["flow_unit"], ("flow",))
    if "flow" in checked.cells:
        without = frame.index[frame["flow"].notna() & frame["flow_unit"].isna()]
        faults += [checked.cells["flow"].fault(position, "flow_without_unit") for position in without]
    if "reduction_id" in frame:
        cells = checked.cells["pollutant"]
        faults += [cells.fault(i, "pollutant_no_mass") for i in frame.index[massless]]
    faults += _impossible(checked.cells["value"], frame)
    unitless = set(frame.loc[massless & frame["unit"].isna(), "source_row"])
    place = ("cell_missing", checked.cells["unit"].header)
    kept = [one for one in checked.faults if (one.rule, one.column) != place or one.row not in unitless]
    notes = [*checked.notes, *_evidence(checked), *_without_load(checked.cells["value"], frame[~massless])]
    return checked._replace(frame=frame, faults=kept + faults, notes=notes)


def _impossible(cells: Cells, rows: pd.DataFrame) -> list[Fault]:
    """Find what no water can be: more pollutant than water, a pH off its scale."""
    value = rows["value"]
    found = {
        "concentration_impossible": value * _factors(rows["unit"], "concentration") > _ALL_KG_M3,
        "ph_impossible": (rows["pollutant"] == "pH") & value.notna() & ~value.between(*_PH),
    }
    return [cells.fault(i, rule) for rule, which in found.items() for i in rows.index[which]]


def _without_load(cells: Cells, rows: pd.DataFrame) -> list[Fault]:
    """Note the rows of mass whose load a run cannot count: without a flow, or beyond all measure."""
    if not {"phase", "reduction_id"} & set(rows):
        return []  # limits and inspections are no loads
    load, flow = _factors(rows["unit"], "load"), _factors(rows["unit"], "concentration")
    if "flow" in rows:
        days = rows["operating_days_per_year"].fillna(DAYS_PER_YEAR)
        flow *= rows["flow"] * _factors(rows["flow_unit"], "flow") * days
    known = rows["value"].notna()
    found = {
        "load_unknown": known & _factors(rows["unit"], "concentration").notna() & flow.isna(),
        "load_absurd": (rows["value"] * load.fillna(flow)).abs() > MOST_KG_YR,
    }
    return [
        fault(
            rule,
            file=cells.file,
            sheet=cells.sheet or None,
            rows=name_rows(rows.loc[which, "source_row"].tolist()),
        )
        for rule, which in found.items()
        if which.any()
    ]


def _factors(written: pd.Series[str], kind: Dimension) -> pd.Series[float]:
    """Give the factor of each unit that measures a kind of thing, NaN for the others."""
    known = {unit: factor(unit, kind) for unit in written.dropna().unique() if unit_dimension(unit) == kind}
    return written.map(known).astype(float)


def _evidence(checked: Checked) -> list[Fault]:
    """Note a sheet of audits that states no evidence at all."""
    frame = checked.frame
    stated = "evidence" in checked.cells and any(map(write_cell, checked.cells["evidence"].raw))
    if stated or frame.empty or "phase" not in frame:
        return []
    cells = checked.cells["msme_id"]
    return [fault("evidence_unstated", file=cells.file, sheet=cells.sheet or None, count=number(len(frame)))]


def pollutant_code(written: str) -> str | None:
    """Give the code of a pollutant written as code, name or usual abbreviation, in Spanish or English.

    Examples
    --------
    >>> pollutant_code("DBO 5"), pollutant_code("Demanda química de oxígeno"), pollutant_code("amor")
    ('BOD5', 'COD', None)
    """
    known = _pollutants()
    spellings = fold(written, brackets=True), fold(written)
    return next(
        (known[key] for key in (*spellings, *(_joined(one) for one in spellings)) if key in known), None
    )


def _joined(spelling: str) -> str:
    """Write ``DBO 5`` without its gap; words are not run together."""
    return re.sub(r"\s+(?=\d)", "", spelling)


@functools.cache
def _pollutants() -> dict[str, str]:
    """Map each folded spelling to its code; without its bracket only where it means one pollutant."""
    rows = [(row["pollutant"], row["alias"]) for row in read_reference("pollutant_aliases")]
    rows += [
        (row["pollutant"], row[key])
        for row in read_reference("pollutants")
        for key in ("pollutant", "name_es", "name_en")
    ]
    short: dict[str, set[str]] = {}
    for code, alias in rows:
        short.setdefault(fold(alias), set()).add(code)
    certain = {alias: next(iter(codes)) for alias, codes in short.items() if len(codes) == 1}
    return certain | {fold(alias, brackets=True): code for code, alias in rows}


def _unknown_pollutants(cells: Cells, written: pd.Series[str], codes: pd.Series[str]) -> list[Fault]:
    unknown = written.index[written.notna() & codes.isna()]
    names = [row["alias"] for row in read_reference("pollutant_aliases")] if len(unknown) else []
    return [cells.fault(i, "pollutant_unknown", suggestion=suggest(str(written[i]), names)) for i in unknown]


def _unknown_units(cells: Cells, units: pd.Series[str], accepted: Collection[str]) -> list[Fault]:
    wrong = [unit for unit in units.dropna().unique() if unit_dimension(unit) not in accepted]
    rule = "unit_unknown" if len(accepted) > 1 else f"unit_not_{next(iter(accepted))}"
    return [cells.fault(i, rule) for i in units.index[units.isin(wrong)]]
