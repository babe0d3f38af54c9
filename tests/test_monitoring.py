"""Lab results against limits: who complies, who exceeds, and why a result yields no verdict."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import audit, audits, same, three_squares

from watershed_cp import tables
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.edition import public_accounts
from watershed_cp.impact.monitoring import compliance, firm_history, judge
from watershed_cp.intake.readers import read_register
from watershed_cp.loads.audits import audit_loads
from watershed_cp.messages import texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRMS = pd.DataFrame(
    {
        "msme_id": ["F1", "F2", "F3"],
        "country": ["SV", "GT", "PA"],
        "discharge_to": ["river", "sewer", "river"],
        "ciiu": ["1050", "1050", "1010"],
    }
)


def limit(limit_id: str, value: float = 60.0, **more: Any) -> dict[str, Any]:
    return {
        "limit_id": limit_id, "country": "SV", "norm": "N-1", "pollutant": "BOD5", "bound": "maximum", "value": value,
        "unit": "mg/L", "verified": "yes", "source": "Official gazette 1", **more,
    }  # fmt: skip


def inspection(inspection_id: str, value: float | None, **more: Any) -> dict[str, Any]:
    row = {"msme_id": "F1", "date": "2024-06-20", "pollutant": "BOD5", "unit": "mg/L"}
    return {"inspection_id": inspection_id, "value": value, **row, **more}


@functools.cache
def accounts_of_three() -> Accounts:
    placed = FIRMS[["msme_id"]].assign(status="inside", basin_id=["a", "b", "c"])
    claims = audit_loads(audits(audit(value=100), audit(phase="follow_up", value=80)))
    return close_accounts(claims, placed, three_squares(), msmes=FIRMS)


def world(*inspections: dict[str, Any], limits: Sequence[dict[str, Any]] = (), **registers: Any) -> Accounts:
    rows = pd.DataFrame(list(inspections)).reindex(columns=tables.INSPECTIONS.names)
    rows = rows.assign(date=pd.to_datetime(rows["date"]), value=rows["value"].astype(float))
    known = pd.DataFrame(list(limits)).reindex(columns=tables.LIMITS.names)
    known = known.assign(
        **{name: pd.to_datetime(known[name]) for name in ("valid_from", "valid_until")},
        **{name: known[name].astype(float) for name in ("value", "value_high")},
    )
    return replace(accounts_of_three(), registers={"inspections": rows, "limits": known, **registers})


def verdicts(accounts: Accounts) -> list[tuple[str, str, str]]:
    table = compliance(accounts)
    return list(zip(table["result_id"], table["verdict"], table["why"], strict=True))


def test_each_result_is_held_against_its_limit_and_names_norm_and_source() -> None:
    accounts = world(
        inspection("I1", 180), inspection("I2", 0.06, unit="kg/m3"), inspection("I3", 12, unit="kg/d"),
        inspection("I4", 80, qualifier="<"), inspection("I5", 5, qualifier="<"), inspection("I6", 10, qualifier=">"),
        inspection("I7", 60, qualifier=">"), inspection("I8", None), inspection("I9", 3, pollutant="TN"),
        limits=[limit("L1")],
    )  # fmt: skip
    assert verdicts(accounts) == [
        ("I1", "exceeds", ""),
        ("I2", "complies", ""),
        ("I3", "not_judged", "unit"),
        ("I4", "not_judged", "non_detect"),
        ("I5", "complies", ""),
        ("I6", "not_judged", "over_range"),
        ("I7", "exceeds", ""),
        ("I8", "not_judged", "no_value"),
        ("I9", "not_judged", "no_limit"),
    ]
    first = compliance(accounts).iloc[0]
    assert first[["limit_value", "limit_unit", "norm", "limit_source", "limit_id", "basin_id"]].tolist() == [
        60.0, "mg/L", "N-1", "Official gazette 1", "L1", "a",
    ]  # fmt: skip
    assert firm_history(compliance(accounts)).loc["F1"].tolist() == [9, 2, 2, 5]


def test_the_narrowest_limit_in_force_decides_and_two_that_differ_decide_nothing() -> None:
    limits = [
        limit("all"), limit("dairy", 90, ciiu="105"), limit("sea", 200, discharge_to="sea", ciiu="1050"),
        limit("later", 30, ciiu="105", valid_from="2025-01-01"), limit("t1", 4, pollutant="TN"),
        limit("t2", 5, pollutant="TN"), limit("p1", 4, pollutant="TP"), limit("p2", 0.004, unit="g/L", pollutant="TP"),
    ]  # fmt: skip
    rows = [
        inspection("I1", 80), inspection("I2", 80, date="2025-01-01"), inspection("I3", 80, limit_id="all"),
        inspection("I4", 9, pollutant="TN"), inspection("I5", 9, pollutant="TP"), inspection("I6", 9, limit_id="t1"),
    ]  # fmt: skip
    table = compliance(world(*rows, limits=limits)).set_index("result_id")
    assert table["limit_id"].to_dict() == {
        "I1": "dairy", "I2": "later", "I3": "all", "I4": "t1", "I5": "p1", "I6": "t1",
    }  # fmt: skip
    assert table["why"].to_dict() == {
        "I1": "", "I2": "", "I3": "", "I4": "several_limits", "I5": "", "I6": "other_pollutant",
    }  # fmt: skip
    assert table.loc[["I1", "I2", "I3", "I5"], "verdict"].tolist() == [
        "complies",
        "exceeds",
        "exceeds",
        "exceeds",
    ]


def test_ph_has_two_bounds_and_one_broken_is_a_result_that_exceeds() -> None:
    limits = [
        limit("low", 6, pollutant="pH", bound="minimum", unit="-"),
        limit("high", 9, pollutant="pH", unit="unidades de pH"),
    ]
    rows = [inspection("I1", 5.5, pollutant="pH", unit="pH"), inspection("I2", 7, pollutant="pH", unit="")]
    table = compliance(world(*rows, limits=limits))
    assert table[["result_id", "bound", "verdict"]].to_numpy().tolist() == [
        ["I1", "maximum", "complies"], ["I1", "minimum", "exceeds"],
        ["I2", "maximum", "complies"], ["I2", "minimum", "complies"],
    ]  # fmt: skip
    assert firm_history(table).loc["F1"].tolist() == [2, 1, 1, 0]


def test_a_range_is_two_bounds_of_one_limit() -> None:
    limits = [limit("acid", 6, value_high=9, pollutant="pH", unit="-")]
    told = {5.5: "exceeds", 6: "complies", 9: "complies", 9.5: "exceeds"}
    rows = [inspection(f"I{value}", value, pollutant="pH", unit="pH") for value in told]
    rows.append(inspection("named", 3, pollutant="pH", unit="pH", limit_id="acid"))
    table = compliance(world(*rows, limits=limits))
    assert len(table) == 2 * len(rows)
    worst = table.groupby("result_id")["verdict"].agg(
        lambda found: "exceeds" if "exceeds" in set(found) else "complies"
    )
    assert worst.to_dict() == {f"I{value}": verdict for value, verdict in told.items()} | {"named": "exceeds"}


def test_a_range_is_read_from_one_cell_of_a_hostile_table(tmp_path: Path) -> None:
    file = tmp_path / "limites.csv"
    rows = ["L1,pH,6–9,-,sí", 'L2,temperatura,"20,5 a 40",°C,sí', "L3,DBO5,60,mg/L,", "L4,SST,0,mg/L,sí"]
    file.write_text(
        "\n".join(["Código de límite,Parámetro,Límite,Unidad,Verificado", *rows]), encoding="utf-8"
    )
    table = read_register(file, "limits")
    assert table["value"].tolist() == [6, 20.5, 60, 0]
    assert table["value_high"].tolist()[:2] == [9, 40]
    assert table["value_high"].isna().tolist()[2:] == [True, True]
    found = verdicts(
        world(
            inspection("I1", 10, pollutant="pH", unit="pH"),
            inspection("I2", 70),
            inspection("I3", 2, pollutant="TSS", qualifier="<"),
            limits=table.assign(country="SV").to_dict("records"),
        )
    )
    assert found == [
        ("I2", "not_judged", "unverified"),
        ("I3", "not_judged", "non_detect"),  # a limit of zero: below 2 is not seen
        ("I1", "exceeds", ""),
        ("I1", "complies", ""),
    ]


def test_a_limit_holds_from_its_first_to_its_last_day() -> None:
    limits = [limit("old", 50, valid_until="2020-12-31"), limit("new", 90, valid_from="2022-01-01")]
    days = {"I1": "2020-12-31", "I2": "2021-06-01", "I3": "2022-01-01"}
    rows = [inspection(name, 60, date=day, msme_id="F1") for name, day in days.items()]
    rows.append(inspection("I4", 60, date="2021-06-01", limit_id="old"))
    table = compliance(world(*rows, limits=limits)).set_index("result_id")
    assert table["verdict"].to_dict() == {
        "I1": "exceeds",
        "I2": "not_judged",
        "I3": "complies",
        "I4": "not_judged",
    }
    assert table["why"].to_dict()["I4"] == "not_in_force"


def test_a_single_sample_is_not_held_against_the_mean_of_a_month() -> None:
    monthly = limit("mean", 30, averaging="month")
    assert verdicts(world(inspection("I1", 50), limits=[monthly])) == [("I1", "not_judged", "average")]
    named = inspection("I1", 50, limit_id="mean")
    assert verdicts(world(named, limits=[monthly])) == [("I1", "not_judged", "average")]
    both = [monthly, limit("each", 45, averaging="sample")]
    assert verdicts(world(inspection("I1", 50), limits=both)) == [("I1", "exceeds", "")]


def test_our_rows_of_the_four_countries_are_not_verified_and_yield_no_verdict() -> None:
    table = compliance(world(inspection("I1", 500, msme_id="F3", pollutant="COD")))
    assert table[["verdict", "why", "norm"]].to_numpy().tolist() == [
        ["not_judged", "unverified", "DGNTI-COPANIT 35-2019"]
    ]
    assert table["limit_source"].str.len().gt(0).all()


@settings(max_examples=12)
@given(
    value=st.floats(0, 1e6), qualifier=st.sampled_from(["", "<", ">"]), verified=st.sampled_from(["no", None])
)
def test_an_unverified_limit_never_yields_a_verdict(
    value: float, qualifier: str, verified: str | None
) -> None:
    rows = [inspection("I1", value, qualifier=qualifier), inspection("I2", value, limit_id="L1")]
    found = verdicts(world(*rows, limits=[limit("L1", verified=verified)]))
    assert found == [("I1", "not_judged", "unverified"), ("I2", "not_judged", "unverified")]


@settings(max_examples=12)
@given(order=st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    rows = [inspection(f"I{n}", 20.0 * n, msme_id=f"F{n % 2 + 1}") for n in range(6)]
    limits = [limit("x"), limit("y", 50), limit("z", 70, country="GT"), limit("u", 1, ciiu="10", verified="no"),
              limit("v", 1, pollutant="TN"), limit("w", 2, country=None)]  # fmt: skip
    told = compliance(world(*rows, limits=limits))
    mixed = compliance(world(*(rows[n] for n in order), limits=[limits[n] for n in order]))
    pd.testing.assert_frame_equal(told, mixed)


def test_follow_up_audits_count_where_they_give_concentrations() -> None:
    rows = pd.DataFrame(
        {
            "audit_id": ["A1", "A2", "A3"], "msme_id": "F1", "pollutant": "BOD5",
            "phase": ["baseline", "follow_up", "follow_up"], "date": pd.to_datetime("2020-01-01"),
            "value": [90.0, 70.0, 3.0], "unit": ["mg/L", "mg/L", "kg/d"],
        }
    )  # fmt: skip
    before = rows.copy()
    table = compliance(world(limits=[limit("L1")], audits=rows))
    assert table[["origin", "result_id", "verdict"]].to_numpy().tolist() == [["audit", "A2", "exceeds"]]
    same(before, rows)


def test_results_without_identifier_are_as_many_as_their_rows() -> None:
    rows = pd.DataFrame(
        {"msme_id": "F1", "pollutant": "BOD5", "phase": "follow_up", "value": [40.0, 50.0, 90.0]}
    )
    rows = rows.assign(date=pd.to_datetime("2025-03-10"), unit="mg/L", source_row=[2, 3, 4])
    table = compliance(world(limits=[limit("L1")], audits=rows))
    assert table["result_id"].tolist() == ["#2", "#3", "#4"]
    assert firm_history(table).loc["F1"].tolist() == [3, 2, 1, 0]


def test_a_value_on_the_limit_complies_whatever_the_rounding_of_its_unit() -> None:
    for unit, value in (("ug/L", 60_000), ("ppm", 60), ("kg/m3", 0.06), ("lb/gal", 60 / 119_826.427316896)):
        assert judge(value, "", unit, limit_value=60, limit_unit="mg/L", bound="maximum") == ("complies", "")


@pytest.mark.parametrize(
    ("column", "block"), [("verdict", "verdict"), ("why", "not_judged"), ("origin", "origin")]
)
def test_every_word_of_the_table_is_said_in_both_languages(column: str, block: str) -> None:
    assert set(tables.COMPLIANCE[column].choices) <= set(texts(block))


def test_the_public_edition_names_no_result() -> None:
    public = public_accounts(world(inspection("I1", 180), limits=[limit("L1")]))
    assert public.compliance.empty
