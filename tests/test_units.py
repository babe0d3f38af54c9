"""Units: exact factors, the house's year and tonne, and what an office writes."""

from __future__ import annotations

import pytest

from watershed_cp.errors import UnitError
from watershed_cp.units import dimension, factor, registry


@pytest.mark.parametrize(
    ("written", "expected", "value"),
    [
        ("mg/L", "concentration", 1e-3),
        ("Mg/L", "concentration", 1e-3),
        ("MG/L", "concentration", 1e-3),
        ("mg / l", "concentration", 1e-3),
        ("ppm", "concentration", 1e-3),
        ("g/m3", "concentration", 1e-3),
        ("g/m³", "concentration", 1e-3),
        ("µg/L", "concentration", 1e-6),
        ("kg/yr", "load", 1),
        ("KG/AÑO", "load", 1),
        ("kg por año", "load", 1),
        ("kg/d", "load", 365),
        ("kg/mes", "load", 12),
        ("t/yr", "load", 1000),
        ("Mg/yr", "load", 1000),
        ("ton/año", "load", 1000),
        ("lb/day", "load", 0.45359237 * 365),
        ("lbs/yr", "load", 0.45359237),
        ("qq/año", "load", 45.359237),
        ("m3/d", "flow", 1),
        ("M3/D", "flow", 1),
        ("m³/día", "flow", 1),
        ("m3/h", "flow", 24),
        ("L/s", "flow", 86.4),
        ("lps", "flow", 86.4),
        ("litros por segundo", "flow", 86.4),
        ("gpm", "flow", 5.45099296896),
        ("US gal/min", "flow", 5.45099296896),
        ("galones/día", "flow", 0.003785411784),
        ("MGD", "flow", 3785.411784),
        ("cfs", "flow", 2446.5755455488),
    ],
)
def test_factors(written: str, expected: str, value: float) -> None:
    """mg/L x MGD is 8.345404 lb/day and 1 MGD is 3785.41 m3/day in the published tables."""
    assert factor(written, expected) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "pH",
        "bananas/yr",
        "MG/D",
        "kg",
        "m3",
        "°C",
        "NTU",
        "mg/L/L/",
        "2",
        "__import__('os')",
        "03/04/2024",
        "9**9**9",
        "kg^99999999",
        "1/0",
    ],
)
def test_what_is_neither_load_nor_concentration_nor_flow(written: str) -> None:
    assert dimension(written) is None
    with pytest.raises(UnitError):
        factor(written, "load")


def test_the_year_and_the_tonne_of_the_house() -> None:
    assert registry()("1 year").to("day").magnitude == 365
    assert registry()("1 ton").to("kg").magnitude == 1000
