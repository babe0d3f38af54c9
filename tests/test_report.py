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
from watershed_cp.publish.report import build_report
from watershed_cp.publish.reportpdf import save_report_pdf

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
    read = Reader(page)
    for said in (read.tables, read.words):
        chapters = [chapter for language, chapter in said if language == "es"]
        assert [chapter for language, chapter in said if language == "en"] == chapters
        for chapter in chapters:
            both = (str(said[language, chapter]) for language in ("es", "en"))
            spanish, english = (sorted(re.findall(r"\d[\d,.]*\d|\d", words)) for words in both)
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
        "2 May 2019",
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
