"""What firms say that they used before a measure, looked at across their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watershed_cp import units
from watershed_cp.messages import fault, texts

if TYPE_CHECKING:
    import pandas as pd

    from watershed_cp.errors import Fault

__all__ = ["differing_uses"]

_KEYS = ["msme_id", "resource"]
_ROUNDING = 1e-9


def differing_uses(frame: pd.DataFrame) -> list[Fault]:
    """Note the firms whose measures give different figures of what they used of one resource.

    Parameters
    ----------
    frame : pandas.DataFrame
        Recommendations as they were read.

    Returns
    -------
    list of Fault
        One note a firm and resource, with the rows. Figures in different units are compared in one.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"msme_id": "F", "resource": "water", "baseline_use": [9.0, 9000.0, 8.0],
    ...                      "saving_unit": ["m3/yr", "L/yr", "m3/yr"]})
    >>> rows = rows.assign(source_file="a.csv", source_sheet="", source_row=[2, 3, 4])
    >>> differing_uses(rows)[0].tell("en").split(". ")[0]
    'a.csv: Firm “F” gives several figures of what it used before its measures (water), in rows 2, 3, 4'
    """
    known = frame.dropna(subset=[*_KEYS, "baseline_use"])
    return [
        _note(rows)
        for _, rows in known[known.duplicated(_KEYS, keep=False)].groupby(_KEYS, sort=False)
        if _differ(rows)
    ]


def _differ(rows: pd.DataFrame) -> bool:
    texts = rows["saving_unit"].astype(object).fillna("")
    factors = texts.map(lambda unit: units.ratio(unit, texts.iloc[0])).astype(float)
    uses = rows["baseline_use"] * factors
    return bool(uses.max() - uses.min() > _ROUNDING * uses.max())


def _note(rows: pd.DataFrame) -> Fault:
    first = rows.iloc[0]
    return fault(
        "uses_differ",
        file=first["source_file"],
        sheet=first["source_sheet"] or None,
        value=first["msme_id"],
        resource=texts("choice")[first["resource"]],
        rows=", ".join(map(str, rows["source_row"])),
    )
