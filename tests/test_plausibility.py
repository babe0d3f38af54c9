"""Flags: what looks wrong is said, and nothing is dropped for it."""

from __future__ import annotations

import pandas as pd
import pytest
from makers import audit, audits

from watershed_cp.loads.audits import audit_loads, row_loads
from watershed_cp.loads.plausibility import DOUBTS
from watershed_cp.messages import texts

WET = {"unit": "mg/L", "flow": 10.0, "flow_unit": "m3/d"}


def flags(*rows: dict[str, object]) -> list[str]:
    return row_loads(audits(*rows))["flags"].tolist()


def test_a_plausible_sample_has_no_flag() -> None:
    assert flags(audit(value=800, **WET), audit(value=1500, pollutant="COD", **WET)) == ["", ""]


def test_more_bod_than_cod_at_one_visit() -> None:
    assert flags(audit(value=800, **WET), audit(value=700, pollutant="COD", **WET)) == ["cod_below_bod"] * 2


def test_cod_of_another_visit_says_nothing() -> None:
    assert flags(audit(value=800, **WET), audit(value=700, pollutant="COD", date="2020-01-01", **WET)) == [
        "",
        "",
    ]


def test_above_the_highest_published_value_and_a_factor_of_a_thousand() -> None:
    """Of an unknown sector the highest value of all counts: 20,000 mg/L, from coffee mills."""
    assert flags(audit(value=19_000, **WET)) == [""]
    assert flags(audit(value=21_000, **WET)) == ["out_of_range"]
    assert flags(audit(value=800, **{**WET, "unit": "g/L"})) == ["unit_slip"]


def test_the_range_is_that_of_the_sector() -> None:
    """Dairies: 240 to 5,900 mg/L of BOD5; g/L written where mg/L was meant leaves 1.2 of 1,200."""
    dairy = pd.DataFrame({"msme_id": ["F1"], "ciiu": ["1050"]})
    rows = [audit(value=value, **WET) for value in (5900, 6100, 1.2)]
    rows.append(audit(phase="follow_up", value=1.2, **WET))
    assert row_loads(audits(*rows), msmes=dairy)["flags"].tolist() == ["", "out_of_range", "unit_slip", ""]


def test_a_firm_far_from_its_sector() -> None:
    """Logarithms of eight firms about 300 mg/L, the ninth at 3,000; nothing is said of seven firms."""
    values = [200, 250, 300, 300, 310, 330, 350, 400, 3000]
    rows = [audit(f"F{i}", value=value, **WET) for i, value in enumerate(values)]
    firms = pd.DataFrame({"msme_id": [f"F{i}" for i in range(9)], "ciiu": "1050"})
    found = row_loads(audits(*rows), msmes=firms)["flags"].tolist()
    assert found == [""] * 8 + ["sector_outlier"]
    assert set(row_loads(audits(*rows[2:]), msmes=firms)["flags"]) == {""}
    assert set(row_loads(audits(*rows))["flags"]) == {""}


def test_loads_a_thousand_times_apart() -> None:
    """1,250 mg/L before and 1.1 after, in the same column: somebody changed the unit."""
    claim = audit_loads(audits(audit(value=1250), audit(phase="follow_up", value=1.1))).iloc[0]
    assert (claim["fate"], claim["flags"]) == ("credited", "factor_1000")


def test_a_load_that_is_not_its_own_flow_times_concentration() -> None:
    """1000 mg/L at 10 m3/d is 3,650 kg/yr."""
    assert flags(audit(value=1000, **WET), audit(value=3600)) == ["", ""]
    assert flags(audit(value=1000, **WET), audit(value=5000)) == ["load_mismatch"] * 2


def test_a_column_copied_into_its_neighbour() -> None:
    assert (
        flags(audit(value=41, pollutant="TN", **WET), audit(value=41, pollutant="TP", **WET))
        == ["repeated_value"] * 2
    )


def test_the_load_fell_only_because_output_fell() -> None:
    """100 kg for 10 units, then 80 kg for 8: the same per unit."""
    made = {"production_unit": "t"}
    rows = audits(
        audit(value=100, production=10, **made), audit(phase="follow_up", value=80, production=8, **made)
    )
    claim = audit_loads(rows).iloc[0]
    assert (claim["fate"], claim["reduction_kg_yr"], claim["normalised_reduction_kg_yr"]) == (
        "credited",
        20.0,
        0.0,
    )
    assert claim["flags"] == "output_fell"


def test_the_load_rose_with_output_while_intensity_fell() -> None:
    """100 kg for 10 units, then 110 kg for 20: 10 kg a unit became 5.5."""
    made = {"production_unit": "t"}
    rows = audits(
        audit(value=100, production=10, **made), audit(phase="follow_up", value=110, production=20, **made)
    )
    claim = audit_loads(rows).iloc[0]
    assert (claim["reduction_kg_yr"], claim["normalised_reduction_kg_yr"]) == (-10.0, 90.0)
    assert claim["flags"] == "intensity_fell"


def test_output_in_another_unit_of_the_same_kind_is_converted() -> None:
    """100 kg for 10 t, then 80 kg for 80 qq of 100 lb: 10 kg a tonne became 22."""
    rows = audits(
        audit(value=100, production=10, production_unit="t"),
        audit(phase="follow_up", value=80, production=80, production_unit="qq"),
    )
    claim = audit_loads(rows).iloc[0]
    assert claim["normalised_reduction_kg_yr"] == pytest.approx(100 / 10 * 80 * 0.045359237 - 80)
    assert claim["flags"] == "output_fell"


def test_output_in_another_unit_is_not_compared() -> None:
    rows = audits(
        audit(value=100, production=10, production_unit="t"),
        audit(phase="follow_up", value=80, production=8, production_unit="m3"),
    )
    claim = audit_loads(rows).iloc[0]
    assert claim["normalised_reduction_kg_yr"] != claim["normalised_reduction_kg_yr"]
    assert not claim["flags"]


def test_every_flag_is_explained() -> None:
    known = {
        "output_fell", "intensity_fell", "out_of_range", "unit_slip", "cod_below_bod", "load_mismatch",
        "repeated_value", "sector_outlier", "factor_1000", "far_apart", "before_baseline",
        "sewer", "sewer_treated", "removal_differs", "to_soil", "no_discharge", "days_not_used", "maybe_double",
    }  # fmt: skip
    assert known == set(texts("flag"))
    assert set(DOUBTS) == set(texts("flag_short")) < known


def test_a_load_a_day_is_taken_for_every_day_and_says_so() -> None:
    """40 lb/day are 40 * 365 lb a year; 120 operating days do not change that, but a flag asks."""
    rows = row_loads(audits(audit(value=40, unit="lb/día", operating_days_per_year=120)))
    assert rows["load_kg_yr"].tolist() == [40 * 165.56121505]
    assert rows["flags"].tolist() == ["days_not_used"]
    assert rows["equation"].tolist() == ["load × unit factor = 40 lb/día × 165.561 = 6,622.45 kg/yr"]
    assert flags(audit(value=40, unit="lb/día")) == [""]
