"""The report: its numbers from the raw tables, no request, no script, no name that becomes code, the same bytes."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from html.parser import HTMLParser

import pandas as pd
import pytest

from watershed_cp.errors import Text
from watershed_cp.impact.edition import public_accounts
from watershed_cp.messages import mass
from watershed_cp.publish.report import build_report
from watershed_cp.publish.reportpdf import save_report_pdf
from watershed_cp.reference import data_path

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}{% raw %}${7*7}</style><!--'
STAKEHOLDERS = [
    ("U-1", "Universidad del ejemplo", "university", "C-1; SV-001", "signed"),
    ("C-1", "Centro del ejemplo", "centre", None, "negotiating"),
    ("A-1", "Autoridad del ejemplo", "authority", "C-1", "ended"),
]


class Reader(HTMLParser):
    """Collect the tables of each language and chapter, and every text."""

    def __init__(self, page):
        super().__init__()
        self.language = self.chapter = self.cell = None
        self.tables, self.words, self.tags = defaultdict(list), defaultdict(list), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        named = dict(attrs)
        if tag == "article":
            self.language, self.chapter = named["lang"], "finding"
        self.chapter = named.get("data-chapter", self.chapter)
        if tag == "table":
            self.tables[self.language, self.chapter].append([])
        if tag == "tr":
            self.tables[self.language, self.chapter][-1].append([])
        if tag in ("td", "th"):
            self.tables[self.language, self.chapter][-1][-1].append("")
            self.cell = tag

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = None

    def handle_data(self, data):
        if self.cell:
            self.tables[self.language, self.chapter][-1][-1][-1] += data
        elif data.strip():
            self.words[self.language, self.chapter].append(data.strip())


@pytest.fixture(scope="module")
def manifest(demo):
    return {"settings": demo.settings, "inputs": {"auditorias.csv": "ab" * 32}, "packages": {"numpy": "2"}}


@pytest.fixture(scope="module")
def page(demo, manifest):
    return build_report(demo, manifest=manifest)


def with_stakeholders(demo, **more):
    names = ["stakeholder_id", "name", "organisation_kind", "partner_of", "agreement"]
    table = pd.DataFrame(STAKEHOLDERS, columns=names).assign(since=pd.Timestamp("2019-05-02"))
    registers = {**demo.registers, "stakeholders": table}
    return dataclasses.replace(demo, registers=registers, **more)


def test_the_page_runs_no_script_and_asks_for_nothing(page):
    read = Reader(page)
    assert not read.tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"url\(|@import|src=|http-equiv=.refresh", page)
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")


def test_the_same_accounts_give_the_same_page(demo, manifest, page):
    assert build_report(demo, manifest=manifest) == page


def test_both_languages_say_the_same_numbers(page):
    tables = Reader(page).tables
    chapters = [chapter for language, chapter in tables if language == "es"]
    assert [chapter for language, chapter in tables if language == "en"] == chapters
    for chapter in chapters:
        both = [str(tables[language, chapter]) for language in ("es", "en")]
        spanish, english = (re.findall(r"\d[\d,.]*\d|\d", words) for words in both)
        assert chapter == "sources" or spanish == english


def test_the_finding_is_one_sentence_with_its_range(page):
    words = Reader(page).words["es", "finding"]
    assert "Cuatro cuencas: se evitan 48.1\u202ft de DBO₅ al año" in words
    assert (
        "Con 90 % de confianza, entre 27.9 y 68.3\u202ft; 10.5\u202f% de la línea base, en 48 empresas."
        in words
    )
    assert "Datos sintéticos: empresas y mediciones inventadas" in words


def test_no_name_becomes_code(demo):
    firms = demo.msmes.assign(name=HOSTILE)
    basins = demo.basins.assign(name_es=HOSTILE, name_en=HOSTILE, credit=HOSTILE)
    shares = demo.ledger.assign(msme_id=HOSTILE, reason=HOSTILE)
    hostile = with_stakeholders(demo, msmes=firms, basins=basins, ledger=shares, title=Text(HOSTILE, HOSTILE))
    table = hostile.registers["stakeholders"].assign(name=HOSTILE)
    registers = {**hostile.registers, "stakeholders": table}
    manifest = {"settings": {HOSTILE: HOSTILE}, "inputs": {HOSTILE: HOSTILE}, "packages": {HOSTILE: HOSTILE}}
    page = build_report(dataclasses.replace(hostile, registers=registers), manifest=manifest)
    read = Reader(page)
    assert "script" not in read.tags
    assert "<!--" not in page
    assert page.count("</style>") == 1
    assert any(HOSTILE in words for words in read.words["en", "finding"])
    assert any(HOSTILE in cell for table in read.tables["en", "manifest"] for row in table for cell in row)


def test_alliances_are_drawn_and_listed(demo):
    read = Reader(build_report(with_stakeholders(demo), languages=("en",)))
    said = read.words["en", "alliances"]
    assert (
        "3 organisations, 3 collaborations. Agreements by organisation: 1 signed, 1 being negotiated, 1 ended."
        in said
    )
    assert {"Universidad del ejemplo", "Centro del ejemplo"} <= set(said)  # in the picture
    assert "Autoridad del ejemplo" not in said  # its only agreement has ended
    table = read.tables["en", "alliances"][0]
    firm = demo.msmes.set_index("msme_id").loc["SV-001", "name"]
    assert table[1] == [
        "Universidad del ejemplo",
        "university",
        f"Centro del ejemplo, {firm}",
        "signed",
        "2019-05-02",
    ]


def test_the_same_accounts_give_the_same_pdf(demo, manifest, tmp_path):
    hostile = dataclasses.replace(demo, title=Text(HOSTILE, HOSTILE))
    for name in ("a.pdf", "b.pdf"):
        save_report_pdf(hostile, tmp_path / name, manifest=manifest)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    assert first == second
    assert not re.search(rb"/JavaScript|/JS\b|/URI|/Launch|/GoToR", first)


def test_a_public_edition_names_no_firm(demo, manifest):
    page = build_report(public_accounts(with_stakeholders(demo)), manifest=manifest)
    told = set(re.findall(r"\b(?:SV|GT|HN|PA)-\d{3}\b", page))
    assert told == set()
    assert "Centro del ejemplo" not in page
    chapters = {chapter for language, chapter in Reader(page).tables if language == "es"}
    assert chapters == {"results", "basins", "sources", "manifest"}


CODES = {
    "BOD5": ("DBO5", "DBO₅", "Demanda bioquímica de oxígeno"),
    "COD": ("DQO", "Demanda química de oxígeno"),
    "TSS": ("SST", "Sólidos suspendidos totales"),
    "TN": ("N total", "Nitrógeno total"),
    "TP": ("P total", "Fósforo total"),
    "FOG": ("A y G", "Grasas y aceites", "Aceites y grasas"),
    "Cr": ("Cr", "Cromo total", "Cr total"),
}
SHORT = {
    "BOD5": "DBO₅",
    "COD": "DQO",
    "TSS": "SST",
    "TN": "N total",
    "TP": "P total",
    "FOG": "A y G",
    "Cr": "Cr",
}
M3_A_DAY = {"m3/d": 1, "L/s": 86.4, "m3/h": 24, "gpm": 3.785411784e-3 * 1440}
NUMBERS = ("Resultado", "Caudal", "Días de operación al año")
NOWHERE = {"GT-034", "HN-048"}  # outside every watershed, and without a place


@pytest.fixture(scope="module")
def pairs():
    """Pair the demonstration's audits by its rules, from the raw file and with pandas alone."""
    path = data_path("demo", "auditorias.csv")
    raw = pd.read_csv(path, sep=";", dtype=str, encoding="utf-8-sig")
    below = raw["Calificador"].eq("<") | raw["Resultado"].str.startswith("<")
    raw["Resultado"] = raw["Resultado"].str.removeprefix("<")
    number = {name: raw[name].str.replace(",", ".").astype(float) for name in NUMBERS}
    names = {name: code for code, spelled in CODES.items() for name in spelled}
    raw["pollutant"] = raw["Parámetro"].map(names)
    raw["date"] = pd.to_datetime(raw["Fecha de muestreo"], dayfirst=True)
    value = number["Resultado"] * below.map({True: 0.5, False: 1})
    flow = number["Caudal"] * raw["Unidad del caudal"].map(M3_A_DAY)
    raw["kg"] = value * flow * number["Días de operación al año"] / 1000
    raw.loc[raw["Unidad"] == "lb/día", "kg"] = value * 0.45359237 * 365
    raw.loc[raw["Unidad"] == "kg/año", "kg"] = value
    key = ["Código de empresa", "pollutant"]
    raw = raw.drop_duplicates([*key, "Fase", "date", "Resultado"]).dropna(subset=["kg"])
    raw = raw[(raw["Evidencia"] != "E") & ~raw["Código de empresa"].isin(NOWHERE)]
    after = raw[(raw["Fase"] == "seguimiento") & (raw["date"] <= "2020-12-31")]
    after = after.sort_values("date").drop_duplicates(key, keep="last")
    before = raw[raw["Fase"] == "línea base"].sort_values("date").drop_duplicates(key, keep="last")
    both = before.merge(after, on=key, suffixes=("_before", "_after"))
    return both.assign(firm=both["Código de empresa"], cut=both["kg_before"] - both["kg_after"])


