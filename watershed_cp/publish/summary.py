"""What a run found, in a dozen lines for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import Text
from watershed_cp.impact.doubts import count_doubts
from watershed_cp.messages import day, label, mass, mass_range, number, percent, texts
from watershed_cp.publish.wording import counting_rules, rule_in_words
from watershed_cp.reference import pollutant_name
from watershed_cp.tables import FATES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.impact.edition import PublicAccounts

__all__ = ["summarise", "tell_changes", "tell_claims", "tell_edition"]

_FIRST = 3  # firms that are named to be measured first


def summarise(accounts: Accounts, language: Language) -> str:
    """Say what a run found: firms, reductions per watershed with their range, and what is not counted.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    language : {"es", "en"}
        Language to write in.

    Returns
    -------
    str
        Several lines.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> print(summarise(run(data_path("demo", "project.toml")), "en").splitlines()[0])
    Demonstration programme (synthetic data)
    """
    return "\n".join(_lines(accounts, language))


def tell_changes(changes: pd.DataFrame, language: Language) -> str:
    """Say what changed between two runs: per pollutant the change of what is credited, then every row behind it.

    Parameters
    ----------
    changes : pandas.DataFrame
        From :func:`watershed_cp.impact.comparison.compare_ledgers`.
    language : {"es", "en"}
        Language to write in.

    Returns
    -------
    str
        Several lines.

    Examples
    --------
    >>> import pandas as pd
    >>> tell_changes(pd.DataFrame(), "en")
    'No ledger row changed.'
    """
    if changes.empty:
        return label("cli", "nothing_changed", language)
    lines = []
    silent = changes["change"] == "moved_place"
    for pollutant, rows in changes[~silent].groupby("pollutant", sort=True):
        change = mass(math.fsum(rows["credited_change_kg_yr"]))
        name = pollutant_name(str(pollutant), language)
        lines.append(label("cli", "total_changed", language, pollutant=name, change=change))
        for row in rows.to_dict("records"):
            what = label("change", row["change"], language)
            moved = mass(row["credited_change_kg_yr"])
            told = label("cli", "row_changed", language, firm=row["msme_id"], what=what, change=moved)
            lines.append(told + _moved(row["moved_m"], language))
    if silent.any():
        firms = ", ".join(
            f"{firm} ({_far(metres, language)})"
            for firm, metres in changes.loc[silent, ["msme_id", "moved_m"]].itertuples(index=False)
        )
        lines.append(label("cli", "moved_silently", language, firms=firms))
    return "\n".join(lines)


def _moved(metres: float, language: Language) -> str:
    """Say how far a firm's place moved, where it did."""
    return "" if math.isnan(metres) else label("cli", "firm_moved", language, distance=_far(metres, language))


def _far(metres: float, language: Language) -> str:
    if math.isinf(metres):
        return label("cli", "firm_placed", language)
    return f"{number(metres / 1000)} km" if metres >= 1000 else f"{number(metres)} m"  # noqa: PLR2004


def tell_claims(claims: pd.DataFrame, language: Language) -> str:
    """Say of each claim whether it is reproduced, by which rule, and what it was computed from.

    Parameters
    ----------
    claims : pandas.DataFrame
        From :func:`watershed_cp.impact.claims.check_claims`.
    language : {"es", "en"}
        Language to write in.

    Returns
    -------
    str
        A few lines a claim.

    Examples
    --------
    >>> import pandas as pd
    >>> tell_claims(pd.DataFrame(), "en")
    ''
    """
    return "\n".join(line for claim in claims.to_dict("records") for line in _claim_lines(claim, language))


def _claim_lines(claim: Mapping[Hashable, Any], language: Language) -> Iterator[str]:
    decimals = max(0, round(-math.log10(2 * claim["tolerance"])))
    finer = decimals + (not math.isnan(claim["value"]) and claim["value"] != round(claim["value"], decimals))
    figures = {
        name: number(claim[name], digits=digits) for name, digits in (("printed", decimals), ("value", finer))
    }
    unit = texts("unit").get(claim["unit"], Text(claim["unit"], claim["unit"])).speak(language)
    told = {"claim": claim[f"claim_{language}"], "unit": unit, "rows": number(int(claim["rows"]))}
    outcome = label("claim", claim["outcome"], language).upper()
    yield label("claim", "told", language, outcome=outcome, **told, **figures)
    yield label("claim", "rule", language, rule=rule_in_words(claim["rule"], language))
    if not math.isnan(claim["denominator"]):
        shares = {name: number(claim[name]) for name in ("numerator", "denominator", "value")}
        yield label("claim", "share", language, simple=number(claim["simple_mean_pct"]), **shares)
    if claim["outcome"] == "contradicted" and claim["value"]:
        off = 100 * (claim["printed"] - claim["value"]) / abs(claim["value"])
        yield label("claim", "off", language, percent=f"{off:+,.3g} %".replace("-", "−"))
    if math.isfinite(claim["low"]) and math.isfinite(claim["high"]):
        spread = {end: number(claim[end]) for end in ("low", "high")}
        yield label("claim", "range", language, unit=unit, **spread)
    if isinstance(claim["note"], str):
        yield f"  {label('indicator_note', claim['note'], language).capitalize()}."
    if not math.isnan(claim["published_low"]):
        names = {"value": "value_per_firm", "low": "published_low", "high": "published_high"}
        firm = {key: number(claim[name]) for key, name in names.items()}
        yield label("claim", "per_firm", language, **firm)


