"""Loads: concentration times flow times days, or a load given as such."""

from __future__ import annotations

import math

import numpy as np
import pytest
from makers import audit, audits, same

from watershed_cp.errors import UnitError
from watershed_cp.loads.audits import audit_loads, measurements, row_loads


def rows(*given):
    return row_loads(audits(*given))


def test_concentration_times_flow_times_days() -> None:
    found = rows(audit(value=250, unit="mg/L", flow=12, flow_unit="m3/d", operating_days_per_year=300))
    assert found["load_kg_yr"].tolist() == [900.0]
    assert found["equation"].tolist() == [
        "concentration × flow × days × unit factor = 250 mg/L × 12 m3/d × 300 d/yr × 0.001 = 900 kg/yr"
    ]


def test_a_year_has_365_days_and_a_tonne_is_metric() -> None:
    found = rows(audit(value=2, unit="kg/d"), audit(value=3, unit="ton/año"), audit(value=1, unit="lb/yr"))
    assert found["load_kg_yr"].tolist() == [730.0, 3000.0, 0.45359237]


def test_days_that_are_not_given_are_the_house_year() -> None:
    found = rows(audit(value=1000, unit="mg/L", flow=1, flow_unit="m3/d"))
    assert found["load_kg_yr"].tolist() == [365.0]


def test_published_load_of_a_treatment_plant() -> None:
    """BOD 210 mg/L at 1.55 MGD is 2715 lb/day: http://www.water-chemistry.in/2009/01/bodcod-loading-on-aeration-process/."""
    found = rows(audit(value=210, unit="mg/L", flow=1.55, flow_unit="MGD"))
    assert found["load_kg_yr"].iloc[0] / (365 * 0.45359237) == pytest.approx(2715, abs=2)
    assert found["load_kg_yr"].iloc[0] / (365 * 0.45359237) == pytest.approx(210 * 1.55 * 8.345404, rel=1e-7)


def test_a_concentration_without_flow_is_invalid_and_says_so() -> None:
    claims = audit_loads(audits(audit(value=250, unit="mg/L", audit_id="A1")))
    row = claims.iloc[0]
    assert (row["fate"], row["reason"], row["baseline_rows"]) == (
        "invalid",
        "concentration without a flow",
        "A1",
    )
    assert math.isnan(row["reduction_kg_yr"])


def test_a_unit_that_measures_something_else_is_invalid() -> None:
    claims = audit_loads(audits(audit(unit="m3/d")))
    assert claims[["fate", "reason"]].iloc[0].tolist() == [
        "invalid",
        "unit is neither a load nor a concentration",
    ]


def test_a_flow_unit_that_is_none_raises() -> None:
    with pytest.raises(UnitError) as error:
        rows(audit(value=1, unit="mg/L", flow=1, flow_unit="kg"))
    assert error.value.tell("en") == "“kg” is not a unit of flow. Write for example m3/d, L/s or gal/min."
    assert (
        error.value.tell("es") == "«kg» no es una unidad de caudal. Escriba por ejemplo m3/d, L/s o gal/min."
    )


@pytest.mark.parametrize(("rule", "counted"), [("zero", 0.0), ("half", 5.0), ("full", 10.0)])
def test_a_non_detect_stays_an_interval(rule: str, counted: float) -> None:
    table = audits(audit(value=100), audit(phase="follow_up", value=10, qualifier="<"))
    table["relative_uncertainty"] = 0.0
    claim = audit_loads(table, censoring_rule=rule).iloc[0]
    assert claim["reduction_kg_yr"] == 100 - counted
    assert (claim["reduction_low_kg_yr"], claim["reduction_high_kg_yr"]) == (90.0, 100.0)


def test_a_value_above_the_range_has_no_upper_end() -> None:
    table = audits(audit(value=100, qualifier=">"), audit(phase="follow_up", value=10))
    claim = audit_loads(table).iloc[0]
    assert claim["reduction_kg_yr"] == 90
    assert claim["reduction_high_kg_yr"] == np.inf


