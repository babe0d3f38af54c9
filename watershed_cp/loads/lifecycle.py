"""From loads to claims: baseline against follow-up, and for every row exactly one fate.

A *campaign* is the set of rows of one firm, pollutant and phase on one date. A *claim* is a follow-up campaign
set against the latest baseline campaign before it, or a row of a table of reductions. The latest follow-up counts;
earlier ones are superseded.

Where the project sets an accounting period, only what is known to lie within it counts: a claim dated outside is
expired, one without a date unverified, since it would else count in every period.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import units
from watershed_cp.loads import equations, uncertainty
from watershed_cp.loads.plausibility import flag_pairs, join_flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

Period = tuple[dt.date, dt.date]
"""First and last day of an accounting period, both included."""

__all__ = ["CLAIMS", "Period", "audit_claims", "grade", "reduction_claims"]

CLAIMS = (
    "msme_id",
    "pollutant",
    "fate",
    "reason",
    "baseline_kg_yr",
    "follow_up_kg_yr",
    "reduction_kg_yr",
    "reduction_low_kg_yr",
    "reduction_high_kg_yr",
    "standard_uncertainty_kg_yr",
    "evidence",
    "baseline_rows",
    "follow_up_rows",
    "equation",
    "date",
    "normalised_reduction_kg_yr",
    "recommendation_id",
    "flags",
)
"""Columns of a table of claims: kg/yr, NaN where unknown; the range is a 90 % range."""

BETWEEN = "; "
"""What stands between the names of several rows."""

_KEY = ["msme_id", "pollutant"]
_CAMPAIGN = [*_KEY, "phase", "date"]
_SAMPLE = [*_CAMPAIGN, "value", "qualifier", "unit", "flow", "flow_unit", "operating_days_per_year"]
_MEANS = ("load_kg_yr", "least_kg_yr", "most_kg_yr", "analysis_kg_yr", "flow_kg_yr")
_CARRIED = [
    *(*_CAMPAIGN, *_MEANS, "row_name", "equation", "evidence", "reason", "flags"),
    *("production", "production_unit", "recommendation_id", "passing"),
]
_ENTRY = (
    "source_file",
    "source_sheet",
    "source_row",
    "row_name",
    "load_kg_yr",
    "equation",
    "reason",
    "flags",
)
_TOLD = [
    *(
        "production",
        "production_unit",
        "relative_uncertainty",
        "analysis_uncertainty_pct",
        "flow_uncertainty_pct",
    ),
    *("flow_method", "sewer_removal_pct", "recommendation_id", "row_name"),
]
_UNGRADED = "E"
_PERIOD = {
    "expired": "outside the accounting period",
    "unverified": "no date, so not known to lie within the accounting period",
}


def audit_claims(rows: pd.DataFrame, *, period: Period | None = None) -> pd.DataFrame:
    """Set follow-ups against baselines; every row ends in one claim, or on a line of its own that says why not.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.row_loads` gives them, with ``row_name``.
    period : tuple of datetime.date, optional
        Days within which a follow-up counts; one outside is ``expired``, one without a date ``unverified``.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`CLAIMS`; fates ``credited``, ``superseded``, ``unpaired``, ``unverified``, ``expired``,
        ``duplicate`` and ``invalid``.

    Examples
    --------
    >>> columns = ["reason", "row_name", "evidence", "equation", "load_kg_yr", "least_kg_yr", "most_kg_yr",
    ...            "analysis_kg_yr", "flow_kg_yr", "production", "production_unit", "recommendation_id", "flags",
    ...            "passing"]
    >>> audit_claims(pd.DataFrame(columns=[*_SAMPLE, *columns])).empty
    True
    """
    repeated = _repeated(rows)
    invalid = (rows["reason"] != "") & ~repeated
    parts = [
        *_pair(_campaigns(rows[~repeated & ~invalid]), period),
        _alone(rows[invalid], "invalid"),
        _alone(rows[repeated].assign(reason="same sample entered again"), "duplicate"),
    ]
    claims = _stack(parts)
    _check_rows(rows, claims)
    return claims


def reduction_claims(rows: pd.DataFrame, *, period: Period | None = None) -> pd.DataFrame:
    """Write each ready-made reduction as one claim; a row repeated in every cell is a duplicate.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.reduction_rows` gives them, with ``row_name``.
    period : tuple of datetime.date, optional
        Days within which a reduction counts; one outside is ``expired``, one without a date ``unverified``.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`CLAIMS`; fates ``credited``, ``unverified``, ``expired``, ``duplicate`` and ``invalid``.

    Examples
    --------
    >>> row = {"msme_id": "F1", "pollutant": "TN", "load_kg_yr": 5.0, "equation": "", "reason": "",
    ...        "evidence": None, "row_name": "#2", "date": pd.NaT, "flags": ""}
    >>> reduction_claims(pd.DataFrame([row, row]))["fate"].tolist()
    ['credited', 'duplicate']
    """
    repeated = rows.duplicated([name for name in rows if name not in _ENTRY], keep="first").to_numpy()
    invalid = (rows["reason"] != "").to_numpy()
    apart = _not_within(rows["date"], period)
    fate = np.select([invalid, repeated, *apart.values()], ["invalid", "duplicate", *apart], "credited")
    reasons = (
        pd.Series(fate, index=rows.index)
        .map({**_PERIOD, "duplicate": "same reduction entered again"})
        .astype("str")
    )
    load = rows["load_kg_yr"]
    return pd.DataFrame(
        {
            "msme_id": rows["msme_id"],
            "pollutant": rows["pollutant"],
            "fate": fate,
            "reason": reasons.fillna("").mask(invalid, rows["reason"]),
            "baseline_kg_yr": np.nan,
            "follow_up_kg_yr": np.nan,
            "reduction_kg_yr": load,
            "reduction_low_kg_yr": np.nan,  # how far a ready-made difference may be off, nobody said
            "reduction_high_kg_yr": np.nan,
            "standard_uncertainty_kg_yr": np.nan,
            "evidence": rows["evidence"].fillna(_UNGRADED),
            "baseline_rows": "",
            "follow_up_rows": rows["row_name"],
            "equation": rows["equation"],
            "date": rows["date"],
            "normalised_reduction_kg_yr": np.nan,
            "recommendation_id": None,
            "flags": rows["flags"],
        }
    )


def grade(claims: pd.DataFrame, *, minimum_evidence: str) -> pd.DataFrame:
    """Give claims whose evidence is weaker than asked for the fate ``unverified``, and put all in order.

    Parameters
    ----------
    claims : pandas.DataFrame
        Columns :data:`CLAIMS`.
    minimum_evidence : {"A", "B", "C", "D", "E"}
        Weakest grade that counts.

    Returns
    -------
    pandas.DataFrame
        The same claims, ordered by firm and pollutant.

    Examples
    --------
    >>> claims = pd.DataFrame([["F1", "TN", "credited", "", "D"]], columns=[*CLAIMS[:4], "evidence"])
    >>> grade(claims.reindex(columns=CLAIMS), minimum_evidence="B")["fate"].tolist()
    ['unverified']
    """
    weak = (claims["fate"] == "credited") & (claims["evidence"].fillna(_UNGRADED) > minimum_evidence)
    graded = claims.assign(
        fate=claims["fate"].mask(weak, "unverified"),
        reason=claims["reason"].mask(weak, f"evidence below {minimum_evidence}"),
    )
    return graded.sort_values(_KEY, kind="stable", ignore_index=True)[list(CLAIMS)]


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _campaigns(rows: pd.DataFrame) -> pd.DataFrame:
    """Average the samples of one firm, pollutant, phase and date.

    The mean of the samples' loads is the flow-weighted mean concentration times the mean flow. Uncertainties of
    one campaign share a laboratory and a meter, so they are averaged, not shrunk.
    """
    seconds = rows["date"].to_numpy().astype("datetime64[s]").astype(np.int64)  # no date comes first
    dated = rows[_CAMPAIGN].assign(date=seconds)
    number = dated.groupby(_CAMPAIGN).ngroup()
    several = number.duplicated(keep=False)
    campaigns = [rows[~several]]
    ordered = rows[several].sort_values(["value", "load_kg_yr", "row_name"], kind="stable")
    for _, samples in ordered.groupby(number[ordered.index], sort=False):
        means = {name: math.fsum(samples[name]) / len(samples) for name in _MEANS}
        campaigns.append(
            samples.iloc[:1].assign(
                **means,
                row_name=BETWEEN.join(samples["row_name"]),
                equation=equations.written_mean(samples["equation"], means["load_kg_yr"]),
                evidence=samples["evidence"].fillna(_UNGRADED).max(),
                flags=" ".join(sorted({flag for flags in samples["flags"] for flag in flags.split()})),
            )
        )
    whole = pd.concat(campaigns)
    return whole.iloc[np.argsort(number[whole.index].to_numpy(), kind="stable")][_CARRIED]


def _pair(campaigns: pd.DataFrame, period: Period | None) -> list[pd.DataFrame]:
    """Set every follow-up against the latest baseline before it; the latest follow-up of the period counts."""
    order = campaigns.reset_index(drop=True)
    baselines = order[order["phase"] == "baseline"].reset_index(names="place_baseline")
    follow_ups = order[order["phase"] == "follow_up"].reset_index(names="place")
    both = follow_ups.merge(baselines, on=_KEY, how="inner", suffixes=("", "_baseline"))
    both = both[~(both["date_baseline"] > both["date"])]  # one without a date may stand anywhere
    pairs = both.sort_values(["place", "place_baseline"]).drop_duplicates("place", keep="last")
    apart = _not_within(pairs["date"], period)
    within = ~np.logical_or.reduce(list(apart.values()))
    latest = ~pairs[within].duplicated(_KEY, keep="last").reindex(pairs.index, fill_value=True)
    pairs["fate"] = np.select([*apart.values(), latest], [*apart, "credited"], "superseded")
    pairs["reason"] = pairs["fate"].map(
        {**_PERIOD, "superseded": "a later follow-up replaces it", "credited": ""}
    )
    alone = follow_ups[~follow_ups["place"].isin(pairs["place"])]
    known = pd.MultiIndex.from_frame(alone[_KEY]).isin(pd.MultiIndex.from_frame(baselines[_KEY]))
    alone = alone.assign(
        reason=np.where(known, "follow-up before the baseline", "no baseline"),
        flags=join_flags(alone["flags"], np.where(known, "before_baseline", "")),
    )
    unused = baselines[~baselines["place_baseline"].isin(pairs["place_baseline"])]
    last = ~unused.duplicated(_KEY, keep="last") & ~unused["place_baseline"].lt(_last_place(pairs, unused))
    return [
        _claim(pairs),
        _alone(alone, "unpaired"),
        _alone(unused[last].assign(reason="no follow-up"), "unpaired"),
        _alone(unused[~last].assign(reason="a later baseline replaces it"), "superseded"),
    ]


def _last_place(pairs: pd.DataFrame, unused: pd.DataFrame) -> pd.Series:
    """Give for each unused baseline the place of the last baseline of its firm and pollutant that is in a pair."""
    used = pairs.groupby(_KEY)["place_baseline"].max()
    return pd.Series(used.reindex(pd.MultiIndex.from_frame(unused[_KEY])).to_numpy(), index=unused.index)


def _repeated(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows repeat a sample; the one of the weakest evidence counts, whatever the order of the file."""
    twice = rows[rows.duplicated(_SAMPLE, keep=False)]
    told = [*_SAMPLE, *_TOLD]
    keys = twice.reindex(columns=told).astype("str").assign(evidence=twice["evidence"].fillna(_UNGRADED))
    order = keys.sort_values(["evidence", *told], ascending=[False, *[True] * len(told)], kind="stable").index
    again: pd.Series = twice.loc[order].duplicated(_SAMPLE, keep="first")
    return again.reindex(rows.index, fill_value=False)


