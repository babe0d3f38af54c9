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
from watershed_cp.pipeline import run
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
def impact():
    return run(data_path("demo", "project.toml"))


@pytest.fixture(scope="module")
def manifest(impact):
    return {"settings": impact.settings, "inputs": {"auditorias.csv": "ab" * 32}, "packages": {"numpy": "2"}}


@pytest.fixture(scope="module")
def page(impact, manifest):
    return build_report(impact, manifest=manifest)


def with_stakeholders(impact, **more):
    names = ["stakeholder_id", "name", "organisation_kind", "partner_of", "agreement"]
    table = pd.DataFrame(STAKEHOLDERS, columns=names).assign(since=pd.Timestamp("2019-05-02"))
    registers = {**impact.registers, "stakeholders": table}
    return dataclasses.replace(impact, registers=registers, **more)


def test_the_page_runs_no_script_and_asks_for_nothing(page):
    read = Reader(page)
    assert not read.tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"url\(|@import|src=|http-equiv=.refresh", page)
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")


def test_the_same_accounts_give_the_same_page(impact, manifest, page):
    assert build_report(impact, manifest=manifest) == page


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


def test_no_name_becomes_code(impact):
    firms = impact.msmes.assign(name=HOSTILE)
    basins = impact.basins.assign(name_es=HOSTILE, name_en=HOSTILE, credit=HOSTILE)
    shares = impact.ledger.assign(msme_id=HOSTILE, reason=HOSTILE)
    hostile = with_stakeholders(
        impact, msmes=firms, basins=basins, ledger=shares, title=Text(HOSTILE, HOSTILE)
    )
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


def test_alliances_are_drawn_and_listed(impact):
    read = Reader(build_report(with_stakeholders(impact), languages=("en",)))
    said = read.words["en", "alliances"]
    assert (
        "3 organisations, 3 collaborations. Agreements by organisation: 1 signed, 1 being negotiated, 1 ended."
        in said
    )
    assert {"Universidad del ejemplo", "Centro del ejemplo"} <= set(said)  # in the picture
    assert "Autoridad del ejemplo" not in said  # its only agreement has ended
    table = read.tables["en", "alliances"][0]
    firm = impact.msmes.set_index("msme_id").loc["SV-001", "name"]
    assert table[1] == [
        "Universidad del ejemplo",
        "university",
        f"Centro del ejemplo, {firm}",
        "signed",
        "2019-05-02",
    ]


def test_the_same_accounts_give_the_same_pdf(impact, manifest, tmp_path):
    hostile = dataclasses.replace(impact, title=Text(HOSTILE, HOSTILE))
    for name in ("a.pdf", "b.pdf"):
        save_report_pdf(hostile, tmp_path / name, manifest=manifest)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    assert first == second
    assert not re.search(rb"/JavaScript|/JS\b|/URI|/Launch|/GoToR", first)


def test_a_public_edition_names_no_firm(impact, manifest):
    page = build_report(public_accounts(with_stakeholders(impact)), manifest=manifest)
    told = set(re.findall(r"\b(?:SV|GT|HN|PA)-\d{3}\b", page))
    assert told == set()
    assert "Centro del ejemplo" not in page
    chapters = {chapter for language, chapter in Reader(page).tables if language == "es"}
    assert chapters == {"results", "basins", "sources", "manifest"}
