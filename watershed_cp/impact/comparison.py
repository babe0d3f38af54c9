"""Two runs side by side: every kilogram that changed is explained by a row of the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Run", "changed_rules", "compare_ledgers", "compare_runs", "read_run"]

_KEY = ["msme_id", "pollutant", "baseline_rows", "follow_up_rows"]
_PLACE = ["msme_id", "longitude", "latitude", "basin_id"]
_ALIKE_M = 0.01  # what rounding in a table may move a place
_VALUES = ["fate", "basin_id", "reduction_kg_yr"]
_UNNAMED = r"#\d+"  # how the ledger names an audit row without identifier: by its position, which moves
_ALIKE: tuple[list[str], ...] = (  # what pairs claims of one firm and pollutant, the likest first
    [*_VALUES, "date", "equation"],
    ["date", "equation"],
    [*_VALUES, "date"],
    ["date"],
    ["baseline_rows", "follow_up_rows"],
    [],
)
_RULES = {
    "outside the accounting period": "accounting.period",
    "evidence below": "accounting.minimum_evidence",
}


@dataclass(frozen=True)
class Run:
    """What a run left in its folder, as far as two runs are compared.

    Attributes
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`; those that an earlier version did not write are missing.
    settings : mapping
        As the manifest repeats them.
    inputs : mapping
        sha256 of every input by its name.
    version : str
        Of the program that wrote it.
    places : pandas.DataFrame
        ``longitude``, ``latitude`` and ``basin_id`` by ``msme_id``; empty where the folder is a public edition.
    """

    ledger: pd.DataFrame
    settings: Mapping[str, Any]
    inputs: Mapping[str, str]
    version: str
    places: pd.DataFrame = field(default_factory=lambda: _read_places(None))


def read_run(folder: str | Path) -> Run:
    """Read ledger, settings and inputs of a folder that a run wrote.

    Parameters
    ----------
    folder : str or pathlib.Path
        Output folder.

    Returns
    -------
    Run
        What is compared.

    Raises
    ------
    MissingFileError
        If the folder is not one that a run wrote.
    InputError
        If its manifest or its ledger cannot be read.

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
    text = dict.fromkeys([*_KEY, "fate", "basin_id", "reason", "evidence", "date", "equation"], "str")
    unknown = {"reduction_kg_yr": [""]}
    try:
        table = pd.read_csv(
            ledger, encoding="utf-8-sig", dtype=text, keep_default_na=False, na_values=unknown
        )
        told = json.loads(manifest.read_text(encoding="utf-8"))
        places = _read_places(Path(folder, "tables", "assignments.csv"))
        found = Run(table, told["settings"], told["inputs"], told["watershed_cp"], places)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(fault("run_unreadable", file=folder, detail=str(error))) from None
    lacking = [name for name in (*_KEY, *_VALUES) if name not in table]
    if lacking:
        raise InputError(fault("run_unreadable", file=folder, detail=", ".join(lacking)))
    return found


def _read_places(path: Path | None) -> pd.DataFrame:
    """Read where the firms of a run stand, if the run tells."""
    if path is None or not path.is_file():
        return pd.DataFrame(columns=_PLACE).set_index("msme_id")
    table = pd.read_csv(path, encoding="utf-8-sig", usecols=_PLACE, dtype={"msme_id": "str"}, na_values=[""])
    return table.astype({"basin_id": object}).set_index("msme_id")


def compare_runs(before: Run, after: Run) -> pd.DataFrame:
    """Explain the difference between two runs, row by row, then name the firms whose place moved without effect.

    Parameters
    ----------
    before, after : Run
        From :func:`read_run`.

    Returns
    -------
    pandas.DataFrame
        As :func:`compare_ledgers` gives it. A row whose fate or value changed is ``rule_changed`` where a rule of
        accounting changed and explains it: because the inputs are the same, or because the reason that the ledger
        gives is that rule. ``moved_m`` tells how far the place of its firm moved; a firm that moved though no row
        of it changed has a row ``moved_place``.

    Examples
    --------
    >>> row = {"msme_id": "F1", "pollutant": "TN", "basin_id": "a", "reduction_kg_yr": 5.0,
    ...        "baseline_rows": "1", "follow_up_rows": "2"}
    >>> one = pd.DataFrame([row | {"fate": "credited"}])
    >>> two = pd.DataFrame([row | {"fate": "unverified", "reason": "evidence below B"}])
    >>> loose, strict = ({"accounting": {"minimum_evidence": grade}} for grade in "EB")
    >>> compare_runs(Run(one, loose, {}, "1"), Run(two, strict, {}, "1"))["change"].tolist()
    ['rule_changed']
    """
    rules = {
        name for name, *_ in changed_rules(before.settings, after.settings) if name.startswith("accounting")
    }
    both = _differences(before.ledger, after.ledger)
    if rules:
        reasons = tuple(reason for reason, rule in _RULES.items() if rule in rules)
        given = both["reason_before"].str.startswith(reasons) | both["reason_after"].str.startswith(reasons)
        explained = given & (both["change"] == "new_fate") | (before.inputs == after.inputs)
        ruled = explained & (both["change"] != "moved_basin")
        both["change"] = both["change"].mask(ruled, "rule_changed")
    return _with_moves(both[list(tables.CHANGES.names)], before.places, after.places)


def compare_ledgers(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Explain the difference between two ledgers, row by row.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.CHANGES`, one row a claim that differs. Per pollutant, and per
        watershed, what was credited before and after in these rows differs by exactly as much as the totals.

    Examples
    --------
    >>> row = {"msme_id": "F1", "pollutant": "TN", "fate": "credited", "basin_id": "a", "reduction_kg_yr": 5.0,
    ...        "baseline_rows": "1", "follow_up_rows": "2"}
    >>> after = pd.DataFrame([row | {"fate": "outside", "basin_id": None}])
    >>> compare_ledgers(pd.DataFrame([row]), after)[["change", "credited_change_kg_yr"]].to_numpy().tolist()
    [['new_fate', -5.0]]
    """
    return _differences(before, after)[list(tables.CHANGES.names)]


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Put the claims that differ side by side, with the reasons that both ledgers give."""
    sides = {"before": _told(before), "after": _told(after)}
    both = _pairs(sides["before"], sides["after"])
    for side, rows in sides.items():
        found = rows[[*_KEY, *_VALUES, "reason"]].reindex(both[side]).set_axis(both.index)
        both = both.join(found.add_suffix(f"_{side}"))
    both = both.rename(columns={f"reduction_kg_yr_{side}": f"reduction_{side}_kg_yr" for side in sides})
    for name in _KEY:
        both[name] = both[f"{name}_after"].where(both["after"].notna(), both[f"{name}_before"])
    both["change"] = _changes(both)
    credited = [
        both[f"reduction_{side}_kg_yr"].where(both[f"fate_{side}"] == "credited", 0.0).fillna(0.0)
        for side in sides
    ]
    texts = dict.fromkeys([f"reason_{side}" for side in sides], "")
    both = both.fillna(texts).assign(credited_change_kg_yr=credited[1] - credited[0], moved_m=np.nan)
    differing = both[both["change"] != "same"]
    return differing.sort_values([*_KEY, "stage", "before", "after"], ignore_index=True)