def _check_rows(rows: pd.DataFrame, claims: pd.DataFrame) -> None:
    """Prove that every row stands in a claim: one that vanished would be missing from ledger and sum alike."""
    cells = pd.concat([claims["baseline_rows"], claims["follow_up_rows"]])
    several = cells.str.contains(BETWEEN, regex=False)
    named = pd.concat([cells[~several], cells[several].str.split(BETWEEN).explode()])
    codes, _ = pd.factorize(pd.concat([named, rows["row_name"]]))
    told, asked = np.split(codes, [len(named)])
    lost = rows.loc[np.bincount(told, minlength=codes.max(initial=0) + 1)[asked] == 0, "row_name"]
    if len(lost):
        raise ArithmeticError(f"audit rows that no claim names: {sorted(lost)[:5]}")


def _not_within(date: pd.Series, period: Period | None) -> dict[str, NDArray[np.bool_]]:
    """Tell by fate which dates do not count in a period: those outside, and those that nobody knows."""
    day = date.to_numpy().astype("datetime64[ns]")
    if period is None:
        return dict.fromkeys(_PERIOD, np.zeros(len(day), dtype=bool))
    first, last = (np.datetime64(end) for end in period)
    return {"expired": (day < first) | (day > last), "unverified": np.isnat(day)}


