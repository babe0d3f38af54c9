"""Lab results against discharge limits: who complies, who exceeds, and what cannot be judged, with the reason.

The user's own limits come first, and of them the most specific that applies; where they have none, the rows of
``data/reference/discharge_limits.csv``. A limit whose source is not verified never yields a verdict, nor does a
non-detect above the limit: it says only that the laboratory could not see so far down.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from watershed_cp import tables, units
from watershed_cp.loads.audits import row_names
from watershed_cp.reference import not_summed, read_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["compliance", "firm_history", "judge"]

_SAME = 1e-9  # a value that differs by less from its limit, in proportion, is the rounding of a unit's factor
_NO_DIMENSION = frozenset(
    {"", "-", "ph", "uph", "unidades", "unidadesdeph", "unidad", "units", "phunits", "sin"}
)
_BOUNDS = ("maximum", "minimum")


class _Limit(NamedTuple):
    """A limit with where it applies; what is blank applies everywhere."""

    limit_id: str
    country: str
    norm: str
    pollutant: str
    bound: str
    value: float
    unit: str
    discharge_to: str
    ciiu: str
    valid_from: pd.Timestamp | None
    valid_until: pd.Timestamp | None
    averaging: str
    verified: bool
    source: str

    @property
    def specificity(self) -> tuple[int, bool, bool, int]:
        """How narrowly it applies: branch, receiving body, country, and of equal ones the latest."""
        since = 0 if self.valid_from is None else self.valid_from.toordinal()
        return len(self.ciiu), bool(self.discharge_to), bool(self.country), since

    def applies(self, firm: Mapping[str, str], day: pd.Timestamp | None) -> bool:
        """Tell whether it holds for a firm on a day; a result without a date is held against what is in force."""
        return (
            self.country in ("", firm["country"])
            and self.discharge_to in ("", firm["discharge_to"])
            and firm["ciiu"].startswith(self.ciiu)
            and self.in_force(day)
        )

    def in_force(self, day: pd.Timestamp | None) -> bool:
        """Tell whether it holds on a day; one that is not known may be any."""
        begun = self.valid_from is None or day is None or self.valid_from <= day
        return begun and (self.valid_until is None or day is None or day <= self.valid_until)

    @property
    def of_a_sample(self) -> bool:
        """Whether a single sample can be held against it; the mean of a month asks for more."""
        return self.averaging in ("", "sample")


def judge(
    value: float, qualifier: str, unit: str, *, limit_value: float, limit_unit: str, bound: str
) -> tuple[str, str]:
    """Hold one lab result against one limit.

    Parameters
    ----------
    value : float
        What was measured; for a ``<`` the limit of detection, for a ``>`` the end of the range.
    qualifier : {"", "<", ">"}
        Whether the true value is lower or higher than `value`.
    unit, limit_unit : str
        As written.
    limit_value : float
        The limit, in `limit_unit`.
    bound : {"maximum", "minimum"}
        Which side is forbidden.

    Returns
    -------
    verdict : {"complies", "exceeds", "not_judged"}
        A value on the limit complies.
    why : str
        Blank, or why there is no verdict: ``no_value``, ``unit``, ``non_detect`` or ``over_range``.

    Examples
    --------
    >>> judge(40_000, "", "ug/L", limit_value=35, limit_unit="mg/L", bound="maximum")
    ('exceeds', '')
    >>> judge(50, "<", "mg/L", limit_value=35, limit_unit="mg/L", bound="maximum")
    ('not_judged', 'non_detect')
    """
    if math.isnan(value):
        return "not_judged", "no_value"
    measured = value * _ratio(unit, limit_unit)
    if math.isnan(measured):
        return "not_judged", "unit"
    on_limit = math.isclose(measured, limit_value, rel_tol=_SAME)
    above, below = (measured > limit_value and not on_limit), (measured < limit_value and not on_limit)
    undecided = (qualifier == "<" and above) or (qualifier == ">" and below)
    wrong_side, beyond = (above, ">") if bound == "maximum" else (below, "<")
    exceeds = wrong_side or (qualifier == beyond and on_limit)
    if undecided:
        return "not_judged", "non_detect" if qualifier == "<" else "over_range"
    return ("exceeds" if exceeds else "complies"), ""


def compliance(accounts: Accounts) -> pd.DataFrame:
    """Judge the results of inspections and of follow-up audits that give concentrations.

    Parameters
    ----------
    accounts : Accounts
        What a run found; ``registers`` holds the inspections, the audits and the user's own limits.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.COMPLIANCE`, a row a result and bound (pH has two), by firm and date.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> set(compliance(run(data_path("demo", "project.toml")))["verdict"]) <= {"complies", "exceeds", "not_judged"}
    True
    """
    firms = _firms(accounts)
    own = tuple(_own_limits(accounts.registers.get("limits")))
    rows = [
        row
        for result in _results(accounts)
        for row in _judged(result, firms.get(str(result["msme_id"]), _NOBODY), own)
    ]
    table = pd.DataFrame(rows, columns=list(tables.COMPLIANCE.names))
    table["date"] = pd.to_datetime(table["date"])
    order = ["msme_id", "date", "pollutant", "origin", "result_id", "bound"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def firm_history(judged: pd.DataFrame) -> pd.DataFrame:
    """Count for each firm what its results came to.

    Parameters
    ----------
    judged : pandas.DataFrame
        From :func:`compliance`.

    Returns
    -------
    pandas.DataFrame
        Index ``msme_id``; ``results``, ``complies``, ``exceeds`` and ``not_judged``. A result that breaks one of two
        bounds exceeds, one of which a bound cannot be judged is not judged.

    Examples
    --------
    >>> rows = {"msme_id": "F1", "origin": "inspection", "result_id": ["a", "a", "b"], "pollutant": "pH"}
    >>> judged = pd.DataFrame({**rows, "date": pd.NaT, "verdict": ["complies", "exceeds", "complies"]})
    >>> firm_history(judged).loc["F1"].tolist()
    [2, 1, 1, 0]
    """
    severity = judged["verdict"].map({"complies": 0, "not_judged": 1, "exceeds": 2})
    keys = ["msme_id", "origin", "result_id", "date", "pollutant"]
    worst = severity.groupby([judged[key] for key in keys], dropna=False).max()
    counts = worst.groupby("msme_id")
    return pd.DataFrame(
        {
            "results": counts.size(),
            "complies": counts.agg(lambda found: int((found == 0).sum())),
            "exceeds": counts.agg(lambda found: int((found == 2).sum())),  # noqa: PLR2004 - as mapped above
            "not_judged": counts.agg(lambda found: int((found == 1).sum())),
        }
    ).astype(int)


_FIRM = ("country", "discharge_to", "ciiu")
_NOBODY = dict.fromkeys((*_FIRM, "basin_id"), "")


def _firms(accounts: Accounts) -> dict[str, dict[str, str]]:
    """Give by firm what decides which limit applies, and its watershed."""
    basin = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")["basin_id"]
    told = accounts.msmes.reindex(columns=["msme_id", *_FIRM]).drop_duplicates("msme_id")
    told = told.assign(basin_id=told["msme_id"].map(basin)).astype(object)
    records = told.where(told.notna(), "").to_dict("records")
    return {str(row["msme_id"]): {name: str(row[name]) for name in _NOBODY} for row in records}


def _results(accounts: Accounts) -> Iterator[dict[str, Any]]:
    """Give every lab result in the columns of inspections, with where it comes from."""
    inspections = accounts.registers.get("inspections", pd.DataFrame())
    audits = accounts.registers.get("audits", pd.DataFrame())
    if len(audits):
        wet = audits["unit"].map(lambda unit: units.dimension(str(unit)) == "concentration")
        audits = audits[(audits["phase"] == "follow_up") & (wet | audits["pollutant"].isin(not_summed()))]
    kept = ["msme_id", "date", "pollutant", "qualifier", "value", "unit", "limit_id", "finding"]
    for origin, table, identifier in (
        ("inspection", inspections, "inspection_id"),
        ("audit", audits.drop(columns=["limit_id", "finding"], errors="ignore"), "audit_id"),
    ):
        own = table.reindex(columns=[identifier])[identifier]
        named = own.where(own.notna(), row_names(table, own))  # results without identifier are several
        rows = table.reindex(columns=kept).assign(result_id=named).astype(object)
        for row in rows.where(rows.notna(), None).to_dict("records"):
            yield {"origin": origin, **{str(name): cell for name, cell in row.items()}}


def _judged(
    result: Mapping[str, Any], firm: Mapping[str, str], own: tuple[_Limit, ...]
) -> Iterator[dict[str, object]]:
    """Give the result once for each bound that applies to it, or once where none does."""
    value = math.nan if result["value"] is None else float(result["value"])
    row = {**result, "value": value, "basin_id": firm["basin_id"] or None}
    found = list(_limits_of(result, firm, own))
    if not found:
        yield {**row, "verdict": "not_judged", "why": "no_limit" if not math.isnan(value) else "no_value"}
    for limit, why in found:
        verdict = ("not_judged", why)
        if not why:
            verdict = judge(
                value,
                str(result["qualifier"] or ""),
                str(result["unit"] or ""),
                limit_value=limit.value,
                limit_unit=limit.unit,
                bound=limit.bound,
            )
        yield {
            **row,
            "verdict": verdict[0],
            "why": verdict[1],
            "bound": limit.bound,
            "limit_value": limit.value,
            "limit_unit": limit.unit,
            "norm": limit.norm,
            "limit_source": limit.source,
            "limit_id": limit.limit_id or None,
        }


def _limits_of(
    result: Mapping[str, Any], firm: Mapping[str, str], own: tuple[_Limit, ...]
) -> Iterator[tuple[_Limit, str]]:
    """Give for each bound the limit that applies, with why it yields no verdict, if so."""
    day = result["date"] if isinstance(result["date"], pd.Timestamp) else None
    named = [limit for limit in own if limit.limit_id and limit.limit_id == result["limit_id"]]
    for limit in named:
        yield limit, _why_not(limit, str(result["pollutant"]), day)
    if named:
        return
    for bound in _BOUNDS:
        for source in (own, _reference_limits()):
            fit = [
                limit
                for limit in source
                if (limit.pollutant, limit.bound) == (result["pollutant"], bound) and limit.applies(firm, day)
            ]
            if fit:
                yield _most_specific([limit for limit in fit if limit.of_a_sample] or fit)
                break


def _most_specific(fit: list[_Limit]) -> tuple[_Limit, str]:
    """Choose of the limits that apply the narrowest and latest; two of one rank that differ decide nothing."""
    narrowest = max(limit.specificity for limit in fit)
    rank = sorted((limit for limit in fit if limit.specificity == narrowest), key=_in_text_order)
    verified = [limit for limit in rank if limit.verified]
    if not verified:
        return rank[0], "unverified"
    if not verified[0].of_a_sample:
        return verified[0], "average"
    differ = any(
        not math.isclose(limit.value * _ratio(limit.unit, verified[0].unit), verified[0].value, rel_tol=_SAME)
        for limit in verified
    )
    return verified[0], "several_limits" if differ else ""


def _in_text_order(limit: _Limit) -> tuple[str, str, float, str]:
    return limit.limit_id, limit.norm, limit.value, limit.unit


def _why_not(limit: _Limit, pollutant: str, day: pd.Timestamp | None) -> str:
    """Say why a limit that a result names yields no verdict; blank where it does."""
    if limit.pollutant != pollutant:
        return "other_pollutant"
    if not limit.verified:
        return "unverified"
    if not limit.in_force(day):
        return "not_in_force"
    return "" if limit.of_a_sample else "average"


def _own_limits(limits: pd.DataFrame | None) -> Iterator[_Limit]:
    """Give the limits of the user's table, a range as two; a bound that is not said is a maximum."""
    if limits is None:
        return
    known = limits.reindex(columns=list(tables.LIMITS.names)).astype(object)
    for row in known.where(known.notna(), "").to_dict("records"):
        if row["value"] == "":
            continue
        days = [
            pd.Timestamp(row[name]) if row[name] != "" else None for name in ("valid_from", "valid_until")
        ]
        ends = [(row["bound"] or "maximum", row["value"])]
        if row["value_high"] != "":
            ends = list(zip(("minimum", "maximum"), sorted((row["value"], row["value_high"])), strict=True))
        for bound, value in ends:
            told = {str(name): str(cell) for name, cell in {**row, "bound": bound, "value": value}.items()}
            yield _limit(told, since=days[0], until=days[1])