def spoken(kilograms):
    return mass(kilograms).replace(" ", "\u202f").replace("-", "−")


def cells(pairs):
    loads = (pairs["kg_before"].sum(), pairs["kg_after"].sum(), pairs["cut"].sum())
    percent = f"{100 * loads[2] / loads[0]:.1f}\u202f%"
    return [str(pairs["firm"].nunique()), *map(spoken, loads), percent]


def without_range(row):
    return [*row[:4], row[5]]


def test_the_programmes_loads_are_those_of_the_raw_file(page, pairs):
    table = Reader(page).tables["es", "results"][0]
    told = {row[0]: without_range(row[1:]) for row in table[1:]}
    assert told == {SHORT[code]: cells(rows) for code, rows in pairs.groupby("pollutant")}


def test_each_watersheds_loads_are_those_of_the_raw_file(demo, page, pairs):
    lead, every, *_ = Reader(page).tables["es", "basins"]
    placed = demo.assignments.set_index("msme_id")["basin_id"]
    basin = pairs["firm"].map(placed).map(demo.basins["name_es"])
    expected = {
        (name, SHORT[code]): cells(rows) for (name, code), rows in pairs.groupby([basin, pairs["pollutant"]])
    }
    assert {tuple(row[:2]): without_range(row[2:]) for row in every[1:]} == expected
    assert {(row[0], "DBO₅"): without_range(row[3:]) for row in lead[1:]} == {
        key: value for key, value in expected.items() if key[1] == "DBO₅"
    }


