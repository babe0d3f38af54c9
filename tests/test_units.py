"""Units: exact factors, the house's year and tonne, and what an office writes."""

from __future__ import annotations

import itertools
import math

import pytest

from watershed_cp import units
from watershed_cp.errors import UnitError
from watershed_cp.units import dimension, factor, ratio, registry

POUND = 0.45359237
GALLON = 0.003785411784
CUBIC_FOOT = 0.028316846592

LOADS = (
    (
        1.0,
        "kg/año, kg/ano, kg/anio, kg/yr, kg/year, kg/a, kg a-1, kg·año⁻¹, Kg/Año, KG/AÑO, kg al año, kg por año",
    ),
    (1.0, "kg anuales"),
    (365.0, "kg/día, kg/dia, kg/d, kg/day, Kg/D, KG/DIA, kg por día, kg diarios, kilos/día, kgs/d"),
    (12.0, "kg/mes, kg/month, kg mensuales"),
    (365 / 7, "kg/semana, kg/week"),
    (8760.0, "kg/h, kg/hora, kg/hr"),
    (0.365, "g/d, g/día, gr/día, grs/d, gramos por día"),
    (31536.0, "g/s"),
    (
        1000.0,
        "t/yr, t/año, ton/año, TON/AÑO, tons/yr, tn/año, TM/año, toneladas por año, tonelada métrica/año",
    ),
    (1000.0, "metric ton/yr, tonnes/yr, Mg/yr"),
    (POUND * 365, "lb/day, lb/d, lbs/day, lb/día, libras/día, libras por día, pounds per day"),
    (POUND, "lb/yr, lb/año, lbs/yr"),
    (POUND * 100, "qq/año, quintal/año, quintales/año, quintales por año"),
    (POUND * 1200, "qq/mes"),
    (POUND * 365 / 16, "oz/d, onzas/día"),
)
CONCENTRATIONS = (
    (
        1e-3,
        "mg/L, mg/l, MG/L, Mg/L, mg / l, mg/lt, mg/litro, mg por litro, miligramos por litro, mg L-1, mg L^-1",
    ),
    (
        1e-3,
        "mg·L⁻¹, mgL-1, mg/dm3, ppm, PPM, p.p.m., partes por millón, g/m3, g/m³, g/m^3, gr/m3, mg O2/L, mgO₂/L",
    ),
    (1e-3, "mg/L O2, gramos por metro cúbico"),
    (1e-6, "ppb, µg/L, μg/L, ug/l, mcg/L, microgramos por litro, mg/m3"),
    (1.0, "g/L, g/l, g/litro, kg/m3, kg/m³, mg/mL"),
    (1e-9, "ng/L"),
    (POUND / GALLON, "lb/gal"),
)
FLOWS = (
    (
        1.0,
        "m3/d, m3/día, m3/dia, m³/d, m³/día, M3/D, m3/day, m3 d-1, m^3/d, m3 por día, metros cúbicos por día",
    ),
    (1.0, "metros cubicos/dia, mts3/d, mt3/día"),
    (24.0, "m3/h, m³/h, m3/hora, m3/hr"),
    (86400.0, "m3/s, m³/s, m3/seg"),
    (12 / 365, "m3/mes"),
    (1 / 7, "m3/semana"),
    (86.4, "L/s, l/s, lps, LPS, L/seg, lts/s, litros/seg, litros por segundo"),
    (1.44, "L/min, lpm, LPM"),
    (0.024, "L/h, lph"),
    (0.001, "L/d, litros/día, lt/día"),
    (GALLON * 1440, "US gal/min, gal/min, gpm, GPM, galones/min, galones por minuto, galón/min"),
    (GALLON, "gal/d, gpd, galones/día, galones por día"),
    (GALLON * 24, "gal/h"),
    (GALLON * 1e6, "MGD, mgd, Mgal/d"),
    (CUBIC_FOOT * 86400, "cfs, ft3/s, ft³/s, pie3/s, pies3/s, pie³/s, pies cúbicos por segundo"),
    (CUBIC_FOOT * 1440, "cfm"),
)
REFUSED = (
    "%, pH, NTU, UNT, kg, m3, mg, ton, gal, L, d, mL/L, NMP/100 mL, UFC/100mL, µS/cm, °C, kWh/año, m/s, kg/t, kg/ha",
    "kg/mz, mz, manzana, vara, varas3/día, mg/kg, mol/L, meq/L, mg/L/d, ppm/día, ppm sólidos, mg N/L, mg/L N",
    "mg/L CaCO3, mg/100 mL, kg CO2/año, kg/sem, arroba/año, short ton/yr, bbl/d, barriles/día, imp gal/min, UK gal/d",
    "MG/D, bananas/yr, personas, 2, 1/0, 9**9**9, kg^99999999, 03/04/2024, mg/L/L/, __import__('os')",
)


def spellings(known):
    return {written: value for value, line in known for written in line.split(", ")}


@pytest.mark.parametrize(
    ("expected", "known"),
    [("load", LOADS), ("concentration", CONCENTRATIONS), ("flow", FLOWS)],
    ids=["loads", "concentrations", "flows"],
)
def test_what_an_office_writes(expected: str, known: tuple[tuple[float, str], ...]) -> None:
    assert {written: (dimension(written), factor(written, expected)) for written in spellings(known)} == {
        written: (expected, pytest.approx(value, rel=1e-14)) for written, value in spellings(known).items()
    }


def test_there_are_many_spellings() -> None:
    assert sum(len(spellings(known)) for known in (LOADS, CONCENTRATIONS, FLOWS)) > 140


@pytest.mark.parametrize("written", ["", *", ".join(REFUSED).split(", ")])
def test_what_is_neither_load_nor_concentration_nor_flow(written: str) -> None:
    """A barrel has three sizes, a week and a half-year both begin with ``sem``, and mg N/L is another pollutant."""
    assert dimension(written) is None
    with pytest.raises(UnitError):
        factor(written, "load")


def test_a_refused_unit_says_what_to_write() -> None:
    with pytest.raises(UnitError) as error:
        factor("%", "concentration")
    assert (
        error.value.tell("es")
        == "«%» no es una unidad de concentración. Escriba por ejemplo mg/L, g/m3 o ppm."
    )
    assert (
        error.value.tell("en") == "“%” is not a unit of concentration. Write for example mg/L, g/m3 or ppm."
    )


def test_the_year_and_the_tonne_of_the_house() -> None:
    assert registry()("1 year").to("day").magnitude == 365
    assert registry()("1 ton").to("kg").magnitude == 1000


@pytest.mark.parametrize(
    ("unit", "other", "expected"),
    [
        ("qq", "lb", 100.0),
        ("quintales", "t", 0.045359237),
        ("manzanas", "ha", 0.698896),
        ("docenas de pares", "Docenas de pares ", 1.0),
        ("docenas de pares", "pares", math.nan),
        ("t", "m3", math.nan),
        ("litros/día", "m3/mes", 0.001 * 365 / 12),
    ],
)
def test_outputs_in_two_units(unit: str, other: str, expected: float) -> None:
    assert ratio(unit, other) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_what_is_read_without_the_registry_is_what_the_registry_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    often = list(units._OFTEN)
    pairs = [f"{above}/{below}" for above in often for below in often]

    def read() -> dict[object, object]:
        sizes = {name: units._read.__wrapped__(name) for name in pairs}
        compared = itertools.product(often, ["kg", "L", "d", "mg/L"])
        return sizes | {(name, other): repr(ratio.__wrapped__(name, other)) for name, other in compared}

    known = read()
    monkeypatch.setattr(units, "_OFTEN", {})
    assert read() == known
