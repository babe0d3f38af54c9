"""The numbers that a rule adds up: brought to one unit, and what a firm used before counted once.

A firm with three measures on water used its water once. Where its rows give different figures, the largest is taken:
what it used before the first measure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp import tables, units
from watershed_cp.impact.programme import ONCE, UNIT_OF

if TYPE_CHECKING:
    from watershed_cp.impact.programme import Measure

__all__ = ["with_amounts"]

_ROUNDING = 1e-9


def with_amounts(rows: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Write beside each row what it adds to a sum, or to the numerator and denominator of a share.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows that a rule counts, in a fixed order.
    measure : Measure
        The rule, ``sum`` or ``share``.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``_above`` and ``_below``, NaN where nothing is known, and ``_note``: ``several_units``
        (water and energy, which nobody can add), ``unit_unknown`` of a row, or ``uses_differ`` of a firm's. A sum
        stands in the unit of the rule; a share in that of its resource. Of a firm's use, the first row alone has it.

    Examples
    --------
    >>> from watershed_cp.impact.programme import Measure
    >>> rows = pd.DataFrame({"msme_id": ["F", "F"], "resource": "water", "saving": [1.0, 2000.0],
    ...                      "baseline_use": [10.0, 10_000.0], "saving_unit": ["m3/yr", "L/yr"]})
    >>> share = Measure(table="recommendations", how="share", column="saving", of="baseline_use")
    >>> with_amounts(rows, share)[["_above", "_below"]].to_numpy().tolist()
    [[1.0, 10.0], [2.0, 0.0]]
    """
    told = rows.assign(_note=None)
    for part, column in (("_above", measure.column), ("_below", measure.of)):
        written = rows[column] if column in rows else pd.Series(math.nan, index=rows.index)
        told[part] = pd.to_numeric(written) if column else 0.0
        if column in UNIT_OF:
            _convert(told, part, rows.get(UNIT_OF[column]), measure)
        elif column and measure.how == "sum" and measure.unit and measure.declared_unit:
            _convert(told, part, pd.Series(measure.declared_unit, index=rows.index), measure)
    for part, column in (("_above", measure.column), ("_below", measure.of)):
        if column in ONCE and not told.empty:
            _count_once(told, part, [name for name in ONCE[column] if name in told])
    return told


def _convert(told: pd.DataFrame, part: str, written: pd.Series[str] | None, measure: Measure) -> None:
    """Bring a part of each row from the unit it is written in to the one unit of all."""
    texts = pd.Series("", index=told.index) if written is None else written.astype(object).fillna("")
    aimed = {measure.unit} if measure.how == "sum" else _units_of_resources(told)
    if len(aimed) > 1:
        told[["_note", part]] = "several_units", math.nan
        return
    factors = pd.Series(math.nan, index=told.index)
    for unit in (*aimed, *(sorted(set(texts)) if measure.how == "share" else ())):
        factors = texts.map(lambda one, unit=unit: units.ratio(one, unit)).astype(float)
        if factors.notna().any():
            break
    told.loc[factors.isna() & told[part].notna(), "_note"] = "unit_unknown"
    told[part] *= factors


def _units_of_resources(rows: pd.DataFrame) -> set[str]:
    """Give the house's unit of each resource that is saved."""
    named = rows["resource"].dropna().unique() if "resource" in rows else ()
    return {tables.SAVING_OF[name].unit for name in named if name in tables.SAVING_OF}


def _count_once(told: pd.DataFrame, part: str, keys: list[str]) -> None:
    """Leave what a firm used on its first row alone, the largest figure where they differ."""
    if not keys:
        return
    uses = told.groupby(keys, sort=False)[part]
    most, least = uses.transform("max"), uses.transform("min")
    differ = (most - least > _ROUNDING * most) & told["_note"].isna()
    told.loc[differ, "_note"] = "uses_differ"
    used = told["_above"].notna() & most.notna()
    first = used & ~told[used].duplicated(keys).reindex(told.index, fill_value=True)
    told[part] = most.where(first, most * 0.0)
