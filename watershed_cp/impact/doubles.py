"""One reduction claimed twice: what is certain is booked as a duplicate, what is only likely is flagged and weighed.

Certain is a stated reduction that an audited pair of the same firm and pollutant covers. Likely are one firm under two
spellings, one measure claimed by two firms, and one amount stated twice, even on one day: two parts of one work may be
as large as each other. A person decides, and nothing is merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.loads.plausibility import join_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["book_doubles", "flag_doubles", "suspect_doubles"]

_KEY = ["msme_id", "pollutant"]
_ROW = ["msme_id", "rows", "reduction_kg_yr"]
_FLAG = "maybe_double"


def book_doubles(claims: pd.DataFrame) -> pd.DataFrame:
    """Give stated reductions that are certainly counted elsewhere the fate ``duplicate``.

    Parameters
    ----------
    claims : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.audit_loads` gives them.

    Returns
    -------
    pandas.DataFrame
        The same rows; only a fate ``credited`` changes. A reduction stated for a day after the audited follow-up
        cannot be in what was measured, and stays.

    Examples
    --------
    >>> claims = pd.DataFrame({"msme_id": "F1", "pollutant": "TN", "fate": "credited", "reduction_kg_yr": [5.0, 4.0],
    ...                        "baseline_rows": ["A1", ""], "follow_up_rows": ["A2", "R1"]})
    >>> book_doubles(claims)["fate"].tolist()
    ['credited', 'duplicate']
    """
    rows = _complete(claims)
    audited = rows[_counted(rows) & ~_stated(rows)].groupby(_KEY)["date"].agg(["max", "size"])
    stated = rows[_counted(rows) & _stated(rows)]
    pair = audited.reindex(pd.MultiIndex.from_frame(stated[_KEY])).set_index(stated.index)
    covered = pair["size"].notna() & ~(stated["date"] > pair["max"])
    booked = claims.copy()
    booked.loc[stated.index[covered], ["fate", "reason"]] = [
        "duplicate",
        "the audited pair already counts it",
    ]
    return booked


def suspect_doubles(ledger: pd.DataFrame, msmes: pd.DataFrame) -> pd.DataFrame:
    """List pairs of credited claims that may be one, with the kilograms that would then count twice.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.
    msmes : pandas.DataFrame
        The firms; their names are compared where they are given with locations, as
        :func:`watershed_cp.intake.duplicates.find_duplicates` does.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.DOUBLES`, the most kilograms at stake first within a pollutant.

    Examples
    --------
    >>> ledger = pd.DataFrame({"msme_id": ["F1", "F2"], "pollutant": "TN", "fate": "credited", "baseline_rows": "A",
    ...                        "follow_up_rows": "B", "recommendation_id": "R7", "reduction_kg_yr": [5.0, 4.0]})
    >>> suspect_doubles(ledger, ledger[["msme_id"]])[["rule", "at_stake_kg_yr"]].to_numpy().tolist()
    [['same_measure', 4.0]]
    """
    rows = _complete(ledger)
    rows = rows[_counted(rows)].sort_values([*_KEY, "follow_up_rows"], kind="stable")
    measured = rows[rows["recommendation_id"].notna()]
    found = {
        "same_firm": _of_one_firm(rows, msmes),
        "same_measure": _to_first(measured, ["recommendation_id", "pollutant"]).query(
            "msme_id != other_msme_id"
        ),
        "same_amount": _to_first(rows[_stated(rows)], [*_KEY, "reduction_kg_yr"]),
    }
    pairs = pd.concat([table.assign(rule=rule) for rule, table in found.items()], ignore_index=True)
    pairs["at_stake_kg_yr"] = pairs[["reduction_kg_yr", "other_reduction_kg_yr"]].abs().min(axis=1)
    order = pairs.sort_values("at_stake_kg_yr", ascending=False, kind="stable")
    whole = order.sort_values("pollutant", kind="stable", ignore_index=True)
    return whole[list(tables.DOUBLES.names)]


def flag_doubles(ledger: pd.DataFrame, doubles: pd.DataFrame) -> pd.DataFrame:
    """Flag the credited rows of suspected doubles: flagged is not dropped.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.
    doubles : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.DOUBLES`.

    Returns
    -------
    pandas.DataFrame
        The same rows; ``flags`` has ``maybe_double`` added.

    Examples
    --------
    >>> ledger = pd.DataFrame({"msme_id": ["F1", "F3"], "pollutant": "TN", "fate": "credited", "flags": ""})
    >>> doubles = pd.DataFrame({"msme_id": ["F1"], "other_msme_id": ["F2"], "pollutant": ["TN"]})
    >>> flag_doubles(ledger, doubles)["flags"].tolist()
    ['maybe_double', '']
    """
    named = pd.concat(
        [doubles[_KEY], doubles[["other_msme_id", "pollutant"]].set_axis(_KEY, axis="columns")]
    ).drop_duplicates()
    doubtful = pd.MultiIndex.from_frame(ledger[_KEY]).isin(pd.MultiIndex.from_frame(named))
    flag = np.where(doubtful & (ledger["fate"] == "credited"), _FLAG, "")
    return ledger.assign(
        flags=join_flags(ledger["flags"].astype(object).fillna(""), pd.Series(flag, index=ledger.index))
    )


def _complete(claims: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that a table of claims made by hand may lack."""
    wanted = ("evidence", "recommendation_id", "baseline_rows", "follow_up_rows", "date")
    rows = claims.assign(**{name: None for name in wanted if name not in claims})
    texts = {"baseline_rows": "", "follow_up_rows": "", "evidence": "E"}
    return rows.assign(
        date=pd.to_datetime(rows["date"]),
        **{name: rows[name].astype(object).where(rows[name].notna(), text) for name, text in texts.items()},
    )


def _counted(rows: pd.DataFrame) -> pd.Series[bool]:
    return (rows["fate"] == "credited") & rows["reduction_kg_yr"].notna()


def _stated(rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell which claims were given as a difference, without a baseline of their own."""
    return (rows["baseline_rows"] == "") & (rows["follow_up_rows"] != "")


def _to_first(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Set every row against the first one of the same keys."""
    named = rows.assign(rows=rows["follow_up_rows"], first=rows.index)
    first = named.groupby(list(keys))["first"].transform("first")
    again = named[first != named.index]
    others = named.loc[first[again.index], _ROW].set_axis(again.index)
    return again[["pollutant", *_ROW]].join(others.add_prefix("other_"))


def _of_one_firm(rows: pd.DataFrame, msmes: pd.DataFrame) -> pd.DataFrame:
    """Set the claims of firms against each other whose names and places leave open that they are one."""
    from watershed_cp.intake.duplicates import find_duplicates

    totals = rows.assign(rows=rows["follow_up_rows"]).groupby(_KEY, as_index=False)
    claimed = totals.agg({"rows": "; ".join, "reduction_kg_yr": "sum"})
    pairs = pd.DataFrame({"msme_id": [], "other_msme_id": []}, dtype=object)
    if {"name", "geometry"} <= set(msmes):
        known = find_duplicates(msmes[msmes["msme_id"].isin(claimed["msme_id"])])
        pairs = known[["msme_id", "other_msme_id"]].astype(object)
    others = claimed.rename(columns={name: f"other_{name}" for name in _ROW})
    return pairs.merge(claimed, on="msme_id").merge(others, on=["other_msme_id", "pollutant"])
