"""Indicators of a programme: each computed by its declared rule, split, and set against its target.

A person with a code counts once, however it is spelt; where a list has no codes there are only attendances, and a
range says between how many and how many people they may be. Measures that were rejected or lapsed never count.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp import reference, tables, units
from watershed_cp.impact.amounts import with_amounts
from watershed_cp.impact.sisters import beside_sisters, published_per_firm
from watershed_cp.impact.sums import exact_sum
from watershed_cp.impact.totals import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.impact.programme import Indicator, Measure, Programme

__all__ = ["compute_indicators", "countable_tables", "counted_rows", "evaluate", "join_attendance"]

_NOT_DONE = ("lapsed", "rejected")
_ROLES = {
    "students": "student",
    "instructors": "instructor",
    "msme_personnel": "msme_personnel",
    "stakeholders": "stakeholder",
}


def compute_indicators(accounts: Accounts, programme: Programme) -> pd.DataFrame:
    """Compute every indicator of a programme: in all, by year, by each dimension, and as published.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.
    programme : Programme
        From :func:`watershed_cp.impact.programme.read_programme`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.INDICATORS`. Rows of a dimension add up to the row of the whole
        programme, in the value or, for a share, in its numerator and denominator. Years tell what each added: a share
        is then of the denominator of all years, so that the values add up.

    Examples
    --------
    >>> from watershed_cp.impact.programme import read_programme
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> programme = read_programme(data_path("reference", "programme.toml"))
    >>> float(compute_indicators(impact, programme)["value"].iloc[0])
    173.0
    """
    found = countable_tables(accounts)
    rows = [
        {
            "objective_es": programme.objectives[one.objective]["es"],
            "objective_en": programme.objectives[one.objective]["en"],
            **row,
        }
        for one in programme.indicator
        for row in (*_indicator_rows(one, found), *_published(one, programme.publisher))
    ]
    return pd.DataFrame(rows, columns=list(tables.INDICATORS.names))


def _indicator_rows(one: Indicator, found: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    told = {**_about(one), "rule": one.rule, "counting": "cumulative"}
    if one.table not in found:
        yield told | _progress(one, {}) | {"dimension": "programme", "note": "no_table", "rows": 0}
    else:
        rows = counted_rows(found[one.table], one, period=one.period)
        rows = rows[[name for name in rows if name in _needed(one)]]  # few columns are parted in no time
        whole = evaluate(rows, one)
        yield told | _progress(one, whole) | _per_firm(one, whole, rows) | {"dimension": "programme"}
        for dimension in ("year", *one.by):
            yearly = dimension == "year"
            for value, part in _parts(rows, one, dimension):
                split = {"dimension": dimension, "place": value}
                split["counting"] = "incremental" if yearly else "cumulative"
                yield told | evaluate(part, one, of=whole.get("denominator") if yearly else None) | split


def _about(one: Indicator) -> dict[str, Any]:
    return {"indicator_id": one.id, "name_es": one.name["es"], "name_en": one.name["en"], "unit": one.unit}


def _needed(one: Indicator) -> set[str]:
    """Name the columns by which a rule counts and parts."""
    ranged = tables.LEDGER.names if one.table == "ledger" else ()
    per_firm = ("msme_id", "resource") if one.sisters else ()
    return {"_dated", "_above", "_below", "_note", "year", one.column, *one.by, *ranged, *per_firm}


def _progress(one: Indicator, found: dict[str, Any]) -> dict[str, Any]:
    """Set a value against baseline and target; of a target that is the baseline no share can be told."""
    told = {"value": np.nan, **found, "baseline": one.baseline}
    if one.target is None:
        return told
    way = one.target - one.baseline or np.nan
    return told | {"target": one.target, "progress_pct": 100 * (told["value"] - one.baseline) / way}


def _per_firm(one: Indicator, found: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Set what each firm saved beside what sister programmes published, in the unit of the resource."""
    if not one.sisters or "msme_id" not in rows or rows.empty:
        return {}
    unit = one.unit
    if one.how == "share":
        resources = rows["resource"].unique().tolist() if "resource" in rows else []
        if len(resources) != 1 or resources[0] not in tables.SAVING_OF:
            return {}  # amounts of several resources have no unit in common
        unit = tables.SAVING_OF[resources[0]].unit
    published = published_per_firm(one.sisters, unit)
    told = beside_sisters(found.get("numerator", found["value"]), rows["msme_id"].nunique(), published)
    return told | {"unit_per_firm": unit, "source": "; ".join(published.sources)}


def _published(one: Indicator, publisher: str) -> Iterator[dict[str, Any]]:
    """Give what the real programme published about the same thing, never mixed with own data."""
    for row in reference.read_reference("programme_results"):
        if one.published and row["metric"] == one.published and row["programme"].startswith(publisher):
            told = {"dimension": "published", "counting": "cumulative", "source": row["source"]}
            yield _about(one) | _progress(one, {"value": float(row["value"])}) | told


def countable_tables(accounts: Accounts) -> dict[str, pd.DataFrame]:
    """Give the tables that indicators count, each with what it gains from firms and events.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.

    Returns
    -------
    dict of str to pandas.DataFrame
        The registers and the ledger by name, in a fixed order of rows whatever that of the files. Rows about a firm
        have its ``country``, ``basin_id`` and ``sector``; attendance has ``kind``, ``date`` and ``improved``, and a
        row without a person for each head at an event that kept no list. Measures rejected or lapsed are left out.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> bare = pd.DataFrame({"msme_id": ["F1"]})
    >>> placed = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["a"], "status": ["inside"]})
    >>> world = SimpleNamespace(registers={}, msmes=bare, ledger=bare, assignments=placed)
    >>> countable_tables(world)["ledger"]["basin_id"].tolist()
    ['a']
    """
    found = {**accounts.registers, "ledger": accounts.ledger}
    if "events" in found:
        found["attendance"] = join_attendance(found.get("attendance"), found["events"])
    if "recommendations" in found:
        measures = found["recommendations"]
        found["recommendations"] = measures[~measures["status"].isin(_NOT_DONE)]
    firms = accounts.msmes.reindex(columns=["msme_id", "country", "ciiu"]).drop_duplicates("msme_id")
    firms["sector"] = [
        reference.isic_sections().get(code[:2]) if isinstance(code, str) else None for code in firms["ciiu"]
    ]
    placed = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    firms["basin_id"] = firms["msme_id"].map(placed["basin_id"])
    return {name: _of_firms(table, firms.set_index("msme_id")) for name, table in found.items()}


def _of_firms(table: pd.DataFrame, firms: pd.DataFrame) -> pd.DataFrame:
    """Add what is known of a row's firm where the row does not say it itself."""
    told = table.copy()
    for name in ("country", "sector", "basin_id"):
        own = told[name] if name in told else pd.Series(None, index=told.index, dtype=object)
        told[name] = (
            own.astype(object).where(own.notna(), told["msme_id"].map(firms[name]))
            if ("msme_id" in told)
            else own
        )
    return told


def join_attendance(listed: pd.DataFrame | None, events: pd.DataFrame) -> pd.DataFrame:
    """Join people to their events; who came where no list was kept are rows without a person.

    Examples
    --------
    >>> events = pd.DataFrame({"event_id": ["E1"], "kind": "course", "date": pd.NaT, "country": "GT"})
    >>> heads = dict.fromkeys(_ROLES, 0) | {next(iter(_ROLES)): 2}
    >>> len(join_attendance(None, events.assign(**heads)))
    2
    """
    columns = list(tables.ATTENDANCE.names)
    people = pd.DataFrame(columns=columns) if listed is None else listed.reindex(columns=columns)
    unlisted = events[~events["event_id"].isin(people["event_id"])]
    heads = [
        {"event_id": row["event_id"], "role": role, "country": row["country"]}
        for row in unlisted.to_dict("records")
        for column, role in _ROLES.items()
        for _ in range(int(row[column]) if pd.notna(row[column]) else 0)
    ]
    everyone = pd.concat([people.astype(object), pd.DataFrame(heads, columns=columns, dtype=object)])
    everyone["person_id"] = everyone["person_id"].map(_one_spelling, na_action="ignore")
    held = events.set_index("event_id")
    risen = (everyone["score_after"] > everyone["score_before"]).map({True: "yes", False: "no"})
    known = everyone["score_after"].notna() & everyone["score_before"].notna()
    return everyone.assign(
        kind=everyone["event_id"].map(held["kind"]),
        date=everyone["event_id"].map(held["date"]),
        improved=risen.where(known),
    ).reset_index(drop=True)


def _one_spelling(person: object) -> str | None:
    """Write a code or name in one way: capitals, accents, commas and the order of names make nobody another person."""
    letters = unicodedata.normalize("NFKD", str(person).casefold())
    plain = "".join(sign for sign in letters if not unicodedata.combining(sign))
    words = plain.replace(",", " ").replace(".", " ").split()
    names = all(word.isalpha() for word in words)
    return " ".join(sorted(words) if names else words) or None


def counted_rows(table: pd.DataFrame, measure: Measure, *, period: Any = None) -> pd.DataFrame:
    """Keep the rows that a rule asks for, with the ``year`` of each and what it adds.

    Parameters
    ----------
    table : pandas.DataFrame
        One of :func:`countable_tables`.
    measure : Measure
        The rule.
    period : tuple of datetime.date, optional
        First and last day; a row without a date is then not counted.

    Returns
    -------
    pandas.DataFrame
        Earliest first, for a sum or a share with the columns of :func:`watershed_cp.impact.amounts.with_amounts`.

    Examples
    --------
    >>> from watershed_cp.impact.programme import Measure
    >>> loans = pd.DataFrame({"country": ["GT", "HN"], "date": pd.to_datetime(["2019-05-01"] * 2)})
    >>> counted_rows(loans, Measure(table="loans", how="count", where={"country": "GT"}))["year"].tolist()
    ['2019']
    """
    kept = table
    for column, values in measure.where.items():
        known = kept[column] if column in kept else pd.Series(None, index=kept.index, dtype=object)
        kept = kept[known.isin([values] if isinstance(values, str) else list(values))]
    none = pd.Series(pd.NaT, index=kept.index)
    dates = pd.to_datetime(kept.get(measure.dated, none))
    if period is not None:
        dates = dates[dates.between(pd.Timestamp(period[0]), pd.Timestamp(period[1]))]
        kept = kept.loc[dates.index]
    order = ["_dated", *(name for name in ("country", "basin_id", "sector") if name in kept)]
    dated = kept.assign(_dated=dates, year=dates.dt.strftime("%Y")).sort_values(order, kind="stable")
    return with_amounts(dated, measure) if measure.how in ("sum", "share") else dated


def evaluate(rows: pd.DataFrame, measure: Measure, *, of: float | None = None) -> dict[str, Any]:
    """Compute one number from the rows it counts.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`counted_rows`.
    measure : Measure
        The rule.
    of : float, optional
        Denominator of a share, by default that of the rows themselves.

    Returns
    -------
    dict
        ``value``, ``low`` and ``high`` where there is a range, ``numerator`` and ``denominator`` of a share,
        ``rows`` that were used, ``left_out`` for want of a number, and a ``note``. Where rows there are, but no
        number in any, the value is NaN.

    Examples
    --------
    >>> from watershed_cp.impact.programme import Measure
    >>> came = pd.DataFrame({"person_id": ["P1", "P1", None]})
    >>> evaluate(came, Measure(table="attendance", how="distinct", column="person_id"))["high"]
    2.0
    """
    if measure.how == "count":
        return {"value": float(len(rows)), "rows": len(rows)}
    if measure.how == "distinct":
        return _distinct(rows[measure.column])
    used = rows[["_above", "_below"]].notna().all(axis=1)
    about: dict[str, Any] = {"rows": int(used.sum()), "left_out": int((~used).sum())}
    notes = [note for note in tables.NOTES if (rows["_note"] == note).any()]
    about |= {"note": notes[0]} if notes else {}
    if not used.any() and len(rows):
        return about | {"value": np.nan}
    above = exact_sum(rows.loc[used, "_above"])
    low, high = _range(rows[used], measure)
    if measure.how == "sum":
        return about | {"value": above, "low": low, "high": high}
    below = exact_sum(rows.loc[used, "_below"]) if of is None else of
    scale = 100 / below if below else np.nan
    share = {"value": above * scale, "low": low * scale, "high": high * scale}
    return about | share | {"numerator": above, "denominator": below}


def _range(rows: pd.DataFrame, measure: Measure) -> tuple[float, float]:
    """Give the 90 % range of a sum of reductions; other tables state none."""
    if measure.table != "ledger" or measure.column != "reduction_kg_yr" or rows.empty:
        return np.nan, np.nan
    one = np.zeros(len(rows), dtype=np.int64)
    total = figures(rows.reset_index(drop=True), one, 1, firm=pd.factorize(rows["msme_id"])[0])
    per_kg = (
        units.ratio(measure.declared_unit, measure.unit) if measure.how == "sum" and measure.unit else 1.0
    )
    low, high = (float(total[f"reduction_{end}_kg_yr"].iloc[0]) * per_kg for end in ("low", "high"))
    return low, high


def _distinct(cells: pd.Series[Any]) -> dict[str, Any]:
    """Count different values; cells without one may be anybody: somebody counted already, or not."""
    known, blank = cells.nunique(), int(cells.isna().sum())
    about = {"rows": len(cells), "left_out": blank}
    if not blank:
        return about | {"value": float(known)}
    if not known:
        return about | {"value": float(blank), "note": "attendances"}
    return about | {
        "value": float(known),
        "low": float(known),
        "high": float(known + blank),
        "note": "some_blank",
    }


def _parts(rows: pd.DataFrame, measure: Measure, dimension: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Split the rows by a dimension; what is counted once stays in the part where it came first."""
    if dimension not in rows:
        return
    part = rows[dimension].astype(object).where(rows[dimension].notna(), "")
    if measure.how == "distinct":
        order = rows.assign(_part=part).sort_values(["_dated", "_part"], kind="stable", na_position="last")
        first = order.drop_duplicates(measure.column).set_index(measure.column)["_part"]
        known = rows[measure.column].notna()
        part = part.where(~known, rows[measure.column].map(first[first.index.notna()]))
    for value in sorted(part.unique()):
        yield str(value), rows[part == value]