def test_errors_that_a_pair_shares_cancel_in_its_difference() -> None:
    """Given uncertainties of 3 and 4 kg/yr, half in common: sqrt(9 + 16 - 2 * 0.5 * 12) = sqrt(13)."""
    table = audits(
        audit(value=100, relative_uncertainty=0.03),
        audit(phase="follow_up", value=80, relative_uncertainty=0.05),
    )
    claim = audit_loads(table).iloc[0]
    assert claim["standard_uncertainty_kg_yr"] == pytest.approx(13**0.5)
    assert claim["reduction_high_kg_yr"] - claim["reduction_kg_yr"] == pytest.approx(1.6448536 * 13**0.5)


@pytest.mark.parametrize(
    ("told", "analysis", "flow"),
    [
        ({}, 0.154, 0.107),
        ({"flow_method": "weir"}, 0.154, 0.087),
        ({"flow_method": "water_meter"}, 0.154, 0.027),
        ({"flow_method": "current_meter"}, 0.154, 0.042),
        ({"flow_method": "tracer"}, 0.154, 0.061),
        ({"flow_method": "container"}, 0.154, 0.107),
        ({"flow_method": "weir", "flow_uncertainty_pct": 3.0}, 0.154, 0.03),
        ({"analysis_uncertainty_pct": 5.0}, 0.05, 0.107),
        ({"relative_uncertainty": 0.2, "analysis_uncertainty_pct": 5.0}, 0.2, 0.0),
    ],
)
def test_what_a_row_tells_comes_before_its_method_and_that_before_the_general_figure(
    told: dict[str, object], analysis: float, flow: float
) -> None:
    """Of 1,000 kg/yr; each figure by method stands with its source in measurement_uncertainty.csv."""
    row = rows(audit(value=1000 / 0.365, unit="mg/L", flow=1, flow_unit="m3/d", **told)).iloc[0]
    assert (row["analysis_kg_yr"], row["flow_kg_yr"]) == (
        pytest.approx(1000 * analysis),
        pytest.approx(1000 * flow),
    )


def test_a_load_given_as_such_brings_both_in_one() -> None:
    """3 % and 4 % are 5 % of 100 kg/yr."""
    row = rows(audit(value=100, analysis_uncertainty_pct=3, flow_uncertainty_pct=4)).iloc[0]
    assert (row["analysis_kg_yr"], row["flow_kg_yr"]) == (pytest.approx(5), 0)


def test_analytic_spread_agrees_with_drawing() -> None:
    """Laboratory and meter drawn 100,000 times with the stated correlations."""
    wet = {"unit": "mg/L", "flow": 10, "flow_unit": "m3/d"}
    table = audits(audit(value=300, **wet), audit(phase="follow_up", value=200, **wet))
    claim = audit_loads(table).iloc[0]
    random = np.random.default_rng(7)
    loads = {}
    for name, value in (("baseline", 300.0), ("follow_up", 200.0)):
        loads[name] = np.full(100_000, value * 10e-3 * 365)
    drawn = np.zeros(100_000)
    sign = {"baseline": 1, "follow_up": -1}
    for share, correlation in ((0.154, 0.5), (0.107, 0.8)):
        common = random.standard_normal(100_000) * correlation**0.5
        for name, load in loads.items():
            own = random.standard_normal(100_000) * (1 - correlation) ** 0.5
            drawn += sign[name] * load * share * (common + own)
    assert claim["standard_uncertainty_kg_yr"] == pytest.approx(drawn.std(), rel=0.01)


def test_what_is_no_mass_is_kept_apart() -> None:
    table = audits(audit(), audit(pollutant="pH", unit="", value=7.2))
    assert measurements(table)["value"].tolist() == [7.2]
    assert audit_loads(table)["pollutant"].tolist() == ["BOD5"]


def test_the_input_is_left_alone() -> None:
    table = audits(audit(), audit(phase="follow_up", value=0.5))
    before = table.copy(deep=True)
    audit_loads(table)
    same(before, table)