def test_the_grades_of_evidence_are_those_of_the_raw_file(page, pairs):
    (table,) = Reader(page).tables["es", "evidence"]
    weaker = pairs[["Evidencia_before", "Evidencia_after"]].max(axis=1)
    sums = pairs.groupby(["pollutant", weaker])["cut"].sum()
    for code, row in zip(CODES, table[1:], strict=True):
        grades = [sums.get((code, grade), 0.0) for grade in "ABCD"]
        assert row == [SHORT[code], *(f"{value:,.1f}" for value in (*grades, sum(grades)))]


def test_the_trained_are_those_of_the_raw_file(page):
    events = pd.read_csv(data_path("demo", "events.csv"), sep=";", decimal=",", encoding="utf-8-sig")
    courses = events[events["Tipo de evento"] == "curso universitario"]
    told = {row[0]: row[2:4] for row in Reader(page).tables["es", "indicators"][0][1:]}
    assert told["Estudiantes formados"] == ["225", str(courses["Estudiantes"].sum())]
    assert told["Docentes formados"] == ["20", str(courses["Docentes"].sum())]


def test_what_is_counted_of_the_measures_is_in_the_raw_file(page):
    raw = pd.read_csv(data_path("demo", "recommendations.csv"), sep=";", encoding="utf-8-sig")
    states, resources = Reader(page).tables["es", "measures"]
    assert dict(states[1:]) == raw["Estado"].value_counts().astype(str).to_dict()
    done = raw[raw["Estado"].isin(["implementada", "verificada"])]
    assert {row[0]: row[1] for row in resources[1:]} == done["Recurso"].value_counts().astype(str).to_dict()


def test_the_rows_of_every_fate_add_up_to_what_was_credited_and_the_rest(demo, page, pairs):
    kilograms, rows, reasons = Reader(page).tables["es", "left_out"]
    credited = rows[0].index("acreditada")
    assert {row[0]: row[credited] for row in rows[1:]} == {
        SHORT[code]: str(len(found)) for code, found in pairs.groupby("pollutant")
    }
    for row in rows[1:]:
        assert sum(map(int, row[1:-1])) == int(row[-1])
    for row in kilograms[1:]:
        known = [float(cell.replace(",", "")) for cell in row[1:] if cell != "–"]
        assert sum(known[:-1]) == pytest.approx(known[-1], abs=0.06 * len(known))
    everything = sum(int(row[-1]) for row in rows[1:])
    assert sum(int(row[2]) for row in reasons[1:]) == everything - len(pairs)
