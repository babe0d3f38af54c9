"""Control totals: what the programme knows its sums to be, checked against the ledger to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watershed_cp.errors import InputError, Text
from watershed_cp.impact.sums import exact_sum
from watershed_cp.messages import fault, number, texts
from watershed_cp.tables import FATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from watershed_cp.errors import Fault
    from watershed_cp.project import Control

__all__ = ["check_controls"]

_NAMED = 5  # rows that a message names


def check_controls(ledger: pd.DataFrame, controls: Sequence[Control]) -> None:
    """Compare sums of the ledger with the control totals of the project file.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`, kg/yr.
    controls : sequence of Control
        What is expected; without a watershed, of all of them together.

    Raises
    ------
    InputError
        If a total differs by more than its tolerance: all of them, each with both numbers and the rows that may
        explain it, those that are as large as the difference or else the largest of the sum.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.project import Control
    >>> ledger = pd.DataFrame({"pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0], "basin_id": ["a"]})
    >>> check_controls(ledger, [Control(pollutant="TN", basin="a", reduction_kg_yr=5.2)])
    """
    faults = [told for control in controls for told in [_deviation(ledger, control)] if told]
    if faults:
        raise InputError(*faults)


def _deviation(ledger: pd.DataFrame, control: Control) -> Fault | None:
    known = {
        "pollutant": sorted(ledger["pollutant"].unique()),
        "fate": list(FATES),
        "basin": sorted(ledger["basin_id"].dropna().unique()),
    }
    asked = {"pollutant": control.pollutant, "fate": control.fate, "basin": control.basin}
    for name, value in asked.items():
        if value is not None and value not in known[name]:
            return fault("control_unknown", value=f"{name} = {value}", known=", ".join(known[name]))
    pollutant = ledger[ledger["pollutant"] == control.pollutant]
    summed = pollutant[pollutant["fate"] == control.fate]
    if control.basin is not None:
        summed = summed[summed["basin_id"] == control.basin]
    found = exact_sum(summed["reduction_kg_yr"])
    difference = found - control.reduction_kg_yr
    if abs(difference) <= control.tolerance_kg_yr:
        return None
    return fault(
        "control_differs",
        value=" · ".join(filter(None, (control.pollutant, control.basin))),
        fate=texts("fate")[control.fate],
        expected=_kilograms(control.reduction_kg_yr),
        found=_kilograms(found),
        difference=_kilograms(difference),
        rows=_suspects(pollutant, summed, abs(difference), control.tolerance_kg_yr),
    )


def _suspects(pollutant: pd.DataFrame, summed: pd.DataFrame, difference: float, tolerance: float) -> Text:
    """Name the rows that are as large as the difference, whatever their fate, or else the largest of the sum."""
    size = pollutant["reduction_kg_yr"].abs()
    alike = pollutant[(size - difference).abs() <= tolerance]
    rows = alike if len(alike) else summed.loc[size[summed.index].sort_values(ascending=False).index]
    kind = texts("control")["alike" if len(alike) else "largest"]
    fates = texts("fate")
    told = [
        (
            row["msme_id"],
            row["follow_up_rows"] or row["baseline_rows"],
            fates[row["fate"]],
            row["reduction_kg_yr"],
        )
        for row in rows.head(_NAMED).to_dict("records")
    ]
    spoken = [
        "; ".join(
            f"{firm} ({place}, {fate.speak(language)}, {_kilograms(kilograms)})"
            for firm, place, fate, kilograms in told
        )
        for language in ("es", "en")
    ]
    return Text(f"{kind.es} {spoken[0] or '–'}", f"{kind.en} {spoken[1] or '–'}")


def _kilograms(value: float) -> str:
    return f"{number(value, digits=2)} kg"
