"""Who works with whom: universities, firms, centres, authorities and others, as pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp.tables import ALLIANCES, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["alliance_table"]

_PARTNER = ("name", "organisation_kind", "country")


def alliance_table(accounts: Accounts) -> pd.DataFrame:
    """Give each pair of partners once, whichever of the two names the other.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ALLIANCES`: the edges of a network whose nodes are stakeholders and
        firms (of kind ``msme``). Agreement and date are those of the row that names the partner first.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> pairs = alliance_table(run(data_path("demo", "project.toml")))
    >>> sorted(pairs["partner_kind"].unique())
    ['centre', 'msme']
    """
    rows = list(_pairs(accounts)) if "stakeholders" in accounts.registers else []
    return pd.DataFrame(rows, columns=list(ALLIANCES.names))


def _pairs(accounts: Accounts) -> Iterator[tuple[object, ...]]:
    stakeholders = accounts.registers["stakeholders"]
    firms = accounts.msmes.reindex(columns=["msme_id", "name", "country"])
    nodes = {row["msme_id"]: (row["name"], "msme", row["country"]) for row in firms.to_dict("records")}
    nodes |= {
        row["stakeholder_id"]: tuple(row[name] for name in _PARTNER)
        for row in stakeholders.to_dict("records")
    }
    told: set[frozenset[str]] = set()
    for row in stakeholders.sort_values("stakeholder_id", kind="stable").to_dict("records"):
        for partner in listed(row["partner_of"]):
            pair = frozenset((row["stakeholder_id"], partner))
            if pair in told or len(pair) == 1 or partner not in nodes:
                continue
            told.add(pair)
            own = nodes[row["stakeholder_id"]]
            yield row["stakeholder_id"], *own, partner, *nodes[partner], row["agreement"], row["since"]
