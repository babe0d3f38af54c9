"""Claims are computed again; the digits printed say how near is near enough."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from watershed_cp.cli import main
from watershed_cp.errors import InputError
from watershed_cp.impact.claims import Claim, Claims, check_claims, read_claims
from watershed_cp.impact.sisters import published_per_firm
from watershed_cp.reference import data_path

DEMO = data_path("demo")
WATER = {
    "table": "recommendations",
    "how": "share",
    "column": "saving",
    "of": "baseline_use",
    "where": {"resource": "water"},
    "unit": "%",
}


def claim(**more):
    return Claim(**{"id": "c", "text": {"es": "C", "en": "C"}, "printed": "20", **WATER, **more})


def check(one, measures=None):
    registers = {} if measures is None else {"recommendations": measures}
    firms = pd.DataFrame({"msme_id": ["F1", "F2"], "country": None, "ciiu": None})
    placed = pd.DataFrame({"msme_id": ["F1", "F2"], "basin_id": None})
    world = SimpleNamespace(registers=registers, msmes=firms, ledger=firms[["msme_id"]], assignments=placed)
    return check_claims(world, Claims(claim=(one,))).iloc[0]


@pytest.fixture
def measures():
    rows = [("F1", "verified", 30.0, 100.0), ("F2", "verified", 50.0, 900.0), ("F2", "verified", 40.0, 900.0)]
    rows += [("F2", "lapsed", 500.0, 900.0)]
    table = pd.DataFrame(rows, columns=["msme_id", "status", "saving", "baseline_use"])
    return table.assign(resource="water", saving_unit="m3/yr")


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [("12", "reproduced"), ("12.0", "reproduced"), ("11.5", "contradicted"), ("13", "contradicted")],
)
def test_the_weighted_mean_decides(measures, printed, outcome):
    told = check(claim(printed=printed), measures)
    assert (told["outcome"], told["value"], told["simple_mean_pct"]) == (outcome, 12, 20)
    assert told[["numerator", "denominator", "rows"]].tolist() == [120, 1000, 3]


def test_a_printed_simple_mean_is_named(measures):
    told = check(claim(printed="20"), measures)
    assert (told["outcome"], told["note"]) == ("contradicted", "simple_mean")


@pytest.mark.parametrize(("printed", "tolerance"), [("60,000", 0.5), ("10.5", 0.05), ("-3.25", 0.005)])
def test_the_last_digit_printed_is_the_tolerance(printed, tolerance):
    one = claim(printed=printed)
    assert one.tolerance == pytest.approx(tolerance)
    assert one.value == float(printed.replace(",", ""))


def test_what_cannot_be_computed(measures):
    assert check(claim())[["outcome", "note"]].tolist() == ["not_reproducible", "no_table"]
    fuel = check(claim(where={"resource": "energy"}), measures)
    assert fuel[["outcome", "note"]].tolist() == ["not_reproducible", "no_rows"]
    mixed = check(claim(where={}), measures.assign(resource=["water", "energy", "water", "water"]))
    assert mixed[["outcome", "note"]].tolist() == ["not_reproducible", "several_units"]
    guests = check(claim(how="sum", of="", unit="m3/yr"), measures.assign(saving_unit="cubetas"))
    assert guests[["outcome", "note"]].tolist() == ["not_reproducible", "unit_unknown"]


def test_a_number_per_firm_stands_beside_those_of_sister_programmes(measures):
    told = check(claim(how="sum", of="", unit="m3/yr", published="water"), measures)
    assert told["value_per_firm"] == 60
    gallon = 0.003785411784  # cubic metres of a US gallon
    assert told["published_low"] == pytest.approx(3_320_000 * gallon / (12 + 17))
    assert told["published_high"] == pytest.approx(3_774_355 * gallon / 13)


@pytest.mark.parametrize(
    ("quantity", "unit", "low", "high", "programmes"),
    [
        ("savings", "USD/yr", 621_400 / 35, 257_888 / 13, 3),
        ("investment", "USD", 293_500 / 35, 521_096 / 29, 3),
        ("electricity", "kWh/yr", 163_025 / 13, 862_341 / 29, 2),
        ("fuel", "gal", 20_122 / 13, 185_890 / 35, 2),
        ("co2", "kg", 346_000 / 13, 1_162_000 / 35, 2),
    ],
)
def test_what_sister_programmes_published_per_firm(quantity, unit, low, high, programmes):
    found = published_per_firm(quantity, unit)
    assert found[:3] == (pytest.approx(low), pytest.approx(high), programmes)
    assert all(source.startswith("http") for source in found.sources)


def test_what_nobody_published_in_such_a_unit_is_not_known():
    found = published_per_firm("water", "kWh")
    assert (found.programmes, found.sources) == (0, ())
    assert math.isnan(found.low)
    with pytest.raises(ValueError, match="published"):
        claim(published="students")


def test_the_claims_of_the_demonstration_from_its_raw_files(demo):
    told = check_claims(demo, read_claims(DEMO / "claims.toml")).set_index("claim_id")
    assert told["outcome"].to_dict() == {
        "students": "reproduced",
        "recommendations": "contradicted",
        "water": "contradicted",
        "bod": "reproduced",
        "savings": "contradicted",
        "direct_reductions": "not_reproducible",
    }
    raw = pd.read_csv(DEMO / "recommendations.csv", sep=";", decimal=",", encoding="utf-8-sig")
    rows = raw[raw["Estado"].isin(["implementada", "verificada"]) & (raw["Recurso"] == "agua")]
    firms = rows.groupby("Código de empresa").agg({"Ahorro": "sum", "Uso de línea base": "first"})
    simple = (100 * firms["Ahorro"] / firms["Uso de línea base"]).mean()
    assert told.loc["water", "simple_mean_pct"] == pytest.approx(simple)
    assert told.loc["water", "numerator"] == rows["Ahorro"].sum()
    assert told.loc["water", "denominator"] == firms["Uso de línea base"].sum()


@pytest.mark.usefixtures("_demo_is_run")
def test_the_command_tells_and_writes(tmp_path, capsys):
    out = tmp_path / "claims.csv"
    asked = ["claims", str(DEMO / "claims.toml"), "--project", str(DEMO / "project.toml"), "--out", str(out)]
    assert main([*asked, "--language", "es"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == [
        "REPRODUCIDA: 173 estudiantes formados. Impreso: 173; calculado: 173 personas (173 filas).",
        "  Regla: cada «Código de persona» contado una vez, en «Asistencia», donde «Papel» es estudiante; "
        "«Tipo de evento» es curso o taller o visita.",
    ]
    assert told[-1] == f"Escrito en: {out}"
    assert len(pd.read_csv(out)) == 6


def test_a_claim_of_an_unknown_column(tmp_path):
    file = tmp_path / "claims.toml"
    text = (DEMO / "claims.toml").read_text(encoding="utf-8")
    file.write_text(text.replace('column = "person_id"', 'column = "who"', 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_claims(file)
    told = error.value.faults[0].tell("es")
    assert told.startswith(
        f"{file}: El valor «claim.0 = who» no es uno de los que se esperan. Escriba uno de estos:"
    )


BOD = {
    "table": "ledger",
    "how": "sum",
    "column": "reduction_kg_yr",
    "where": {"pollutant": "DBO5", "fate": "credited"},
}


@pytest.mark.parametrize(
    ("asked", "outcome", "value", "note"),
    [
        ({**BOD, "printed": "48,130", "unit": "kg/yr"}, "reproduced", 48_130.1, None),
        ({**BOD, "printed": "48.1", "unit": "t/yr"}, "reproduced", 48.130_1, None),
        ({**BOD, "printed": "48,200", "unit": "kg/yr"}, "contradicted", 48_130.1, None),
        ({**BOD, "printed": "48.1", "unit": "m3/yr"}, "not_reproducible", None, "unit_unknown"),
        (
            {**BOD, "printed": "3", "unit": "kg/yr", "where": {"pollutant": "As"}},
            "not_reproducible",
            None,
            "no_rows",
        ),
        (
            {**BOD, "printed": "9.4", "unit": "%", "how": "share", "of": "baseline_kg_yr"},
            "contradicted",
            10.511_21,
            "simple_mean",
        ),
    ],
)
def test_claims_of_an_auditor(demo, asked, outcome, value, note):
    one = Claim(**{"id": "c", "text": {"es": "C", "en": "C"}, **asked})
    told = check_claims(demo, Claims(claim=(one,))).iloc[0]
    assert told["outcome"] == outcome
    assert value is None or told["value"] == pytest.approx(value, rel=1e-5)
    assert note is None or told["note"] == note


def test_a_claim_of_another_period_counts_only_its_days(demo):
    raw = pd.read_csv(DEMO / "attendance.csv", sep=";", encoding="utf-8-sig")
    held = pd.read_csv(DEMO / "events.csv", sep=";", encoding="utf-8-sig").set_index("Código de evento")
    years = pd.to_datetime(raw["Código de evento"].map(held["Fecha"]), dayfirst=True).dt.year
    students = raw[(years == 2019) & (raw["Papel"] == "estudiante")]["Código de participante"].nunique()
    one = claim(
        table="attendance",
        how="distinct",
        column="person_id",
        of="",
        unit="people",
        where={"role": "estudiante"},
        printed=str(students),
        period=("2019-01-01", "2019-12-31"),
    )
    told = check_claims(demo, Claims(claim=(one,))).iloc[0]
    assert (told["outcome"], told["value"]) == ("reproduced", students)
    assert told["rule"].endswith("of attendance where role = student from 2019-01-01 to 2019-12-31")


def test_a_claim_of_what_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="no such"):
        claim(where={"pollutant": "amor"})