def _claim(pairs: pd.DataFrame) -> pd.DataFrame:
    """Write pairs as claims: the reduction is the difference, its range that of both loads together."""
    first = pairs.filter(like="_baseline").rename(columns=lambda name: name.removesuffix("_baseline"))
    spread = uncertainty.of_difference(first, pairs)
    half = uncertainty.COVERAGE_90 * spread
    reduction, normalised = pairs["load_kg_yr_baseline"] - pairs["load_kg_yr"], _at_equal_output(pairs)
    return pd.DataFrame(
        {
            "msme_id": pairs["msme_id"],
            "pollutant": pairs["pollutant"],
            "fate": pairs["fate"],
            "reason": pairs["reason"],
            "baseline_kg_yr": pairs["load_kg_yr_baseline"],
            "follow_up_kg_yr": pairs["load_kg_yr"],
            "reduction_kg_yr": reduction,
            "reduction_low_kg_yr": pairs["least_kg_yr_baseline"] - pairs["most_kg_yr"] - half,
            "reduction_high_kg_yr": pairs["most_kg_yr_baseline"] - pairs["least_kg_yr"] + half,
            "standard_uncertainty_kg_yr": spread,
            "evidence": _weaker(pairs),
            "baseline_rows": pairs["row_name_baseline"],
            "follow_up_rows": pairs["row_name"],
            "equation": equations.written_reductions(pairs),
            "date": pairs["date"].fillna(pairs["date_baseline"]),
            "normalised_reduction_kg_yr": normalised,
            "recommendation_id": pairs["recommendation_id"].fillna(pairs["recommendation_id_baseline"]),
            "flags": join_flags(
                pairs["flags_baseline"],
                pairs["flags"],
                flag_pairs(
                    reduction,
                    normalised,
                    pairs["load_kg_yr_baseline"],
                    passing=pairs[["passing_baseline", "passing"]],
                ),
            ),
        }
    )


