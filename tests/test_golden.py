"""Published figures, reproduced to the digits that were printed; each names where it was printed."""

from __future__ import annotations

import pytest
from makers import audit, audits

from watershed_cp.loads.audits import row_loads
from watershed_cp.units import factor

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