def tell_edition(public: PublicAccounts, language: Language) -> str:
    """Say what a public edition tells and keeps back, and why; for the programme, which may know.

    Parameters
    ----------
    public : PublicAccounts
        The edition.
    language : {"es", "en"}
        Language of the words.

    Returns
    -------
    str
        Two lines.

    Examples
    --------
    >>> from watershed_cp.impact.edition import public_accounts
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> print(tell_edition(public_accounts(run(data_path("demo", "project.toml"))), "en").partition(",")[0])
    Public edition
    """
    reasons = public.public_loads["kept_back"].value_counts()
    told = int(reasons.get("", 0))
    lines = [label("summary", "edition", language, told=number(told), kept=number(int(reasons.sum()) - told))]
    lines += [
        f"  {label('kept_back', reason, language)}: {number(int(reasons[reason]))}"
        for reason in ("few", "dominated", "beside")
        if reason in reasons
    ]
    return "\n".join(lines)


def _lines(accounts: Accounts, language: Language) -> Iterator[str]:
    yield accounts.title.speak(language)
    status = accounts.assignments["status"].value_counts()
    counts = {name: number(int(status.get(name, 0))) for name in ("inside", "outside", "unlocated")}
    yield label("summary", "firms", language, firms=number(len(accounts.assignments)), **counts)
    if accounts.period:
        first, last = (day(date, language) for date in accounts.period)
        yield label("summary", "period", language, first=first, last=last)
    if rules := counting_rules(accounts):
        yield rules.speak(language)
    yield ""
    yield label("summary", "reduced", language)
    credited = accounts.basin_loads[accounts.basin_loads["msmes"] > 0]
    for basin_id, rows in credited.groupby("basin_id", sort=True):
        yield from _basin_lines(str(accounts.basins.loc[basin_id, f"name_{language}"]), rows, language)
    idle = len(accounts.basins) - credited["basin_id"].nunique()
    if idle:
        yield label("summary", "idle", language, basins=number(idle))
    yield ""
    yield from _progress(accounts.indicators, language)
    yield from _what_to_check(accounts, language)
    flagged = _flagged(accounts.ledger, language)
    yield from flagged
    left = _not_counted(accounts.ledger, language)
    if left:
        yield label("summary", "not_counted", language, reasons=left)
    elif not flagged:
        yield label("summary", "all_counted", language)


def _progress(indicators: pd.DataFrame, language: Language) -> Iterator[str]:
    """Say how many targets are reached, and which indicators are first and last."""
    whole = indicators[(indicators["dimension"] == "programme") & indicators["progress_pct"].notna()]
    if whole.empty:
        return
    ranked = whole.sort_values("progress_pct", ascending=False, kind="stable")
    reached = int((ranked["progress_pct"] >= 100).sum())  # noqa: PLR2004 - percent
    yield label("indicator", "heading", language, reached=number(reached), all=number(len(ranked)))
    told = [
        f"{row[f'name_{language}']}, {number(row['value'], digits=int(row['unit'] == '%'))}"
        f" / {number(row['target'], digits=0)}"
        for row in ranked.to_dict("records")
    ]
    yield label("indicator", "furthest", language, indicators="; ".join(told[:_FIRST]))
    yield label("indicator", "behind", language, indicators="; ".join(told[: -_FIRST - 1 : -1]))


def _what_to_check(accounts: Accounts, language: Language) -> Iterator[str]:
    """Name the firms that bring most of the ranges, and what may be counted twice."""
    shares = accounts.range_shares.sort_values("share_pct", ascending=False, kind="stable").head(_FIRST)
    first = [
        f"{row['msme_id']} ({pollutant_name(row['pollutant'], language)}, {percent(row['share_pct'])})"
        for row in shares[shares["share_pct"] > 0].to_dict("records")
    ]
    if first:
        yield label("summary", "measure_first", language, firms=", ".join(first))
    stakes = [
        f"{pollutant_name(str(pollutant), language)} {mass(math.fsum(rows['at_stake_kg_yr']))}"
        for pollutant, rows in accounts.doubles.groupby("pollutant", sort=True)
    ]
    if stakes:
        yield label("summary", "doubles", language, stakes=", ".join(stakes))


def _basin_lines(name: str, rows: pd.DataFrame, language: Language) -> Iterator[str]:
    yield f"  {name}"
    for row in rows.sort_values("reduction_kg_yr", ascending=False, kind="stable").to_dict("records"):
        yield f"    {_amount(row, language)}"


def _amount(row: Mapping[Hashable, Any], language: Language) -> str:
    low, high, share = row["reduction_low_kg_yr"], row["reduction_high_kg_yr"], row["reduction_pct"]
    notes = [] if math.isnan(low) else [mass_range(low, high, of=row["reduction_kg_yr"])]
    notes += [] if math.isnan(share) else [percent(share)]
    amount = f"{pollutant_name(row['pollutant'], language):<9} {mass(row['reduction_kg_yr']):>9}"
    return f"{amount}   [{', '.join(notes)}]" if notes else amount


def _flagged(ledger: pd.DataFrame, language: Language) -> list[str]:
    """Say how many rows carry a flag of a possible slip, by flag, and where they stand."""
    rows, counts = count_doubts(ledger)
    flags = "; ".join(
        f"{label('flag_short', flag, language)}: {number(count)}" for flag, count in counts.items()
    )
    sheet = label("workbook", "ledger", language)
    return (
        [label("summary", "flagged", language, rows=number(rows), flags=flags, sheet=sheet)] if rows else []
    )


def _not_counted(ledger: pd.DataFrame, language: Language) -> str:
    counts = ledger["fate"].value_counts()
    return ", ".join(
        f"{label('fate', fate, language)} {number(int(counts[fate]))}"
        for fate in FATES
        if fate != "credited" and counts.get(fate, 0)
    )