def _at_equal_output(pairs: pd.DataFrame) -> pd.Series:
    """Give the reduction as if the baseline had made the follow-up's output: (b / Pb - f / Pf) * Pf."""
    written = pairs[["production_unit_baseline", "production_unit"]].fillna("").astype(str)
    number = written.groupby(list(written), sort=False).ngroup().to_numpy()
    ratios = np.array(
        [units.ratio(one, two) for one, two in written.drop_duplicates().to_numpy()], dtype=float
    )
    before: pd.Series = pairs["production_baseline"] * ratios[number]
    after = pairs["production"].where((before > 0) & (pairs["production"] > 0))
    return pairs["load_kg_yr_baseline"] / before.where(before > 0) * after - pairs["load_kg_yr"]


def _weaker(pairs: pd.DataFrame) -> pd.Series:
    """Give the weaker grade of a pair; a grade that was not given is E."""
    before, after = (pairs[name].fillna(_UNGRADED) for name in ("evidence_baseline", "evidence"))
    return before.where(before > after, after)


def _alone(rows: pd.DataFrame, fate: str) -> pd.DataFrame:
    """Write rows that make no claim: their load is shown, their reduction is unknown."""
    baseline = rows["phase"] == "baseline"
    unknown = np.nan
    return pd.DataFrame(
        {
            "msme_id": rows["msme_id"],
            "pollutant": rows["pollutant"],
            "fate": fate,
            "reason": rows["reason"],
            "baseline_kg_yr": rows["load_kg_yr"].where(baseline),
            "follow_up_kg_yr": rows["load_kg_yr"].where(~baseline),
            "reduction_kg_yr": unknown,
            "reduction_low_kg_yr": unknown,
            "reduction_high_kg_yr": unknown,
            "standard_uncertainty_kg_yr": unknown,
            "evidence": rows["evidence"].fillna(_UNGRADED),
            "baseline_rows": rows["row_name"].where(baseline, ""),
            "follow_up_rows": rows["row_name"].where(~baseline, ""),
            "equation": rows["equation"],
            "date": rows["date"],
            "normalised_reduction_kg_yr": unknown,
            "recommendation_id": rows["recommendation_id"],
            "flags": rows["flags"],
        }
    )
