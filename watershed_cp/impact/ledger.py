"""The ledger: every claim with exactly one fate, and the proof that nothing was lost or doubled."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.sums import exact_sums, group_rows
from watershed_cp.loads.plausibility import join_flags

__all__ = ["build_ledger", "check_conservation", "flag_media", "summarise"]

_PLACED = ["basin_id", "status", "confidence", "probability"]
_MEDIA = {"sewer": "sewer", "soil": "to_soil", "none": "no_discharge"}


def build_ledger(claims: pd.DataFrame, assignments: pd.DataFrame) -> pd.DataFrame:
    """Give every claim its watershed and its final fate.

    A fate that the claim brings (duplicate, superseded, unpaired …) stays; a claim that would be credited is
    credited where its firm lies inside a watershed, and else ``outside`` or ``unlocated``.

    Parameters
    ----------
    claims : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.audit_loads` gives them.
    assignments : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ASSIGNMENTS`, one row a firm.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`, one row a claim, in the order of the claims. A firm that
        `assignments` lacks is ``unlocated``.

    Raises
    ------
    ValueError
        If a firm stands twice in `assignments`: its claims would be doubled.

    Examples
    --------
    >>> claims = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0]})
    >>> placed = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["motagua"], "status": ["inside"]})
    >>> build_ledger(claims, placed)[["basin_id", "fate"]].iloc[0].tolist()
    ['motagua', 'credited']
    """
    places = assignments.reindex(columns=["msme_id", *_PLACED])
    ledger = claims.merge(places, on="msme_id", how="left", validate="many_to_one")
    status = ledger["status"].astype(object).fillna("unlocated")
    open_claim = ledger["fate"] == "credited"
    ledger["fate"] = ledger["fate"].mask(open_claim & (status != "inside"), status)
    ledger["basin_id"] = ledger["basin_id"].where(ledger["fate"] == "credited")
    return ledger.reindex(columns=tables.LEDGER.names)


def flag_media(ledger: pd.DataFrame, msmes: pd.DataFrame) -> pd.DataFrame:
    """Flag the rows of firms that do not discharge straight into water: flagged is not dropped.

    A row that says ``sewer_treated`` already, since what the plant removes was taken off, is not flagged ``sewer``.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.
    msmes : pandas.DataFrame
        The firms, with ``discharge_to`` where it is known.

    Returns
    -------
    pandas.DataFrame
        The same rows; ``flags`` has ``sewer``, ``to_soil`` or ``no_discharge`` added.

    Examples
    --------
    >>> ledger = pd.DataFrame({"msme_id": ["F1"], "flags": ["out_of_range"]})
    >>> flag_media(ledger, pd.DataFrame({"msme_id": ["F1"], "discharge_to": ["sewer"]}))["flags"].tolist()
    ['out_of_range sewer']
    """
    if "discharge_to" not in msmes:
        return ledger
    media = ledger["msme_id"].map(msmes.set_index("msme_id")["discharge_to"].map(_MEDIA))
    media = media.astype("str").fillna("")  # text even where nothing is known
    flags = ledger["flags"].fillna("")
    treated = (media == "sewer") & flags.str.contains("sewer_treated", regex=False)
    return ledger.assign(flags=join_flags(flags, media.mask(treated, "")))


def summarise(ledger: pd.DataFrame) -> pd.DataFrame:
    """Add up the ledger per pollutant and fate: the fates that occur nowhere stand as zero rows.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER_SUMMARY`; a sum leaves out the rows whose value
        is unknown, while ``rows`` counts them.

    Examples
    --------
    >>> ledger = pd.DataFrame({"pollutant": ["TN"], "fate": ["outside"], "reduction_kg_yr": [5.0]})
    >>> summarise(ledger.reindex(columns=tables.LEDGER.names)).query("rows > 0")["fate"].tolist()
    ['outside']
    """
    pollutants = sorted(ledger["pollutant"].unique())
    row, column = (
        pd.Index(known).get_indexer(pd.Index(ledger[name]))
        for name, known in (("pollutant", pollutants), ("fate", tables.FATES))
    )
    group = row * len(tables.FATES) + column
    size = len(pollutants) * len(tables.FATES)
    sums = {
        name: exact_sums(ledger[name].to_numpy(float), group, size)
        for name in tables.LEDGER_SUMMARY.names[3:]
    }
    cells = pd.MultiIndex.from_product([pollutants, tables.FATES], names=["pollutant", "fate"])
    return cells.to_frame(index=False).assign(rows=np.bincount(group, minlength=size), **sums)


def check_conservation(claims: pd.DataFrame, ledger: pd.DataFrame) -> None:
    """Prove that the ledger holds every claim once: same rows, and per pollutant the same sum to the last bit.

    Parameters
    ----------
    claims : pandas.DataFrame
        What went in.
    ledger : pandas.DataFrame
        What came out.

    Raises
    ------
    ArithmeticError
        If a claim was lost or doubled; that is a defect of this package, never of the input.

    Examples
    --------
    >>> claims = pd.DataFrame({"pollutant": ["TN"], "reduction_kg_yr": [5.0]})
    >>> check_conservation(claims, claims.assign(fate="credited"))
    """
    stray = set(ledger["fate"]) - set(tables.FATES)
    if len(claims) != len(ledger) or stray:
        raise ArithmeticError(
            f"{len(claims)} claims became {len(ledger)} ledger rows; unknown fates: {sorted(stray)}"
        )
    entered, booked = (_by_pollutant(table) for table in (claims, ledger))
    for pollutant in entered.index.union(booked.index):
        came, stands = entered.get(pollutant, 0.0), booked.get(pollutant, 0.0)
        if came != stands and not (math.isnan(came) and math.isnan(stands)):
            raise ArithmeticError(f"{pollutant}: {came!r} kg/yr came in, {stands!r} kg/yr are in the ledger")


def _by_pollutant(table: pd.DataFrame) -> pd.Series[float]:
    group, keys = group_rows(table, ["pollutant"])
    sums = exact_sums(table["reduction_kg_yr"].to_numpy(float), group, len(keys))
    return pd.Series(sums.tolist(), index=keys["pollutant"], dtype=object)
