"""The reference tables are whole, sourced and free of contradictions."""

from __future__ import annotations

import collections
import itertools
import unicodedata

import pytest

from watershed_cp import tables
from watershed_cp.intake.headers import fold
from watershed_cp.reference import data_path, read_reference

NAMES = sorted(path.stem for path in data_path("reference").glob("*.csv"))
OFFICE_TABLES = {table.name: table for table in tables.INPUTS}


def squeeze(text: str) -> str:
    """Fold a pollutant's name: case, accents, spaces and punctuation do not count."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in letters if char.isascii() and char.isalnum())


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_source_and_no_stray_cells(name):
    rows = read_reference(name)
    assert rows
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert row["source"].strip(), row
        assert all(cell == cell.strip() == unicodedata.normalize("NFC", cell) for cell in row.values()), row


def test_a_pollutant_is_part_of_a_known_whole_and_chains_end():
    whole = {row["pollutant"]: row["part_of"] for row in read_reference("pollutants")}
    assert len(whole) == len(read_reference("pollutants"))
    for code in whole:
        chain = [code]
        while whole[chain[-1]]:
            chain.append(whole[chain[-1]])
            assert len(chain) < 5, chain
    assert {code for code, parent in whole.items() if parent == "TN"} >= {"TKN", "NO3-N", "NO2-N"}


def test_what_is_no_mass_is_never_summed():
    additive = {row["pollutant"]: row["additive"] for row in read_reference("pollutants")}
    assert {code for code, answer in additive.items() if answer == "no"} == {
        "SETS", "pH", "T", "EC", "TURB", "COLOR", "DO", "FC", "TC",
    }  # fmt: skip
    assert set(additive.values()) == {"yes", "no"}


def test_a_pollutant_alias_means_one_pollutant():
    means = collections.defaultdict(set)
    for row in read_reference("pollutant_aliases"):
        means[squeeze(row["alias"])].add(row["pollutant"])
    assert all(len(codes) == 1 for codes in means.values())
    known = {row["pollutant"] for row in read_reference("pollutants")}
    assert {code for codes in means.values() for code in codes} == known
    for row in read_reference("pollutants"):
        for column in ("pollutant", "name_es", "name_en", "short_es", "short_en"):
            assert means[squeeze(row[column])] == {row["pollutant"]}, row


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DBO₅", "BOD5"), ("dbo 5", "BOD5"), ("D.Q.O.", "COD"), ("SOLIDOS SUSPENDIDOS TOTALES", "TSS"),
        ("ayg", "FOG"), ("N total", "TN"), ("Fósforo Total", "TP"), ("Nitrógeno  Kjeldahl", "TKN"),
        ("sst", "TSS"), ("Grasas y aceites", "FOG"), ("cromo", "Cr"), ("PH", "pH"),
    ],
)  # fmt: skip
def test_usual_spellings_are_known(written, code):
    means = {squeeze(row["alias"]): row["pollutant"] for row in read_reference("pollutant_aliases")}
    assert means[squeeze(written)] == code


@pytest.mark.parametrize("written", ["Nitratos", "Fosfatos", "Amoniaco", "Sólidos", "Carga orgánica", "S"])
def test_a_name_that_could_mean_two_things_is_no_alias(written):
    assert squeeze(written) not in {squeeze(row["alias"]) for row in read_reference("pollutant_aliases")}


def test_a_header_means_one_column_of_its_table():
    means = collections.defaultdict(set)
    for row in read_reference("headers"):
        means[row["table"], fold(row["alias"])].add(row["column"])
    assert {key: columns for key, columns in means.items() if len(columns) > 1} == {}
    assert ("", "") not in means
    for (table, alias), columns in means.items():
        assert alias, table
        if alias in {fold(name) for name in OFFICE_TABLES.get(table, tables.MSMES).names}:
            assert alias == fold(next(iter(columns)))


@pytest.mark.parametrize("table", OFFICE_TABLES.values(), ids=OFFICE_TABLES)
def test_every_column_has_a_header_in_both_languages(table):
    rows = [row for row in read_reference("headers") if row["table"] == table.name]
    for language in ("es", "en"):
        assert {row["column"] for row in rows if row["language"] == language} == set(table.names)


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("msmes", "Nombre de la empresa", "name"), ("msmes", "Latitud (°)", "latitude"),
        ("msmes", "N.º de empleados", "employees"), ("msmes", "LONGITUD", "longitude"),
        ("audits", "Fecha de muestreo", "date"), ("audits", "Caudal", "flow"),
        ("audits", "Resultado", "value"), ("audits", "PARAMETRO", "pollutant"), ("audits", "Fase", "phase"),
        ("audits", "Código de empresa", "msme_id"), ("reductions", "Reducción lograda", "value"),
    ],
)  # fmt: skip
def test_office_headers_are_known(table, header, column):
    means = {fold(row["alias"]): row["column"] for row in read_reference("headers") if row["table"] == table}
    assert means[fold(header)] == column


@pytest.mark.parametrize(
    "header",
    ["Código", "Altitud", "Cod.", "No.", "Sector", "Observaciones", "Ubicación", "Actividad económica"],
)
def test_an_ambiguous_header_maps_to_nothing(header):
    assert fold(header) not in {fold(row["alias"]) for row in read_reference("headers")}


def test_choices_cover_the_declared_ones_and_agree():
    means = collections.defaultdict(set)
    for row in read_reference("choices"):
        means[row["column"], fold(row["alias"]) or row["alias"]].add(row["choice"])
    assert all(len(choices) == 1 for choices in means.values())
    for table in tables.INPUTS:
        for column in table.columns:
            if column.kind == "choice":
                named = {
                    choice for (name, _), found in means.items() for choice in found if name == column.name
                }
                assert named == set(column.choices), column.name


@pytest.mark.parametrize(
    ("column", "written", "choice"),
    [
        ("phase", "Línea base", "baseline"), ("phase", "LB", "baseline"), ("phase", "Después", "follow_up"),
        ("country", "PANAMA", "PA"), ("discharge_to", "Alcantarillado sanitario", "sewer"),
        ("evidence", "medición verificada", "A"), ("synthetic", "sí", "yes"),
    ],
)  # fmt: skip
def test_words_for_a_choice_are_known(column, written, choice):
    means = {
        fold(row["alias"]): row["choice"] for row in read_reference("choices") if row["column"] == column
    }
    assert means[fold(written)] == choice


def test_isic_is_whole_and_nested():
    rows = read_reference("isic")
    codes = {row["code"] for row in rows}
    counts = collections.Counter(row["level"] for row in rows)
    assert counts == {"section": 21, "division": 88, "group": 238, "class": 419}
    assert len(codes) == len(rows)
    assert all(row["name_es"] and row["name_en"] for row in rows)
    assert all(row["code"][:-1] in codes for row in rows if row["level"] in ("group", "class"))
    assert all(row["section"] in codes for row in rows)
    names = {row["code"]: (row["name_es"], row["name_en"]) for row in rows}
    assert names["1050"] == ("Elaboración de productos lácteos", "Manufacture of dairy products")
    assert names["107"] == (
        "Elaboración de otros productos alimenticios",
        "Manufacture of other food products",
    )


def test_departments_are_those_of_iso_3166_2():
    counts = collections.Counter(row["country"] for row in read_reference("departments"))
    assert counts == {"SV": 14, "GT": 22, "HN": 18, "PA": 14}
    assert all(row["code"].startswith(f"{row['country']}-") for row in read_reference("departments"))


def test_only_verified_limits_are_usable():
    known = {row["pollutant"] for row in read_reference("pollutants")}
    for row in read_reference("discharge_limits"):
        assert (row["usable"] == "yes") == (row["status"] == "verified")
        assert row["pollutant"] in known
        assert float(row["value"]) >= 0


def test_size_classes_by_employees_follow_one_another():
    for country in ("SV", "GT"):
        bands = [
            (int(row["employees_min"] or 0), int(row["employees_max"]))
            for row in read_reference("size_classes")
            if row["country"] == country and row["by_employees"] == "yes"
        ]
        assert all(below[1] + 1 == above[0] for below, above in itertools.pairwise(bands))
    assert not any(
        row["by_employees"] == "yes" for row in read_reference("size_classes") if row["country"] == "PA"
    )


def test_uncertainty_has_one_default_for_each_factor_of_a_load():
    rows = [row for row in read_reference("measurement_uncertainty") if row["default"] == "yes"]
    assert sorted(row["quantity"] for row in rows) == ["concentration", "flow"]
    assert all(0 < float(row["relative_standard_uncertainty"]) < 0.5 for row in rows)


def test_a_person_is_60_grams_of_bod5_a_day():
    rows = [row for row in read_reference("population_equivalents") if row["default"] == "yes"]
    assert [(row["low"], row["high"], row["unit"]) for row in rows] == [("60", "60", "g BOD5/person/day")]


def test_location_radii_lie_in_their_ranges():
    for row in read_reference("location_accuracy"):
        low, radius, high = (float(row[f"radius_95_{end}"]) for end in ("low_m", "m", "high_m"))
        assert 0 < low <= radius <= high
