"""Cells of the audits that look wrong, each where the user wrote it: what `check` tells before a run counts them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp.impact.ledger import flag_media
from watershed_cp.intake.assembly import row_fault
from watershed_cp.intake.cells import name_rows
from watershed_cp.loads.audits import row_loads
from watershed_cp.loads.lifecycle import BETWEEN, audit_claims
from watershed_cp.loads.plausibility import DOUBTS
from watershed_cp.messages import fault, number, texts
from watershed_cp.reference import not_summed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watershed_cp.errors import Fault

__all__ = ["count_doubts", "doubtful_cells", "gather_doubts"]

_EACH = 3  # more of one kind in a column are told on one line


def doubtful_cells(registers: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Find the cells of audits that a run would flag as a possible slip.

    Parameters
    ----------
    registers : mapping of str to pandas.DataFrame
        Tables by their name in ``tables.INPUTS``, as read; only ``audits`` and ``msmes`` are asked.

    Returns
    -------
    list of Fault
        One a cell and flag of :data:`watershed_cp.loads.plausibility.DOUBTS`, in the order of the rows; what
        concerns a pair stands at its follow-up.

    Examples
    --------
    >>> from watershed_cp.intake.readers import read_audits
    >>> from watershed_cp.reference import data_path
    >>> audits = read_audits(data_path("demo", "auditorias.csv"))
    >>> doubtful_cells({"audits": audits.iloc[:0]})
    []
    """
    audits = registers.get("audits", pd.DataFrame())
    if audits.empty:
        return []
    msmes = registers.get("msmes")
    rows = row_loads(audits[~audits["pollutant"].isin(not_summed())], msmes=msmes)
    claims = audit_claims(rows)
    claims = claims if msmes is None else flag_media(claims, msmes)
    last = claims["follow_up_rows"].mask(claims["follow_up_rows"] == "", claims["baseline_rows"])
    paired = last.str.split(BETWEEN).str[-1].map(pd.Series(rows.index, index=rows["row_name"]))
    own = rows["flags"].str.split().explode()
    of_pairs = claims["flags"].set_axis(paired).str.split().explode()
    flags = pd.concat([own, of_pairs[~of_pairs.isin(own)]])
    told = flags[flags.isin(DOUBTS)].rename_axis("row").reset_index(name="flag").drop_duplicates()
    return [
        _doubt(audits, rows.loc[row], flag)
        for row, flag in told.sort_values("row", kind="stable").itertuples(index=False)
    ]


def gather_doubts(doubts: Sequence[Fault]) -> list[Fault]:
    """Write many doubts of one kind in one column as one, with their rows; few stay as they are.

    Examples
    --------
    >>> from watershed_cp.messages import texts
    >>> cells = [fault("doubtful", row=row, value="9", check=texts("flag")["unit_slip"]) for row in (3, 5, 8, 9)]
    >>> gather_doubts(cells)[0].problem.en
    'Rows 3, 5, 8, 9 are doubtful.'
    """
    kinds: dict[Fault, list[Fault]] = {}
    for one in doubts:
        kinds.setdefault(replace(one, row=None, value=None, problem=one.remedy), []).append(one)
    return [
        told
        for kind, cells in kinds.items()
        for told in (_together(kind, cells) if len(cells) > _EACH else cells)
    ]


def count_doubts(ledger: pd.DataFrame) -> tuple[int, dict[str, int]]:
    """Count the rows of a ledger that carry a doubt, and those of each flag, the most frequent first.

    Examples
    --------
    >>> count_doubts(pd.DataFrame({"flags": ["unit_slip", "sewer", "cod_below_bod unit_slip"]}))
    (2, {'unit_slip': 2, 'cod_below_bod': 1})
    """
    flags = ledger["flags"].fillna("").str.split().explode()
    doubts = flags[flags.isin(DOUBTS)]
    counts = doubts.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return doubts.index.nunique(), {str(flag): int(count) for flag, count in counts.items()}


def _doubt(audits: pd.DataFrame, row: pd.Series, flag: str) -> Fault:
    """Write one doubt under the user's header, with what her cell says."""
    column, told = DOUBTS[flag], row.copy()
    if column == "value":
        told[column] = f"{row['qualifier']}{number(row[column])} {row['unit']}"
    else:
        told[column] = f"{row[column]:%Y-%m-%d}" if column == "date" else number(row[column])
    return row_fault(audits, told, "doubtful", column, check=texts("flag")[flag])


def _together(kind: Fault, cells: Sequence[Fault]) -> list[Fault]:
    rows = name_rows([one.row for one in cells if one.row is not None])
    return [
        fault(
            "doubtful_rows",
            file=kind.file,
            sheet=kind.sheet,
            column=kind.column,
            rows=rows,
            check=kind.remedy,
        )
    ]