def _told(ledger: pd.DataFrame) -> pd.DataFrame:
    """Take of a ledger what tells its claims apart, and name rows without identifier all alike."""
    columns = [*_KEY, *_VALUES, "date", "equation", "reason"]
    texts = [name for name in columns if name != "reduction_kg_yr"]
    rows = ledger.reindex(columns=columns).reset_index(drop=True).astype(dict.fromkeys(texts, object))
    rows = rows.fillna(dict.fromkeys([*_KEY[2:], "basin_id", "date", "equation", "reason"], ""))
    alike = {
        f"{name}_named": rows[name].astype(str).str.replace(_UNNAMED, "#", regex=True) for name in _KEY[2:]
    }
    return rows.assign(**alike)


def _pairs(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Pair the rows of two ledgers: ``before`` and ``after`` are positions, NaN where there is no counterpart."""
    named = ["msme_id", "pollutant", *(f"{name}_named" for name in _KEY[2:])]
    rest = {"before": before, "after": after}
    found = []
    for stage, alike in enumerate(_ALIKE):
        keys = [*named, *alike]
        numbered = [
            rows[keys].assign(copy=rows.groupby(keys, dropna=False).cumcount(), **{side: rows.index})
            for side, rows in rest.items()
        ]
        pairs = numbered[0].merge(numbered[1], on=[*keys, "copy"])
        found.append(pairs[["before", "after"]].assign(stage=stage))
        rest = {side: rows.drop(index=pairs[side].tolist()) for side, rows in rest.items()}
    alone = [pd.DataFrame({side: rows.index, "stage": len(_ALIKE)}) for side, rows in rest.items()]
    return pd.concat([*found, *alone], ignore_index=True).reindex(columns=["before", "after", "stage"])


def _with_moves(changes: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Say of each changed row how far its firm moved, and add the firms that moved without any changed row."""
    both = before.add_suffix("_before").join(after.add_suffix("_after"), how="inner")
    places = [both[[f"longitude_{side}", f"latitude_{side}"]].to_numpy(float) for side in ("before", "after")]
    metres = pd.Series(_metres(*places), both.index)
    moved = metres[metres > _ALIKE_M]
    silent = both.loc[moved.index[~moved.index.isin(changes["msme_id"])]]
    basins = silent[["basin_id_before", "basin_id_after"]].astype(object).fillna("").reset_index()
    added = basins.assign(change="moved_place", credited_change_kg_yr=0.0)
    parts = [part for part in (changes, added.reindex(columns=changes.columns)) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else changes
    return whole.assign(moved_m=whole["msme_id"].map(moved))


def _metres(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the geodesics between places (n, 2), infinite where one is not known and the other is."""
    from watershed_cp.basins.earth import metres_between

    known = [np.isfinite(place).all(axis=1) for place in (start, end)]
    return np.where(known[0] != known[1], np.inf, np.nan_to_num(metres_between(start, end)))


def changed_rules(
    before: Mapping[str, Any], after: Mapping[str, Any], *, under: str = ""
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


def _changes(both: pd.DataFrame) -> NDArray[np.str_]:
    old, new = both["reduction_before_kg_yr"], both["reduction_after_kg_yr"]
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
