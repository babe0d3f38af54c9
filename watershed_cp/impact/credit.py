"""What loans bought: kilograms and water for their dollars, the portfolio by watershed, and where to lend next.

Only a loan that was paid out counts, and of its measures only those that count, see
:mod:`watershed_cp.impact.economics`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.economics import avoided_per_measure, price_level
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["credit_table", "lend_next", "loan_costs", "portfolio"]

LENT = frozenset(("disbursed", "repaid", "in_arrears", "written_off"))
_BAD = frozenset(("in_arrears", "written_off"))
_OPEN = frozenset(("recommended", "accepted"))
_PARTS = ("load_points", "delivery_points", "payback_points", "confidence_points")
_MONTHS = 12
_PERCENT = 100


def credit_table(accounts: Accounts) -> pd.DataFrame:
    """Give each loan in dollars of one year, with what its measures cost and save and whether they pay for it.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with the register ``loans``; without it the table is empty.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.CREDIT`, one row a loan.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> credit = credit_table(run(data_path("demo", "project.toml")))
    >>> sorted(set(credit.loc[credit["lent"] == "no", "loan_status"]))
    ['denied', 'requested']
    """
    names = list(tables.CREDIT.names)
    loans = accounts.registers.get("loans")
    if loans is None or loans.empty:
        return pd.DataFrame(columns=names)
    table = loans.reindex(columns=list(tables.LOANS.names)).reset_index(drop=True)
    year = pd.to_datetime(table["date"]).dt.year
    level = year.map(lambda at: math.nan if math.isnan(at) else price_level(int(at)))
    dollars = price_level(accounts.economics.dollars_of) / level
    basin = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")["basin_id"]
    measures = accounts.measures[accounts.measures["counts"] == "yes"].groupby("loan_id")
    sums = measures[["investment_usd", "saving_usd_yr"]].sum(min_count=1)
    amount = table["amount_usd"] * dollars
    service = [_service(*row) for row in zip(amount, table["rate_pct_yr"], table["term_months"], strict=True)]
    table = table.assign(
        basin_id=table["msme_id"].map(basin),
        lent=table["loan_status"].isin(LENT).map({True: "yes", False: "no"}),
        dollars_of=accounts.economics.dollars_of,
        amount_usd=amount,
        outstanding_usd=table["outstanding_usd"] * dollars,
        measures=table["loan_id"].map(measures.size()).fillna(0).astype(int),
        investment_usd=table["loan_id"].map(sums["investment_usd"]),
        saving_usd_yr=table["loan_id"].map(sums["saving_usd_yr"]),
        service_usd_yr=service,
        notes=["" if known else "no date: dollars of no known year" for known in level.notna()],
    )
    return table.assign(cover=table["saving_usd_yr"] / table["service_usd_yr"])[names]


def loan_costs(accounts: Accounts) -> pd.DataFrame:
    """Give the dollars lent per kilogram of each pollutant avoided and per cubic metre of water saved.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LOAN_COSTS`: a row a loan and quantity, and one a watershed and quantity.
        What is avoided in a year counts for the lifetime of its measure; without one it is not known.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> "water_m3" in set(loan_costs(run(data_path("demo", "project.toml")))["quantity"])
    True
    """
    names = list(tables.LOAN_COSTS.names)
    credit = accounts.credit
    lent = credit[(credit["lent"] == "yes") & credit["amount_usd"].notna()]
    measures = accounts.measures
    financed = measures[(measures["counts"] == "yes") & measures["loan_id"].isin(lent["loan_id"])]
    if financed.empty:
        return pd.DataFrame(columns=names)
    keys = ["loan_id", "lifetime_years"]
    water = (
        financed[[*keys, "water_m3_yr"]].rename(columns={"water_m3_yr": "value"}).assign(quantity="water_m3")
    )
    kilograms = avoided_per_measure(financed[["recommendation_id", *keys]], accounts.ledger)
    parts = pd.concat([water.dropna(subset="value"), kilograms[[*keys, "value", "quantity"]]])
    parts["avoided"] = parts["value"].astype(float) * parts["lifetime_years"].astype(float)
    known = parts.groupby(["loan_id", "quantity"])["avoided"].agg(math.fsum).dropna()
    each: pd.DataFrame = (
        known.reset_index().merge(lent[["loan_id", "basin_id", "amount_usd"]], on="loan_id").assign(loans=1)
    )
    sums = each.groupby(["basin_id", "quantity"])[["amount_usd", "avoided", "loans"]].agg(math.fsum)
    both: pd.DataFrame = pd.concat([each, sums.reset_index().assign(loan_id="")], ignore_index=True)
    per_unit = both["amount_usd"] / both["avoided"].where(both["avoided"] > 0)
    return both.assign(usd_per_unit=per_unit, loans=both["loans"].astype(int))[names]


def portfolio(accounts: Accounts) -> pd.DataFrame:
    """Add up the loans that were paid out, by watershed; a blank watershed is none.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.PORTFOLIO`; a sum of which a part is not known leaves it out.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> int(portfolio(run(data_path("demo", "project.toml")))["loans"].sum())
    21
    """
    lent = accounts.credit[accounts.credit["lent"] == "yes"]
    bad = lent["outstanding_usd"].where(lent["loan_status"].isin(_BAD), 0.0)
    rows = lent.assign(loans=1, in_arrears_usd=bad, basin_id=lent["basin_id"].fillna(""))
    columns = list(tables.PORTFOLIO.names)
    if rows.empty:
        return pd.DataFrame(columns=columns)
    sums = rows.groupby("basin_id")[columns[1:]].agg(_sum)
    return sums.astype({"loans": int, "measures": int}).reset_index()[columns]


def lend_next(accounts: Accounts) -> pd.DataFrame:
    """Rank the measures that were recommended or accepted, and that no loan has paid, by what a loan would do.

    The points of a measure are those of its parts, weighted as ``[lending]`` says: the load that the firm still
    discharges against the largest, the share of it that arrives at the outlet, 1 / (1 + years of payback), and how
    sure all that is: the probability of its watershed, times what the project gives for the weakest grade of evidence
    behind the load, times 1 / (1 + range), the range being half of the 90 % range as a part of the load. A part
    that is not known earns no points, and the table shows the weight that is known. A measure without investment
    needs no loan.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEND_NEXT`, the best first.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> lend_next(run(data_path("demo", "project.toml")))["score"].is_monotonic_decreasing
    True
    """
    names = list(tables.LEND_NEXT.names)
    measures = accounts.measures
    paid = accounts.credit.loc[accounts.credit["lent"] == "yes", "loan_id"]
    found = measures[measures["status"].isin(_OPEN) & ~measures["loan_id"].isin(paid)]
    placed = found["basin_id"].notna() & (found["basin_id"] != "")
    found = found[placed & (found["investment_usd"] != 0)].reset_index(drop=True)
    if found.empty:
        return pd.DataFrame(columns=names)
    pollutant, measured, delivered = _loads(accounts)
    places = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    found = _with_payback(found, measures).assign(
        pollutant=pollutant,
        **{str(name): found["msme_id"].map(column) for name, column in measured.items()},
        delivered_share=found["msme_id"].map(delivered),
        probability=found["msme_id"].map(places["probability"]) if "probability" in places else math.nan,
    )
    points = pd.DataFrame(
        {
            "load_points": found["residual_kg_yr"] / found["residual_kg_yr"].max(),
            "delivery_points": found["delivered_share"],
            "payback_points": 1 / (1 + found["payback_years"]),
            "confidence_points": found["probability"]
            * found["evidence"].map(accounts.lending.belief)
            / (1 + found["range_pct"] / _PERCENT),
        }
    ).astype(float)
    weights = pd.Series(accounts.lending.weights, index=list(_PARTS))
    known = points.notna().mul(weights).sum(axis=1)
    score = points.mul(weights).sum(axis=1) / weights.sum()
    ranked = pd.concat([found, points], axis=1).assign(score=score, known_weight=known / weights.sum())
    ranked = ranked.sort_values(["score", "recommendation_id"], ascending=[False, True], ignore_index=True)
    return ranked.assign(place=range(1, len(ranked) + 1))[names]


def _sum(values: pd.Series[float]) -> float:
    return math.fsum(values.dropna())


def _service(amount: float, rate_pct_yr: float, term_months: float) -> float:
    """Give the level instalments of one year, USD."""
    import numpy_financial

    if (
        not all(map(math.isfinite, map(float, (amount, rate_pct_yr))))
        or pd.isna(term_months)
        or term_months <= 0
    ):
        return math.nan
    monthly = rate_pct_yr / _PERCENT / _MONTHS
    return float(-numpy_financial.pmt(monthly, int(term_months), amount)) * min(_MONTHS, term_months)


def _loads(accounts: Accounts) -> tuple[str, pd.DataFrame, pd.Series[Any]]:
    """Give the pollutant most often credited, what is known of it at each firm, and the share that arrives."""
    from watershed_cp.impact.delivery import outlet_shares

    credited = accounts.ledger[
        (accounts.ledger["fate"] == "credited") & accounts.ledger["follow_up_kg_yr"].notna()
    ]
    counts = credited["pollutant"].value_counts()
    order = [row["pollutant"] for row in read_reference("pollutants") if row["pollutant"] in counts]
    pollutant = max(order or counts.index.tolist() or [""], key=lambda code: counts.get(code, 0))
    mine = credited[credited["pollutant"] == pollutant]
    places = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    return (
        pollutant,
        _measured(mine),
        outlet_shares(accounts.basins, places, pollutants=[pollutant])[pollutant],
    )


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Give what each firm still discharges, the weakest grade of its evidence, and the range as percent of the load."""
    width = (rows["reduction_high_kg_yr"] - rows["reduction_low_kg_yr"]) / 2
    grades = rows["evidence"].astype(object).fillna(tables.EVIDENCE[-1])
    firms = rows.assign(width=width, evidence=grades).groupby("msme_id")
    residual = firms["follow_up_kg_yr"].agg(math.fsum)
    ranges = _PERCENT * firms["width"].sum(min_count=1) / residual.where(residual > 0)
    return pd.DataFrame(
        {"residual_kg_yr": residual, "evidence": firms["evidence"].max(), "range_pct": ranges}
    )


def _with_payback(found: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Give each open measure a payback: its own, else the median of its branch, else that of the programme."""
    counted = measures[measures["counts"] == "yes"]
    by_branch = counted.groupby(["branch", "measure"])["payback_years"].median()
    by_measure = counted.groupby("measure")["payback_years"].median()
    keys = pd.MultiIndex.from_frame(found[["branch", "measure"]])
    choices = {
        "own": found["payback_years"].astype(float),
        "branch": pd.Series(by_branch.reindex(keys).to_numpy(), index=found.index),
        "programme": found["measure"].map(by_measure),
    }
    payback = choices["own"].fillna(choices["branch"]).fillna(choices["programme"])
    origin = pd.Series(None, index=found.index, dtype=object)
    for name in reversed(choices):
        origin = origin.mask(choices[name].notna(), name)
    return found.assign(payback_years=payback, payback_from=origin)