@functools.cache
def _reference_limits() -> tuple[_Limit, ...]:
    """Give our own limits, those too that may not be used: they say why there is no verdict."""
    rows: Iterable[dict[str, str]] = read_reference("discharge_limits")
    whole = [row for row in rows if row["bound"] in _BOUNDS and not row["scope"]]
    return tuple(_limit({**row, "verified": row["usable"]}) for row in whole)


def _limit(
    row: Mapping[str, str], *, since: pd.Timestamp | None = None, until: pd.Timestamp | None = None
) -> _Limit:
    return _Limit(
        limit_id=row.get("limit_id", ""),
        country=row["country"],
        norm=row["norm"],
        pollutant=row["pollutant"],
        bound=row["bound"] or "maximum",
        value=float(row["value"]),
        unit=row["unit"],
        discharge_to=row.get("discharge_to", ""),
        ciiu=row.get("ciiu", ""),
        valid_from=since,
        valid_until=until,
        averaging=row.get("averaging", ""),
        verified=row["verified"] == "yes",
        source=row["source"],
    )


def _ratio(unit: str, other: str) -> float:
    """Give how many `other` one `unit` holds; units of pH and degrees count as one however they are written."""
    one, two = (_plain(word) for word in (unit, other))
    return 1.0 if one == two else units.ratio(unit, other)


def _plain(unit: str) -> str:
    word = "".join(letter for letter in unit.casefold() if letter not in " °º.")
    return "" if word in _NO_DIMENSION else word
