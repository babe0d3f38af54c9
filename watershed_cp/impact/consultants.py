"""Who can help with a measure: consultants fit by speciality and near the firm, and where nobody is."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["consultant_coverage", "consultant_matches"]

_OPEN = frozenset(("recommended", "accepted"))
_NEAREST = 3
_METRES_PER_KM = 1000


def consultant_matches(accounts: Accounts) -> pd.DataFrame:
    """Give, for each measure yet to be carried out, the three nearest consultants who are fit for it.

    Fit is who is available and names the resource, or the kind of measure, among the specialities.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with the register ``consultants``; without it the table is empty.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.CONSULTANT_MATCHES`, the nearest first; a measure for which nobody is fit
        has one row without a consultant.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> matches = consultant_matches(run(data_path("demo", "project.toml")))
    >>> bool((matches["distance_km"].dropna() >= 0).all())
    True
    """
    names = list(tables.CONSULTANT_MATCHES.names)
    pairs = _pairs(accounts)
    if pairs.empty:
        return pd.DataFrame(columns=names)
    ordered = pairs.sort_values(["at", "distance_km", "consultant_id"], kind="stable")
    return ordered[ordered.groupby("at").cumcount() < _NEAREST].reset_index(drop=True)[names]


def consultant_coverage(accounts: Accounts) -> pd.DataFrame:
    """Tell for each watershed and resource how many open measures have a fit consultant near.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.CONSULTANT_COVERAGE`; near is ``near_km`` of ``[lending]``.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> coverage = consultant_coverage(run(data_path("demo", "project.toml")))
    >>> bool((coverage["covered_measures"] <= coverage["open_measures"]).all())
    True
    """
    pairs = _pairs(accounts)
    rows = []
    for (basin_id, resource), part in pairs.groupby(["basin_id", "resource"]):
        near = part[part["distance_km"] <= accounts.lending.near_km]
        count, covered = part["at"].nunique(), near["at"].nunique()
        gap = "yes" if covered < count else "no"
        rows.append((basin_id, resource, count, covered, near["consultant_id"].nunique(), gap))
    return pd.DataFrame(rows, columns=list(tables.CONSULTANT_COVERAGE.names))


def _pairs(accounts: Accounts) -> pd.DataFrame:
    """Set each open measure against each fit consultant; against nobody where none is fit."""
    register = accounts.registers.get("consultants")
    measures = accounts.measures
    found = measures[measures["status"].isin(_OPEN) & measures["resource"].notna()].reset_index(names="at")
    if register is None or register.empty or found.empty:
        return pd.DataFrame(columns=["at", *tables.CONSULTANT_MATCHES.names])
    experts = register.reindex(columns=list(tables.CONSULTANTS.names))
    experts = experts[experts["available"] != "no"]
    experts = experts.assign(
        skills=experts["specialities"].astype(object).map(_skills),
        divisions=experts["branches"].astype(object).map(_divisions),
    )
    every = found[["at", "resource", "category", "branch", "msme_id"]].merge(
        experts[["consultant_id", "name", "longitude", "latitude", "skills", "divisions"]], how="cross"
    )
    wanted = zip(every["resource"], map(_plain, map(str, every["category"])), every["skills"], strict=True)
    fit = every[[resource in skills or category in skills for resource, category, skills in wanted]]
    knows = [branch in divisions for branch, divisions in zip(fit["branch"], fit["divisions"], strict=True)]
    told = fit[["at", "consultant_id", "name"]].assign(
        distance_km=_kilometres(accounts.assignments, fit), knows_branch=np.where(knows, "yes", "no")
    )
    kept = found[["at", "recommendation_id", "msme_id", "basin_id", "resource"]]
    return kept.merge(told, on="at", how="left")


def _kilometres(assignments: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Give the geodesic distance from the firm to the consultant of each pair, km; NaN where one has no place."""
    from watershed_cp.basins.earth import metres_between

    places = assignments.drop_duplicates("msme_id").set_index("msme_id")
    places = places.reindex(index=pairs["msme_id"], columns=["longitude", "latitude"])
    experts = pairs[["longitude", "latitude"]].to_numpy(float)
    return metres_between(places.to_numpy(float), experts) / _METRES_PER_KM


def _skills(cell: object) -> frozenset[str]:
    return frozenset(_resource(part) for part in tables.listed(cell))


def _divisions(cell: object) -> frozenset[str]:
    return frozenset(code.removeprefix("C")[:2] for code in tables.listed(cell))


@functools.cache
def _resource(word: str) -> str:
    """Give the code of a resource that a speciality names, else the word itself without accents."""
    plain = _plain(word)
    codes = (row for row in read_reference("choices") if row["column"] == "resource")
    return next((row["choice"] for row in codes if _plain(row["alias"]) == plain), plain)


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold())
    return " ".join("".join(sign for sign in letters if not unicodedata.combining(sign)).split())
