"""Two runs side by side: every kilogram that changed is explained by a row of the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp.errors import MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["changed_rules", "compare_ledgers", "read_run"]

_KEY = ["msme_id", "pollutant", "baseline_rows", "follow_up_rows"]
_VALUES = ["fate", "basin_id", "reduction_kg_yr"]


def compare_ledgers(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Explain the difference between two ledgers, row by row.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        One row a claim that differs: its key, ``change`` (new, gone, new_fate, moved_basin, value_changed), what
        it was and is, and ``credited_change_kg_yr``. Per pollutant those add up to the change of the credited
        total.

    Examples
    --------
    >>> row = {"msme_id": "F1", "pollutant": "TN", "fate": "credited", "basin_id": "a", "reduction_kg_yr": 5.0,
    ...        "baseline_rows": "1", "follow_up_rows": "2"}
    >>> after = pd.DataFrame([row | {"fate": "outside", "basin_id": None}])
    >>> compare_ledgers(pd.DataFrame([row]), after)[["change", "credited_change_kg_yr"]].to_numpy().tolist()
    [['new_fate', -5.0]]
    """
    sides = [_keyed(before).add_suffix("_before"), _keyed(after).add_suffix("_after")]
    both = sides[0].join(sides[1], how="outer").reset_index().drop(columns="copy")
    both["change"] = _changes(both)
    credited = [
        both[f"reduction_kg_yr_{side}"].where(both[f"fate_{side}"] == "credited", 0.0).fillna(0.0)
        for side in ("before", "after")
    ]
    both["credited_change_kg_yr"] = credited[1] - credited[0]
    return both[both["change"] != "same"].reset_index(drop=True)


def read_run(folder: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read ledger and settings of a folder that a run wrote.

    Parameters
    ----------
    folder : str or pathlib.Path
        Output folder.

    Returns
    -------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.
    settings : dict
        As the manifest repeats them.

    Raises
    ------
    MissingFileError
        If the folder is not one that a run wrote.

    Examples
    --------
    >>> read_run("no-such-folder")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    watershed_cp.errors.MissingFileError: no-such-folder: ...
    """
    ledger, manifest = Path(folder, "tables", "ledger.csv"), Path(folder, "manifest.json")
    if not ledger.is_file() or not manifest.is_file():
        raise MissingFileError(fault("run_missing", file=folder))
    text = dict.fromkeys([*_KEY, "fate", "basin_id"], "str")
    table = pd.read_csv(
        ledger, encoding="utf-8-sig", dtype=text, keep_default_na=False, na_values={"reduction_kg_yr": [""]}
    )
    return table, json.loads(manifest.read_text(encoding="utf-8"))["settings"]


def changed_rules(
    before: dict[str, Any], after: dict[str, Any], *, under: str = ""
) -> list[tuple[str, Any, Any]]:
    """List the settings that differ: dotted key, what it was, what it is.

    Examples
    --------
    >>> changed_rules({"accounting": {"censoring": "half"}}, {"accounting": {"censoring": "full"}})
    [('accounting.censoring', 'half', 'full')]
    """
    found: list[tuple[str, Any, Any]] = []
    for key in sorted(set(before) | set(after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += changed_rules(old, new, under=f"{under}{key}.")
        elif old != new:
            found.append((f"{under}{key}", old, new))
    return found


def _keyed(ledger: pd.DataFrame) -> pd.DataFrame:
    """Index a ledger by what names a claim; claims of one name are told apart by their order."""
    named = (
        ledger[[*_KEY, *_VALUES]]
        .astype(dict.fromkeys([*_KEY, "fate", "basin_id"], object))
        .fillna({"basin_id": ""})
    )
    return named.assign(copy=named.groupby(_KEY).cumcount()).set_index([*_KEY, "copy"])


def _changes(both: pd.DataFrame) -> NDArray[np.str_]:
    old, new = both["reduction_kg_yr_before"], both["reduction_kg_yr_after"]
    return np.select(
        [
            both["fate_before"].isna(),
            both["fate_after"].isna(),
            both["fate_before"] != both["fate_after"],
            both["basin_id_before"] != both["basin_id_after"],
            (old != new) & ~(old.isna() & new.isna()),
        ],
        ["new", "gone", "new_fate", "moved_basin", "value_changed"],
        default="same",
    )
