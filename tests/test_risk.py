"""Whom to inspect next: every factor by hand, the order by properties."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import audit, audits, three_squares

from watershed_cp import tables
from watershed_cp.errors import InputError
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.edition import public_accounts
from watershed_cp.impact.risk import (
    check_sensitivity,
    last_visits,
    next_inspections,
    residual_loads,
    visit_day,
)
from watershed_cp.loads.audits import audit_loads
from watershed_cp.project import InspectWeights, Monitoring, read_project

if TYPE_CHECKING:
    from pathlib import Path


def rows(loads: dict[str, float]) -> pd.DataFrame:
    told = [
        audit(firm, phase, load, date=date)
        for firm, after in loads.items()
        for phase, load, date in (("baseline", 2 * after, "2019-01-01"), ("follow_up", after, "2020-01-01"))
    ]
    return audits(*told).assign(date=lambda table: pd.to_datetime(table["date"]))


@functools.cache
def three_firms() -> Accounts:
    """F1 releases 10 kg, F2 30 kg and F3 60 kg of BOD5 a year; F4 is not audited."""
    firms = pd.DataFrame(
        {"msme_id": ["F1", "F2", "F3", "F4"], "discharge_to": ["lake", "river", "river", "river"]}
    )
    places = {"longitude": [0.5, 1.5, 2.5, 2.6], "latitude": 0.5}
    placed = firms[["msme_id"]].assign(status="inside", basin_id=["a", "b", "c", "c"], **places)
    claims = audit_loads(rows({"F1": 10, "F2": 30, "F3": 60}))
    return close_accounts(claims, placed, three_squares(), msmes=firms)


def visits(**dates: str) -> pd.DataFrame:
    return pd.DataFrame({"msme_id": list(dates), "date": pd.to_datetime(list(dates.values()))}).reindex(
        columns=tables.INSPECTIONS.names
    )


def inspected(*, monitoring: Monitoring | None = None, **dates: str) -> pd.DataFrame:
    accounts = replace(
        three_firms(), registers={"inspections": visits(**dates)}, monitoring=monitoring or Monitoring()
    )
    return next_inspections(accounts)


def test_the_factors_multiply_and_each_is_shown() -> None:
    found = inspected(F1="2020-01-01", F2="2023-01-01", F3="2024-01-01").set_index("msme_id")
    assert found.index.tolist() == ["F1", "F2", "F3", "F4"]
    assert found["load_share_pct"].tolist()[:3] == [10.0, 30.0, 60.0]
    assert found["years_since_visit"].round(2).tolist() == [4.0, 1.0, 0.0, 4.0]
    assert found["score_pct"].round().tolist()[:3] == [
        100.0,
        75.0,
        38.0,
    ]  # 10 × 4, 30 × 1 and 60 × three months
    assert found["unknown"].tolist() == ["delivery", "delivery", "delivery", "load visit"]
    assert set(found["weights"]) == {"load^1 * delivery^1 * sensitivity^1 * time^1"}
    assert tuple(inspected(F1="2020-01-01").columns) == tables.NEXT_INSPECTIONS.names


def test_weights_and_sensitivities_of_the_project_change_the_order() -> None:
    dates = {"F1": "2021-01-01", "F2": "2021-01-01", "F3": "2024-01-01"}
    twice = Monitoring(weights=InspectWeights(time=0))
    assert inspected(monitoring=twice, **dates)["msme_id"].tolist() == ["F3", "F2", "F1", "F4"]
    lake = Monitoring(sensitivity={"lake": 4.0})
    assert inspected(monitoring=lake, **dates)["msme_id"].tolist() == ["F1", "F2", "F3", "F4"]


def test_a_column_of_the_layer_says_how_sensitive_a_place_is() -> None:
    drunk = three_squares().assign(sensitivity=[200.0, 50.0, float("nan")])
    dates = dict.fromkeys(("F1", "F2", "F3", "F4"), "2021-01-01")
    accounts = replace(three_firms(), basins=drunk, registers={"inspections": visits(**dates)})
    day = pd.Timestamp("2022-01-01").date()
    found = next_inspections(replace(accounts, monitoring=Monitoring(as_of=day, sensitivity={"river": 2.0})))
    found = found.set_index("msme_id")
    assert found["sensitivity"].to_dict() == {"F1": 1.0, "F2": 0.5, "F3": 2.0, "F4": 2.0}
    assert found["sensitivity_from"].to_dict() == {
        "F1": "layer",
        "F2": "both",
        "F3": "not_known",
        "F4": "not_known",
    }
    assert found["unknown"].to_dict()["F3"] == "delivery sensitivity"
    assert found["score_pct"].round(2).to_dict()["F1"] == round(100 * 10 / 120, 2)


def test_the_finest_layer_with_a_sensitivity_counts() -> None:
    halves = three_squares().iloc[[1]].assign(sensitivity=[7.0])
    coarse = three_squares().assign(sensitivity=1.0)
    accounts = replace(three_firms(), basins=coarse, levels={"sub_basin_1": coarse, "sub_basin_2": halves})
    found = next_inspections(accounts).set_index("msme_id")["sensitivity_from"]
    assert found.to_dict() == {"F1": "not_known", "F2": "layer", "F3": "not_known", "F4": "not_known"}


def test_a_firm_inspected_yesterday_ranks_below_its_twin() -> None:
    firms = pd.DataFrame({"msme_id": ["twin", "alike"]})
    placed = firms.assign(status="inside", basin_id="a", longitude=0.5, latitude=0.5)
    twins = close_accounts(audit_loads(rows({"twin": 10, "alike": 10})), placed, three_squares(), msmes=firms)
    today = Monitoring(as_of=pd.Timestamp("2024-06-02").date())
    for first, second in (("twin", "alike"), ("alike", "twin")):
        seen = visits(**{first: "2024-06-01", second: "2020-01-01"})
        found = next_inspections(replace(twins, registers={"inspections": seen}, monitoring=today))
        assert found["msme_id"].tolist() == [second, first]


@settings(max_examples=10)
@given(order=st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    ledger = three_firms().ledger
    seen = visits(F1="2020-01-01", F2="2023-01-01", F3="2024-01-01")
    accounts = replace(three_firms(), registers={"inspections": seen})
    turned = replace(
        accounts,
        ledger=ledger.iloc[[n for n in order if n < len(ledger)]],
        msmes=accounts.msmes.iloc[[n for n in order if n < len(accounts.msmes)]],
        registers={"inspections": seen.iloc[[n for n in order if n < len(seen)]]},
    )
    pd.testing.assert_frame_equal(next_inspections(accounts), next_inspections(turned))


def test_a_reduction_that_is_not_believed_lowers_no_load() -> None:
    fates = {"credited": 7.0, "outside": 7.0, "unverified": 9.0, "expired": 9.0, "unpaired": 9.0}
    for fate, load in fates.items():
        ledger = pd.DataFrame(
            {
                "msme_id": ["F1"], "pollutant": ["TN"], "baseline_kg_yr": [9.0], "follow_up_kg_yr": [7.0],
                "fate": [fate], "date": [pd.NaT],
            }
        )  # fmt: skip
        assert residual_loads(ledger)["load_kg_yr"].tolist() == [load], fate


def test_visits_after_the_day_of_account_do_not_count_yet() -> None:
    seen = {"inspections": visits(F1="2020-01-01", F2="2024-01-01")}
    day = pd.Timestamp("2021-01-01").date()
    assert last_visits(seen, as_of=day)[1].round(1).to_dict() == {"F1": 1.0, "": 1.0}


def test_a_year_mistyped_moves_nobody() -> None:
    told = ["msme_id", "years_since_visit", "score_pct", "unknown"]
    right = inspected(F1="2020-01-01", F2="2023-01-01", F3="2024-01-01")
    typed = {"F1": "2020-01-01", "F2": "2023-01-01", "F3": "2024-01-01", "F4": "2052-01-01"}
    pd.testing.assert_frame_equal(inspected(**typed)[told], right[told])
    assert visit_day({"inspections": visits(**typed)})[1] == [pd.Timestamp("2052-01-01")]


def test_firms_outside_the_watersheds_come_last_and_lower_no_share() -> None:
    accounts = three_firms()
    places = accounts.assignments.assign(
        status=accounts.assignments["status"].mask(accounts.assignments["msme_id"] == "F3", "outside")
    )
    found = next_inspections(replace(accounts, assignments=places)).set_index("msme_id")
    assert found["load_share_pct"].dropna().to_dict() == {"F2": 75.0, "F1": 25.0}
    assert found.loc["F3", "unknown"].split()[0] == "place"


def test_a_sensitivity_of_nothing_known_is_refused_in_both_languages() -> None:
    with pytest.raises(InputError) as told:
        check_sensitivity({"lago": 2.0}, ["motagua"])
    known = "motagua, river, lake, sea, sewer, soil, none"
    assert told.value.tell("es") == (
        f"[monitoring] sensitivity: «lago» no es una cuenca ni un cuerpo receptor. Use uno de estos: {known}."
    )
    assert told.value.tell("en") == (
        "[monitoring] sensitivity: “lago” is neither a watershed nor a receiving body. "
        f"Use one of these: {known}."
    )


def test_weights_are_read_from_the_project_file_and_the_others_keep_their_default(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        '[basins]\nsource = "priority"\n[msmes]\nsource = "a.csv"\n'
        "[monitoring]\nas_of = 2024-06-02\nweights = { time = 2 }\nsensitivity = { lake = 1.5 }\n"
    )
    monitoring = read_project(file).monitoring
    assert monitoring.weights.spoken() == "load^1 * delivery^1 * sensitivity^1 * time^2"
    file.write_text(file.read_text().replace("time = 2", "tiem = 2"))
    with pytest.raises(InputError) as told:
        read_project(file)
    assert told.value.faults[0].rule == "project_unknown_key"
    assert "time" in told.value.tell("en")


def test_the_public_edition_names_no_firm_to_inspect() -> None:
    public = public_accounts(replace(three_firms(), registers={"inspections": visits(F1="2020-01-01")}))
    assert public.next_inspections.empty
