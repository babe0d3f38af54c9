"""Published figures, reproduced to the digits that were printed; each names where it was printed.

Three published things are no case for this software, and say so here: the loading tool of US EPA fills in a period
that was not reported, while here what was not measured is unpaired or invalid, never estimated; it prefers a quantity
to a concentration times flow, while here both are kept and flagged where they disagree (``load_mismatch``); and rates
are cited, not fitted between stations, so that of a fitted rate only its consequence is reproduced.
"""

from __future__ import annotations

import dataclasses

import affine
import numpy as np
import pytest
from makers import audit, audits

from watershed_cp.basins.network import FlowNetwork
from watershed_cp.impact.delivery import Rate, Waterway, decay_rate, travel_rules
from watershed_cp.loads.audits import audit_loads, row_loads
from watershed_cp.reference import read_reference
from watershed_cp.units import factor, registry

POUND_A_DAY = factor("lb/day", "load")


def pounds_a_day(concentration_mg_l: float, flow: float, unit: str) -> float:
    rows = row_loads(audits(audit(value=concentration_mg_l, unit="mg/L", flow=flow, flow_unit=unit)))
    return float(rows["load_kg_yr"].iloc[0]) / POUND_A_DAY


@pytest.mark.parametrize(
    ("unit", "printed", "digits"),
    [
        ("MGD", 8.345404, 6),  # http://www.water-chemistry.in/2009/01/bodcod-loading-on-aeration-process/
        (
            "gpm",
            0.01202,
            5,
        ),  # https://calculator7.snowdaycalculatornow.com/how-to-calculate-bod-pounds-per-day/
        ("cfs", 5.39, 2),  # the same page
    ],
)
def test_factors_from_mg_per_litre_times_flow_to_pounds_a_day(unit: str, printed: float, digits: int) -> None:
    assert round(pounds_a_day(1, 1, unit), digits) == printed


def test_bod_of_a_plant_in_pounds_a_day() -> None:
    """210 mg/L at 1.55 MGD: 2715 with the rounded factor 8.34, 2716.4 with the exact one.

    http://www.water-chemistry.in/2009/01/bodcod-loading-on-aeration-process/
    """
    assert round(pounds_a_day(210, 1.55, "MGD"), 1) == 2716.4
    assert round(pounds_a_day(210, 1.55, "MGD") * 8.34 / 8.345404) == 2715


@pytest.mark.parametrize(("concentration", "flow", "printed"), [(220, 1.80, 3302.64), (180, 0.95, 1426.14)])
def test_loads_printed_with_the_rounded_factor(concentration: float, flow: float, printed: float) -> None:
    """https://calculator7.snowdaycalculatornow.com/how-to-calculate-bod-pounds-per-day/ multiplies by 8.34."""
    assert round(pounds_a_day(concentration, flow, "MGD") * 8.34 / 8.345404, 2) == pytest.approx(
        printed, abs=0.01
    )


def test_million_gallons_a_day() -> None:
    """https://nationalcalculatorauthority.com/wastewater-treatment-load-calculator.html."""
    assert round(factor("MGD", "flow"), 2) == 3785.41


def test_cubic_metres_times_grams() -> None:
    """Q in m3/day times C in mg/L times 1e-3 is kg/day.

    https://www.orbitaljump.com/water-quality-compliance/blog/calculating-pollutant-loads-tmdl-reports
    """
    rows = row_loads(
        audits(audit(value=250, unit="mg/L", flow=12, flow_unit="m3/d", operating_days_per_year=1))
    )
    assert rows["load_kg_yr"].tolist() == [3.0]


def test_half_the_limit_of_detection_counts() -> None:
    """US EPA's loading tool: https://echo.epa.gov/help/loading-tool/reports/monitoring-period-loads-help."""
    rows = row_loads(audits(audit(value=4, qualifier="<")))
    assert rows["load_kg_yr"].tolist() == [2.0]


def test_cubic_feet_to_tonnes() -> None:
    """0.002446 t from cfs times mg/L times days: https://www.scribd.com/document/725693332 (Heidelberg)."""
    tonnes = factor("cfs", "flow") * factor("mg/L", "concentration") / 1000
    assert tonnes == pytest.approx(0.002446, abs=1e-6)


def test_an_inch_of_runoff_from_an_acre() -> None:
    """The simple method, L = 0.2266 R C A in pounds: https://www.stormwateriq.com/posts/acres-to-pounds."""
    pounds = (
        registry()("1 inch * acre").to("liter").magnitude * registry()("1 milligram").to("pound").magnitude
    )
    assert round(float(pounds), 4) == 0.2266


def test_pounds_in_a_kilogram() -> None:
    """The files of the Delaware basin use 2.2046244; the exact value differs by less than a millionth."""
    assert 1 / factor("lb/yr", "load") == pytest.approx(2.2046244, rel=1e-6)


