"""Claims made twice: the certain ones are booked as duplicates, the likely ones flagged with what is at stake."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
from makers import audit, audits, same, three_squares

from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.doubles import book_doubles, suspect_doubles
from watershed_cp.loads.audits import audit_loads
from watershed_cp.tables import DOUBLES


def stated(msme_id: str, value: float, date: str | None, **more: object) -> dict[str, object]:
    return {"msme_id": msme_id, "pollutant": "BOD5", "value": value, "unit": "kg/yr", "date": date, **more}


def fates(claims: pd.DataFrame) -> list[tuple[str, float, str]]:
    return list(zip(claims["fate"], claims["reduction_kg_yr"], claims["reason"], strict=True))


PAIR = audits(audit(value=100, date="2019-01-01"), audit(phase="follow_up", value=80, date="2020-01-01"))


def test_an_audited_pair_covers_what_is_stated_of_the_same_time() -> None:
    reductions = pd.DataFrame(
        [
            stated("F1", 20, "2020-01-01"),
            stated("F1", 19, None),
            stated("F1", 5, "2021-01-01"),
            stated("F2", 20, "2020-01-01"),
        ]
    )
    claims = audit_loads(PAIR, reductions=reductions)
    before = claims.copy()
    covered = "the audited pair already counts it"
    assert fates(book_doubles(claims)) == [
        ("credited", 20.0, ""),
        ("duplicate", 20.0, covered),
        ("duplicate", 19.0, covered),
        ("credited", 5.0, ""),
        ("credited", 20.0, ""),
    ]
    same(before, claims)


def test_a_pair_that_is_not_credited_covers_nothing() -> None:
    claims = audit_loads(
        PAIR, reductions=pd.DataFrame([stated("F1", 20, None, evidence="A")]), minimum_evidence="B"
    )
    assert [fate for fate, _, _ in fates(book_doubles(claims))] == ["unverified", "credited"]


def test_two_parts_of_one_work_may_be_as_large_as_each_other() -> None:
    rows = [stated("F1", 2, "2020-01-01", reduction_id=name) for name in ("R1", "R2")]
    claims = audit_loads(None, reductions=pd.DataFrame(rows))
    assert book_doubles(claims)["fate"].tolist() == ["credited", "credited"]
    found = accounts(claims, ("F1", "Tenería Sur", 0.5))
    assert found.doubles[["rule", "rows", "other_rows"]].to_numpy().tolist() == [["same_amount", "R2", "R1"]]
    assert found.ledger["flags"].tolist() == ["maybe_double", "maybe_double"]


def accounts(claims: pd.DataFrame, *names: tuple[str, str, float]) -> Accounts:
    points = gpd.points_from_xy([east for *_, east in names], [0.5] * len(names))
    firms = gpd.GeoDataFrame(
        {"msme_id": [key for key, *_ in names], "name": [name for _, name, _ in names]},
        geometry=points,
        crs=4326,
    )
    placed = firms[["msme_id"]].assign(status="inside", basin_id="a")
    return close_accounts(claims, placed, three_squares(), msmes=firms)


def test_one_firm_under_two_spellings_is_flagged_and_not_merged() -> None:
    rows = [
        audit(firm, phase, value, date=date)
        for firm, after in (("F1", 80), ("F2", 93), ("F3", 50))
        for phase, value, date in (("baseline", 100, "2019-01-01"), ("follow_up", after, "2020-01-01"))
    ]
    found = accounts(
        audit_loads(audits(*rows)),
        ("F1", "Lácteos La Esperanza, S.A. de C.V.", 0.5),
        ("F2", "LACTEOS ESPERANZA S. A.", 0.5001),
        ("F3", "Tenería Sur", 0.5),
    )
    assert tuple(found.doubles.columns) == DOUBLES.names
    assert found.doubles[
        ["pollutant", "rule", "msme_id", "other_msme_id", "at_stake_kg_yr"]
    ].to_numpy().tolist() == [["BOD5", "same_firm", "F1", "F2", 7.0]]
    assert found.ledger["flags"].tolist() == ["maybe_double", "maybe_double", ""]
    assert found.basin_loads.loc[0, "reduction_kg_yr"] == 77.0


def test_one_measure_claimed_by_two_firms_and_one_amount_stated_twice() -> None:
    rows = [
        audit(firm, phase, value, date=date, recommendation_id="R7")
        for firm, after in (("F1", 80), ("F2", 90))
        for phase, value, date in (("baseline", 100, "2019-01-01"), ("follow_up", after, "2020-01-01"))
    ]
    again = pd.DataFrame(
        [stated("F3", 4, "2020-01-01"), stated("F3", 4, "2021-01-01"), stated("F3", 4, None)]
    )
    found = accounts(
        audit_loads(audits(*rows), reductions=again), ("F1", "A", 0.1), ("F2", "B", 0.5), ("F3", "C", 0.9)
    )
    assert found.doubles[["rule", "msme_id", "other_msme_id", "at_stake_kg_yr"]].to_numpy().tolist() == [
        ["same_measure", "F2", "F1", 10.0],
        ["same_amount", "F3", "F3", 4.0],
        ["same_amount", "F3", "F3", 4.0],
    ]
    assert math.fsum(found.ledger["reduction_kg_yr"]) == 42.0


def test_firms_without_names_raise_no_suspicion() -> None:
    ledger = pd.DataFrame(
        {"msme_id": ["F1", "F2"], "pollutant": "TN", "fate": "credited", "reduction_kg_yr": 1.0}
    )
    assert suspect_doubles(ledger, ledger[["msme_id"]]).empty
