"""The page in Chromium with the network cut: no request, no error, nothing that a name can do, nobody shut out."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from importlib import resources, util
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from browser.programme import programme
from chromium import BINARY, Chromium

from watershed_cp.publish.maps import Release, build_map, save_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BINARY is None, reason="no chromium on this machine"),
]

_FIRES = (
    "window.fired=1",
    "alert(1)",
)
_SHAPES = (
    "<script>{0}</script>",
    "</script><script>{0}</script>",
    "<img src=x onerror={0}>",
    "<img src=x onerror='{0}'>",
    '"><img src=x onerror="{0}">',
    "'><svg onload={0}>",
    "<svg><script>{0}</script></svg>",
    "<iframe srcdoc='<script>parent.{0}</script>'></iframe>",
    "<body onload={0}>",
    "<details open ontoggle={0}>",
    "<input autofocus onfocus={0}>",
    "<a href='javascript:{0}'>x</a>",
    "<style>@import 'x';</style><b style='background:url(javascript:{0})'>",
    "</style><script>{0}</script>",
    "</textarea><script>{0}</script>",
    "</title><script>{0}</script>",
    "<!--<script>{0}</script>-->",
    "${{{0}}}",
    "`+{0}+`",
    "`${{{0}}}`",
    "';{0};'",
    '";{0};"',
    "\\';{0};//",
    "{{{{{0}}}}}",
    "{{{{constructor.constructor('{0}')()}}}}",
    "{{% raw %}}{0}",
    "{{{{ ''.__class__.__mro__ }}}}{0}",
    "\u202e{0}\u202c",
    "\u2028{0}\u2029",
    "&lt;img src=x onerror={0}&gt;",
    "&#60;script&#62;{0}&#60;/script&#62;",
    "javascript:{0}",
)
_TEXTS = (
    "🏭💧🇸🇻",
    "\x00\x08\x7f",
    "Ñandú " * 1700,
    "السلام عليكم",
    "null",
    "__proto__",
    "constructor",
    "$&",
    "=cmd|' /C calc'!A0",
)
PAYLOADS = [shape.format(code) for shape in _SHAPES for code in _FIRES] + list(_TEXTS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    save_page(build_map(programme()), path)
    return path


@pytest.fixture
def tab(browser: Chromium, demo: Path) -> Chromium:
    browser.resize(1280, 720)
    browser.requests.clear()
    browser.errors.clear()
    return browser.open(demo)


@pytest.fixture(scope="module")
def demonstration_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from watershed_cp.pipeline import run
    from watershed_cp.reference import data_path

    path = tmp_path_factory.mktemp("demonstration") / "index.html"
    run(data_path("demo", "project.toml")).map().save(path)
    return path


@pytest.fixture
def demonstration(browser: Chromium, demonstration_page: Path) -> Chromium:
    browser.resize(1280, 720)
    browser.requests.clear()
    browser.errors.clear()
    return browser.open(demonstration_page)


def complaints(tab: Chromium) -> list[str]:
    """Give what the page asked the network for and what it complained of."""
    tab.run("new Promise((done) => setTimeout(done, 50))")
    return tab.requests + tab.errors


def press(tab: Chromium, selector: str, place: int = 0) -> None:
    tab.run(f"document.querySelectorAll({json.dumps(selector)})[{place}].click()")


def text(tab: Chromium, selector: str) -> str:
    value: str = tab.run(f"document.querySelector({json.dumps(selector)}).textContent")
    return value


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (390, 844)])
def test_every_view_is_quiet_in_both_languages(tab: Chromium, size: tuple[int, int]) -> None:
    tab.resize(*size)
    for language in (1, 0):
        press(tab, "#languages button", language)
        for view in (1, 2, 0):
            press(tab, ".tabs button", view)
        press(tab, ".basin-row")
        press(tab, "#card .firm-row")
        press(tab, "#card .back")
        press(tab, "#card .back")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(tab) == []


def test_finding_is_a_sentence_in_the_language_chosen(tab: Chromium) -> None:
    assert text(tab, "h1").startswith("Se evitan ")
    assert text(tab, "h1").endswith(" de DBO5 al año")
    assert text(tab, "#finding .range").startswith("entre ")
    press(tab, "#languages button", 1)
    assert text(tab, "h1").endswith(" of BOD5 avoided every year")
    assert tab.run("document.documentElement.lang + document.title") == "enCleaner production programme"


def test_another_pollutant_and_measure_change_every_number(tab: Chromium) -> None:
    before = text(tab, "#overview .value")
    press(tab, ".chip", 1)
    assert "DQO" in text(tab, "h1")
    assert text(tab, "#legend h2").startswith("Carga evitada por año: DQO (")
    assert text(tab, "#overview .value") != before
    tab.run(
        "{ const s = document.querySelector('#measure'); s.value = 'percent';"
        " s.dispatchEvent(new Event('change')); }"
    )
    assert text(tab, "#overview .value").endswith("\u00a0%")
    assert text(tab, "#legend .unit") == " (%)"


def test_what_is_not_counted_is_said_with_its_reason(tab: Chromium) -> None:
    assert "58 empresas: " in text(tab, ".missing p")
    press(tab, ".fates button")
    assert tab.run("document.body.dataset.view") == "ledger"
    fates = tab.run(
        "[...new Set([...document.querySelectorAll('#tables td:nth-child(3)')].map((cell) => cell.textContent))]"
    )
    assert len(fates) == 1
    assert fates != ["acreditada"]


def test_search_finds_without_accents(tab: Chromium) -> None:
    tab.run(
        "{ const field = document.querySelector('#search'); field.value = 'teneria';"
        " field.dispatchEvent(new Event('input')); }"
    )
    found = tab.run("[...document.querySelectorAll('#found .name')].map((name) => name.firstChild.data)")
    assert found
    assert all(name.startswith("Tenería") for name in found)


def test_all_can_be_done_by_keyboard(tab: Chromium) -> None:
    tab.run("document.querySelector('path.basin').focus()")
    tab.press("Enter", code=13, text="\r")
    assert tab.run("document.querySelector('.card-title').textContent.length") > 0
    assert tab.run("document.activeElement.classList.contains('back')")
    tab.press("Escape", code=27)
    assert tab.run("document.querySelector('#card').hidden")
    tab.run("document.querySelector('#search').focus()")
    for _ in range(12):
        tab.press("Tab", code=9)
        if tab.run("document.activeElement.classList.contains('firm-row')"):
            break
    tab.press("Enter", code=13, text="\r")
    assert tab.run("document.querySelectorAll('#card .audit').length") > 0


def test_sub_basins_are_told_by_keyboard_one_after_the_other(demonstration: Chromium) -> None:
    tab = demonstration
    press(tab, "[data-units=parts]")
    tab.run("document.querySelector('path.part[tabindex=\"0\"]').focus()")
    told = [text(tab, "#whisper")]
    for key, code in (("ArrowRight", 39), ("ArrowRight", 39), ("ArrowLeft", 37)):
        tab.press(key, code=code)
        told.append(text(tab, "#whisper"))
    assert told[1] == told[3]
    assert len(set(told)) == 3
    assert told[0].startswith("Río Acelhuate") or "acelhuate" in told[0]
    assert tab.run("document.activeElement.getAttribute('aria-label')") == told[3]
    assert complaints(tab) == []


def test_the_water_can_be_followed_without_a_pointer(demonstration: Chromium) -> None:
    tab = demonstration
    press(tab, ".basin-row")
    tab.run(
        "[...document.querySelectorAll('#card .link')].find((b) => /centro del mapa/.test(b.textContent)).click()"
    )
    assert tab.run("document.querySelectorAll('.course tbody tr').length") > 1
    assert tab.run("document.activeElement.classList.contains('back')")
    assert complaints(tab) == []


def test_a_range_below_zero_is_drawn_so(demonstration: Chromium) -> None:
    tab = demonstration
    rows = tab.run(
        "[...document.querySelectorAll('.basin-row')].map((row) => ['.whisker', '.mark', '.fill']"
        ".map((name) => parseFloat(row.querySelector(name).style.left)))"
    )
    panama = rows[-1]  # −0.93 to 11.05 t, the only range of BOD5 below zero
    assert panama[0] == 0
    assert 0 < panama[1] == panama[2] < 5
    assert all(whisker > zero == fill for whisker, zero, fill in rows[:-1])


def test_measure_year_search_and_filters_are_chosen_by_keyboard(demonstration: Chromium) -> None:
    tab = demonstration
    whole = text(tab, "h1")
    tab.run("document.querySelector('#measure').focus()")
    tab.press("ArrowDown", code=40)
    assert tab.run("document.querySelector('#measure').value") == "percent"
    assert "%" in text(tab, "#legend h2")
    tab.run("document.querySelector('#year').focus()")
    tab.press("ArrowRight", code=39)
    assert text(tab, "output[for=year]") == "2018"
    assert tab.run("document.activeElement.id") == "year"
    assert text(tab, "h1") != whole
    tab.press("ArrowLeft", code=37)
    assert text(tab, "h1") == whole
    tab.run("document.querySelector('#search').focus()")
    for letter in "quesería":
        tab.press(letter, text=letter)
    assert tab.run("document.activeElement.id") == "search"
    found = tab.run("[...document.querySelectorAll('#found .name')].map((name) => name.firstChild.data)")
    assert found
    assert all("quesería" in name for name in found)
    tab.run(
        "{ const s = document.querySelector('#search'); s.value = ''; s.dispatchEvent(new Event('input')); }"
    )
    tab.run("document.querySelector('.filters summary').focus()")
    tab.press("Enter", code=13, text="\r")
    many = tab.run("document.querySelectorAll('#found .firm-row').length")
    for place in range(tab.run("document.querySelectorAll('.filters select').length")):
        tab.run(f"document.querySelectorAll('.filters select')[{place}].focus()")
        tab.press("ArrowDown", code=40)
        assert tab.run(f"document.querySelectorAll('.filters select')[{place}].selectedIndex") == 1
        assert text(tab, "#found p") != "Las mayores reducciones"
        tab.press("ArrowUp", code=38)
    assert tab.run("document.querySelectorAll('#found .firm-row').length") == many
    assert complaints(tab) == []


def test_a_click_on_a_firm_opens_its_card(tab: Chromium) -> None:
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    press(tab, "#found .firm-row")
    name = text(tab, ".card-title")
    press(tab, "#card .back")
    press(tab, "#found .firm-row")
    box = tab.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        "(document.querySelector('.folium-map').getBoundingClientRect())"
    )
    tab.press("Escape", code=27)
    press(tab, "#found .firm-row")
    tab.click(*box)
    assert text(tab, ".card-title") == name
    tab.call("Emulation.setEmulatedMedia", features=[])
    assert complaints(tab) == []


def kilograms(written: str) -> float:
    """Read a load as the page writes it, without its range."""
    value, unit = written.split(" (", maxsplit=1)[0].replace(",", "").split("\u00a0")
    return float(value) * {"t": 1000, "kg": 1}[unit]


def test_the_water_and_the_load_in_it_are_followed_as_the_network_follows_them(tab: Chromium) -> None:
    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.impact.delivery import Waterway, follow_load

    press(tab, "#found .firm-row")
    accounts = programme()
    place = accounts.assignments.set_index("msme_id").loc[text(tab, "#card .small").split(" · ")[0]]
    mine = accounts.ledger[
        (accounts.ledger["msme_id"] == place.name) & (accounts.ledger["pollutant"] == "BOD5")
    ]
    stops = follow_load(
        Waterway.of(FlowNetwork.open(place["basin_id"])),
        place["longitude"],
        place["latitude"],
        pollutant="BOD5",
        load_kg_yr=float(mine["reduction_kg_yr"].iloc[0]),
    )
    rows = tab.run(
        "[...document.querySelectorAll('.course tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    told = {name.split("\u00a0")[0].rstrip("0123456789. "): (km, load) for name, km, load in rows}
    wanted = stops[stops["kind"].isin(["river", "lake"])]
    assert set(wanted["name"]) <= set(told)
    for stop in wanted.to_dict("records"):
        km, load = told[stop["name"]]
        assert float(km.split("\u00a0")[0]) == pytest.approx(stop["at_km"], rel=0.03, abs=1)
        assert kilograms(load) == pytest.approx(stop["delivered_kg_yr"], rel=0.03)
    assert kilograms(rows[-1][2]) == pytest.approx(stops["delivered_kg_yr"].iloc[-1], rel=0.04)
    assert complaints(tab) == []


def test_a_year_and_the_sub_basins_can_be_looked_at(demonstration: Chromium) -> None:
    browser = demonstration
    whole = text(browser, "h1")
    press(browser, "[data-units=parts]")
    assert browser.run("document.querySelectorAll('path.part').length") == 35
    press(browser, ".tabs [data-view=table]")
    assert "Cargas por subcuenca, al año: DBO5" in text(browser, "#tables")
    press(browser, ".tabs [data-view=map]")
    browser.run(
        "{ const s = document.querySelector('#year'); s.value = 2; s.dispatchEvent(new Event('input')); }"
    )
    assert text(browser, "output[for=year]") == "2019"
    assert "seguimientos de 2019" in text(browser, "#finding")
    assert text(browser, "h1") != whole
    press(browser, "[data-units=basins]")
    press(browser, ".basin-row")
    assert text(browser, ".target p") == "Meta: 10 % menos"
    press(browser, "#card .firm-row")
    assert text(browser, "#card .measures .status") in {
        "recomendada",
        "aceptada",
        "implementada",
        "verificada",
    }
    assert complaints(browser) == []


def test_a_window_of_another_size_shows_the_same_watersheds(tab: Chromium) -> None:
    inside = (
        "(() => { const stage = document.querySelector('.folium-map').getBoundingClientRect();"
        " return [...document.querySelectorAll('path.basin')].map((path) => path.getBoundingClientRect())"
        ".every((box) => box.left >= stage.left && box.right <= stage.right"
        " && box.top >= stage.top && box.bottom <= stage.bottom); })()"
    )
    pause = "new Promise((done) => setTimeout(done, 300))"
    for size in ((1920, 1080), (390, 844), (1280, 720)):
        tab.resize(*size)
        tab.run(pause)
        assert tab.run(inside), size
    press(tab, ".leaflet-control-zoom-in")
    tab.run("document.querySelector('.folium-map').dispatchEvent(new PointerEvent('pointerdown'))")
    tab.run(pause)
    before = tab.run("document.querySelector('path.basin').getBoundingClientRect().width")
    tab.resize(900, 720)
    tab.run(pause)
    assert tab.run("document.querySelector('path.basin').getBoundingClientRect().width") == pytest.approx(
        before
    )


def test_a_browser_without_decompression_is_told_in_both_languages(tab: Chromium, demo: Path) -> None:
    hook = tab.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")
    tab.open(demo, ready="!document.querySelector('#failed').hidden")
    told = text(tab, "#failed")
    tab.call("Page.removeScriptToEvaluateOnNewDocument", identifier=hook["identifier"])
    assert told.startswith("Este navegador no puede abrir el mapa.")
    assert "This browser cannot open the map." in told


def test_flags_are_explained_on_the_card(browser: Chromium, tmp_path: Path) -> None:
    accounts = programme(firms=3)
    accounts.ledger["flags"] = "out_of_range sewer"
    save_page(build_map(accounts), tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    press(browser, "#found .firm-row")
    assert "Revisar: Descarga al alcantarillado" in text(browser, "#card")


def test_print_is_one_sheet_with_everything_on_it(tab: Chromium, tmp_path: Path) -> None:
    tab.paper(tmp_path / "page.pdf")
    raw = (tmp_path / "page.pdf").read_bytes()
    assert raw.count(b"/Type /Page\n") + raw.count(b"/Type /Page\r") + raw.count(b"/Type /Page ") <= 1
    assert tab.run(
        "!document.body.classList.contains('paper') && document.querySelector('#stage').style.zoom === ''"
    )
    assert complaints(tab) == []


def test_no_payload_fires_in_any_text(browser: Chromium, tmp_path: Path) -> None:
    assert len(PAYLOADS) >= 60
    accounts = programme(firms=len(PAYLOADS))
    for column in ("name", "municipality", "department", "ciiu", "country"):
        accounts.msmes[column] = PAYLOADS
    accounts.assignments["repairs"] = PAYLOADS
    for column in ("reason", "equation"):
        accounts.ledger[column] = [PAYLOADS[row % len(PAYLOADS)] for row in range(len(accounts.ledger))]
    for column in ("name_es", "name_en", "credit"):
        accounts.basins[column] = PAYLOADS[: len(accounts.basins)]
    measures = pd.DataFrame(
        {"msme_id": accounts.msmes["msme_id"], "measure": PAYLOADS, "status": PAYLOADS, "investment_usd": 1.0}
    )
    accounts = replace(accounts, registers={"recommendations": measures})
    save_page(build_map(accounts), tmp_path / "page.html")
    browser.requests.clear()
    browser.errors.clear()
    browser.resize(1280, 720)
    browser.open(tmp_path / "page.html")
    for language in (0, 1):
        press(browser, "#languages button", language)
        for view in (1, 2, 0):
            press(browser, ".tabs button", view)
        browser.run(
            "{ const f = document.querySelector('#search'); f.value = 'a'; f.dispatchEvent(new Event('input')); }"
        )
        for firm in range(browser.run("document.querySelectorAll('#found .firm-row').length")):
            press(browser, "#found .firm-row", firm)
            press(browser, "#card .back")
        press(browser, ".basin-row")
        press(browser, "#card .back")
    for x in range(420, 1280, 40):
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=250)
    assert browser.run("window.fired") is None
    assert (
        browser.run(
            "document.querySelectorAll('main script, main iframe, main img:not(.leaflet-tile)').length"
        )
        == 0
    )
    assert complaints(browser) == []


_FREE = [
    "name",
    "department",
    "municipality",
    "address",
    "Rubro",
    "ciiu",
    "repairs",
    "reason",
    "equation",
    "measure",
    "title",
    "lender",
    "finding",
    "action",
    "authority",
    "norm",
    "source",
    "specialities",
    "branches",
    "verified_by",
]


def hostile(table: pd.DataFrame) -> pd.DataFrame:
    """Write payloads into every free text of a table, and into the identifiers of firms and people."""
    table = table.copy()
    for name in {*_FREE, "basin_name"} & {str(column) for column in table}:
        table[name] = [PAYLOADS[row % len(PAYLOADS)] for row in range(len(table))]
    for name in {"msme_id", "person_id"} & {str(column) for column in table}:
        table[name] = [
            "" if pd.isna(text) else f"{text}<img src=x onerror=window.fired=1>" for text in table[name]
        ]
    return table


def test_no_payload_fires_in_the_folder_of_a_whole_programme(browser: Chromium, tmp_path: Path) -> None:
    import csv

    import openpyxl

    from watershed_cp.pipeline import run
    from watershed_cp.reference import data_path

    impact = run(data_path("demo", "project.toml"))
    tables = {
        name: hostile(getattr(impact, name)) for name in ("msmes", "assignments", "ledger", "basin_loads")
    }
    registers = {name: hostile(table) for name, table in impact.registers.items()}
    impact = replace(impact, **tables, registers=registers, posters=())
    impact.basins["name_es"] = impact.basins["name_en"] = PAYLOADS[: len(impact.basins)]
    folder = impact.save(tmp_path / "out")
    for page, ready in (("index.html", None), ("report.html", "true")):
        browser.requests.clear()
        browser.errors.clear()
        browser.open(folder / page, **({"ready": ready} if ready else {}))
        for selector in (".tabs [data-view=table]", ".tabs [data-view=ledger]", "details", "summary"):
            browser.run(f"document.querySelectorAll({json.dumps(selector)}).forEach((one) => one.click())")
        browser.paper(tmp_path / "printed.pdf")
        assert browser.run("window.fired") is None
        assert (
            browser.run("document.querySelectorAll('main script, main iframe, article script').length") == 0
        )
        assert complaints(browser) == []
    book = openpyxl.load_workbook(folder / "tables" / "results.xlsx", read_only=True)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    for path in (folder / "tables").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@\t" and cell and not _is_number(cell)], (
            path.name
        )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_no_payload_fires_on_the_map_of_whom_to_visit(browser: Chromium, tmp_path: Path) -> None:
    from watershed_cp.cli import main

    columns = {
        "msme_id": range(len(PAYLOADS)),
        "name": PAYLOADS,
        "address": PAYLOADS,
        "municipality": PAYLOADS,
    }
    firms = pd.DataFrame(columns).assign(latitude=13.75, longitude=-89.18)
    firms.replace("\x00", "", regex=True).to_csv(tmp_path / "register.csv", index=False)
    assert main(["near", str(tmp_path / "register.csv"), "--out", str(tmp_path / "visits.html")]) == 0
    browser.requests.clear()
    browser.errors.clear()
    browser.open(tmp_path / "visits.html")
    for language in (0, 1):
        press(browser, "#languages button", language)
        for view in (1, 0):
            press(browser, ".tabs button", view)
        press(browser, "#found .firm-row")
        press(browser, "#card .back")
    assert browser.run("window.fired") is None
    assert complaints(browser) == []


def test_programme_without_any_audit_still_opens(browser: Chromium, tmp_path: Path) -> None:
    accounts = programme(firms=3)
    empty = {
        name: getattr(accounts, name).iloc[:0] for name in ("msmes", "assignments", "ledger", "basin_loads")
    }
    save_page(build_map(replace(accounts, **empty, period=None)), tmp_path / "page.html")
    browser.requests.clear()
    browser.errors.clear()
    browser.open(tmp_path / "page.html")
    assert text(browser, "h1") == "Empresas en las cuencas: 0"
    for view in (
        ".tabs [data-view=table]",
        ".tabs [data-view=ledger]",
        ".tabs [data-view=map]",
        ".basin-row",
    ):
        press(browser, view)
    assert "0 empresas: 0 en el mapa, 0 sin ubicar." in text(browser, "#card")
    assert complaints(browser) == []


def test_map_opens_inside_a_notebook(browser: Chromium, tmp_path: Path) -> None:
    (tmp_path / "cell.html").write_text(
        f"<!DOCTYPE html><body>{build_map(programme())._repr_html_()}", "utf-8"
    )
    browser.requests.clear()
    browser.errors.clear()
    inside = "document.querySelector('iframe').contentDocument"
    browser.open(
        tmp_path / "cell.html", ready=f"{inside}.body && !{inside}.body.classList.contains('waiting')"
    )
    assert browser.run(f"{inside}.querySelector('h1').textContent").startswith("Se evitan ")
    assert complaints(browser) == []


def test_a_folium_layer_added_by_hand_works_offline(browser: Chromium, tmp_path: Path) -> None:
    import folium

    chart = build_map(programme())
    folium.Marker([14.6, -90.5], popup="Planta de tratamiento", tooltip="Planta").add_to(chart)
    folium.CircleMarker([14.0, -89.0], radius=8).add_to(chart)
    folium.LayerControl().add_to(chart)
    chart.save(tmp_path / "page.html")
    browser.requests.clear()
    browser.errors.clear()
    browser.open(tmp_path / "page.html")
    press(browser, ".leaflet-marker-icon")
    assert (
        browser.run("document.querySelector('.leaflet-popup-content').textContent.trim()")
        == "Planta de tratamiento"
    )
    assert complaints(browser) == []


_AXE = pytest.mark.skipif(
    util.find_spec("axe_core_python") is None, reason="axe-core-python is not installed"
)


def violations(tab: Chromium, *views: str) -> dict[tuple[str, str], list[str]]:
    """Press what `views` name, one after the other, and give what axe-core finds wrong after each."""
    tab.run(resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8") + ";0")
    found = {}
    for view in ("", *views):
        if view:
            press(tab, view)
        time.sleep(0.3)
        for fault in tab.run("axe.run({resultTypes: ['violations']}).then((r) => r.violations)"):
            found[view, fault["id"]] = [
                node["html"][:120] + str(node["any"][:1])[:300] for node in fault["nodes"][:3]
            ]
    return found


@_AXE
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_axe_finds_nothing(tab: Chromium, size: tuple[int, int]) -> None:
    tab.resize(*size)
    views = (".basin-row", "#card .firm-row", ".tabs [data-view=table]", ".tabs [data-view=ledger]")
    assert not violations(tab, *views, "#languages [lang=en]", ".tabs [data-view=map]", "#card summary")


@_AXE
def test_axe_finds_nothing_among_sub_basins_years_and_filters(demonstration: Chromium) -> None:
    demonstration.run(
        "{ const s = document.querySelector('#year'); s.value = 2; s.dispatchEvent(new Event('input')); }"
    )
    views = (
        "[data-units=parts]",
        ".filters summary",
        ".tabs [data-view=table]",
        ".tabs [data-view=map]",
        ".fates button",
    )
    assert not violations(demonstration, *views)


@_AXE
def test_axe_finds_nothing_on_the_page_of_a_course(browser: Chromium, tmp_path: Path) -> None:
    accounts = programme(firms=3)
    release = Release(-90.5, 14.66, "BOD5", 1000.0)
    save_page(build_map(accounts, release=release), tmp_path / "page.html")
    browser.resize(1280, 720)
    browser.open(tmp_path / "page.html")
    assert text(browser, "h1") == "Adónde va el agua"
    assert "De 1.00" in text(browser, "#card")
    assert not violations(browser, "#languages [lang=en]")