def test_people_that_a_load_stands_for() -> None:
    """Each figure where it is printed.

    60 g: https://www.coastalwiki.org/w/index.php?title=Population_equivalent;
    54 g: https://handwiki.org/wiki/Earth:Population_equivalent;
    0.17 lb: https://www.climate-policy-watcher.org/wastewater-treatment-3/population-equivalent-or-unit-loading-factor.html;
    17 lb are 100 people: https://www.idealh2o.com/glossary/population-equivalent/;
    389 mg/L at 72,000 gpd: https://www.climate-policy-watcher.org/wastewater-treatment-3/example-424.html;
    a hotel guest of 75 g: http://chaos.owiki.org/wiki/Population_equivalent.
    """
    people = {row["activity"]: float(row["low"]) for row in read_reference("population_equivalents")}
    assert (people["person"], people["person_54g"], people["person_us"]) == (60, 54, 0.17)
    assert round(17 / people["person_us"]) == 100
    assert round(pounds_a_day(389, 72000, "gpd") * 8.34 / 8.345404 / people["person_us"], 2) == 1374.04
    assert 75 / people["person"] == 1.25


def passing(per_day: float, days: float) -> float:
    """Give the share that passes a cell which the water takes so many days to cross."""
    codes, grid = np.array([[1, 0]]), affine.Affine(0.01, 0, -89, 0, -0.01, 0.005)
    river = Waterway.of(FlowNetwork.from_directions(codes, grid, "EPSG:4326"))
    coefficient, exponent, litres_s_km2 = travel_rules()
    speed_m_s = river.network.step_km[0] * 1000 / (days * 86400)
    m3_s = (speed_m_s / coefficient) ** (1 / exponent)
    slow = dataclasses.replace(river, drained_km2=np.full(2, m3_s * 1000 / litres_s_km2.central))
    return float(slow.passing(Rate(per_day, per_day, per_day), np.array([0]))[0, 1])


def test_mixing_two_waters_adds_their_loads() -> None:
    """10 m3/s at 5 mg/L and 1 m3/s at 236 mg/L: 26.0 mg/L, https://fonteconcursos.com.br/questoes-de-concurso/fc173165.

    3 MGD at 0 and 2 MGD at 300 mg/L: 120 mg/L,
    https://justaaa.com/civil-engineering/969509-bod-is-naturally-consumed-in-rivers-a-stream.
    """
    for unit, waters, printed in (("m3/s", ((5, 10), (236, 1)), 26.0), ("MGD", ((0, 3), (300, 2)), 120.0)):
        rows = [audit(value=value, unit="mg/L", flow=flow, flow_unit=unit) for value, flow in waters]
        m3_yr = factor(unit, "flow") * 365 * sum(flow for _, flow in waters)
        assert round(row_loads(audits(*rows))["load_kg_yr"].sum() / m3_yr * 1000, 1) == printed


@pytest.mark.parametrize(
    ("per_day", "days", "before", "after", "digits"),
    [
        # k = 0.1/d for 30 d: of 26.0 mg/L 24.7 are exercised, https://fonteconcursos.com.br/questoes-de-concurso/fc173165
        (0.1, 30, 26.0, 26.0 - 24.7, 1),
        # 120 mg/L at k = 0.1067 1/h after 24 h: https://justaaa.com/civil-engineering/969509-bod-is-naturally-consumed-in-rivers-a-stream
        (0.1067 * 24, 1, 120, 9.27, 2),
        # 18.4 to 5.3 mg/L in 2.527 d at K1 = 0.4925 1/d: http://web.deu.edu.tr/atiksu/ana52/wdesign07.html
        (0.4925, 2.527, 18.4, 5.3, 1),
    ],
)
def test_first_order_decay(per_day: float, days: float, before: float, after: float, digits: int) -> None:
    assert round(before * passing(per_day, days), digits) == round(after, digits)


def test_total_nitrogen_decays_between_the_mississippi_and_small_streams() -> None:
    """0.005 and 0.45 per day: Alexander, Smith and Schwarz, Nature 403, 758-761 (2000)."""
    rate = decay_rate("TN")
    assert rate is not None
    assert (rate.low, rate.high) == (0.005, 0.45)


def test_what_was_not_reported_is_not_estimated_and_two_statements_of_a_load_are_compared() -> None:
    """Unlike US EPA's tool: https://echo.epa.gov/trends/loading-tool/resources/loading-calculations."""
    alone = audit_loads(audits(audit(value=100))).iloc[0]
    assert (alone["fate"], alone["reduction_kg_yr"] == alone["reduction_kg_yr"]) == ("unpaired", False)
    wet = audit(value=1000, unit="mg/L", flow=10, flow_unit="m3/d")
    assert row_loads(audits(wet, audit(value=5000)))["flags"].tolist() == ["load_mismatch"] * 2
