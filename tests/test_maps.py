"""The workshop map without a browser: what stands in the file, and what must never stand in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import pandas as pd
import pytest
import shapely
from browser.programme import programme
from makers import same, three_squares

from watershed_cp.errors import InputError, Text
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.publish.maps import WorkshopMap, build_map, save_page
from watershed_cp.publish.page import leaflet
from watershed_cp.publish.payload import DEGREE, cut_mantissa, pack, ragged
from watershed_cp.publish.style import COLOURS, contrast, ramp_breaks

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}{% raw %}${7*7}`\u2028</style>'


def unpack(text: str) -> tuple[Any, dict[str, np.ndarray]]:
    """Read what `pack` wrote, the plain way."""
    stream = zlib.decompress(base64.b64decode(text))
    size = int.from_bytes(stream[:4], "little")
    written = json.loads(stream[4 : 4 + size])
    body = np.frombuffer(stream[4 + size :], np.uint8)
    columns = {}
    for name, (kind, offset, length) in written["columns"].items():
        width = np.dtype(kind).itemsize
        planes = body[offset : offset + length * width].reshape(width, length)
        columns[name] = np.frombuffer(planes.T.tobytes(), kind)
    return written["head"], columns


def packed(page: str) -> list[tuple[Any, dict[str, np.ndarray]]]:
    return [unpack(text) for text in re.findall(r'<script type="text/plain" id="\w+">([^<]+)</script>', page)]


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return programme()


@pytest.fixture(scope="module")
def page(accounts: Accounts) -> str:
    return build_map(accounts).get_root().render()


def three_firms() -> Accounts:
    """F1 in a with 30 kg/yr avoided, F2 outside with 5, F3 without a place and without a follow-up."""
    claims = pd.DataFrame(
        {
            "msme_id": ["F1", "F2", "F3"],
            "pollutant": "BOD5",
            "fate": ["credited", "credited", "unpaired"],
            "reason": ["", "", "no follow-up"],
            "baseline_kg_yr": [100.0, 10.0, 40.0],
            "follow_up_kg_yr": [70.0, 5.0, np.nan],
            "reduction_kg_yr": [30.0, 5.0, np.nan],
            "reduction_low_kg_yr": [25.0, 4.0, np.nan],
            "reduction_high_kg_yr": [36.0, 7.0, np.nan],
            "evidence": ["A", "B", None],
            "date": pd.to_datetime(["2020-05-01", None, None]),
        }
    )
    placed = pd.DataFrame(
        {
            "msme_id": ["F1", "F2", "F3"],
            "longitude": [0.5, 5.0, np.nan],
            "latitude": [0.25, 0.5, np.nan],
            "location_accuracy_m": [50.0, 50.0, np.nan],
            "basin_id": ["a", None, None],
            "status": ["inside", "outside", "unlocated"],
            "confidence": ["sure", None, None],
            "probability": [0.99, np.nan, np.nan],
            "distance_to_divide_m": [27000.0, -220000.0, np.nan],
            "nearest_basin_id": ["a", "c", None],
            "repairs": ["", "", ""],
        }
    )
    firms = pd.DataFrame(
        {
            "msme_id": ["F1", "F2", "F3"],
            "name": ["Uno", "Dos", "Tres"],
            "country": "SV",
            "employees": [4, None, 9],
        }
    )
    return close_accounts(claims, placed, three_squares(), msmes=firms, title=Text("Prueba", "Test"))


def test_page_is_whole_and_asks_for_nothing(page: str) -> None:
    assert page.startswith('<!DOCTYPE html>\n<html lang="es">\n')
    assert "<title>Programa de producción más limpia</title>" in page
    page = page.replace(leaflet("leaflet.js"), "")
    assert not re.search(r'(?:src|href)\s*=\s*["\']?\s*(?:https?:)?//', page)
    assert not re.search(r"url\(\s*[\"']?(?!data:|#)", page)
    for foreign in ("jquery", "bootstrap", "fontawesome", "cdn."):
        assert foreign not in page.lower()


def test_policy_lets_only_the_pages_own_scripts_and_styles_through(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag in ("script", "style"):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        hashes = [
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in blocks
        ]
        assert rules[f"{tag}-src"].split() == hashes


def test_same_accounts_give_the_same_bytes(accounts: Accounts, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        chart = build_map(accounts)
        folium.Marker([14.0, -89.0], popup="Taller").add_to(chart)
        chart.save(tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_saving_twice_gives_the_same_page_with_what_was_added_since(
    accounts: Accounts, tmp_path: Path
) -> None:
    chart = build_map(accounts)
    save_page(chart, tmp_path / "page.html")
    bare = (tmp_path / "page.html").read_text("utf-8")
    save_page(chart, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == bare
    folium.GeoJson({"type": "Point", "coordinates": [-89.0, 14.0]}).add_to(chart)
    save_page(chart, tmp_path / "page.html")
    assert "L.geoJson(" in (tmp_path / "page.html").read_text("utf-8").split("watershed.open(")[1]


def test_no_text_of_a_table_stands_in_the_page(tmp_path: Path) -> None:
    accounts = programme(firms=6)
    for name in ("name", "municipality", "department", "ciiu"):
        accounts.msmes[name] = [f"{HOSTILE}{name}{i}" for i in range(len(accounts.msmes))]
    accounts.ledger["reason"] = HOSTILE
    save_page(build_map(accounts), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "alert(1)" not in text
    assert "7*7" not in text
    (firms,) = [head for head, _ in packed(text) if "names" in head]
    assert firms["names"][0] == f"{HOSTILE}name0"
    assert firms["ledger"]["distinct"]["reason"] == [[HOSTILE, HOSTILE]]


def test_title_is_escaped() -> None:
    html = build_map(close_accounts(*_empty(), title=Text(HOSTILE, HOSTILE))).get_root().render()
    assert "<script>alert(1)" not in html
    assert "{{ 7*7 }}" in html


def _empty() -> tuple[pd.DataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    claims = three_firms().ledger.drop(columns="basin_id").iloc[:0]
    return claims, three_firms().assignments.iloc[:0], three_squares()


def test_firms_and_ledger_arrive_as_they_are() -> None:
    html = build_map(three_firms()).get_root().render()
    ((head, columns),) = [(head, columns) for head, columns in packed(html) if "names" in head]
    assert head["names"] == ["Uno", "Dos", "Tres"]
    assert columns["longitude"].tolist() == [50_000, 500_000, -(2**31)]
    assert columns["basin"].tolist() == [0, 255, 255]
    assert columns["nearest"].tolist() == [0, 2, 255]
    assert columns["row_firm"].tolist() == [0, 1, 2]
    assert [head["ledger"]["fates"][code] for code in columns["row_fate"]] == [
        "credited",
        "outside",
        "unpaired",
    ]
    reduction, below, skew = (columns[f"row_{name}"][:2] for name in ("reduction", "below", "skew"))
    assert reduction.tolist() == [30.0, 5.0]
    assert (reduction - below * reduction).round(4).tolist() == [25.0, 4.0]
    assert (reduction + (below + skew) * reduction).round(4).tolist() == [36.0, 7.0]
    assert np.isnan(columns["row_reduction"][2])
    assert head["ledger"]["distinct"]["reason"] == [["", ""], ["falta el seguimiento", "no follow-up"]]
    assert columns["code_reason"].tolist() == [1, 1, 2]


def test_totals_of_every_year_and_of_all_say_their_range() -> None:
    html = build_map(three_firms()).get_root().render()
    (head,) = [head for head, _ in packed(html) if "overall" in head]
    (total,) = [row for row in head["overall"] if row["year"] == ""]
    assert (total["msmes"], total["reduction_kg_yr"], total["reduction_pct"]) == (1, 30.0, 30.0)
    assert (total["reduction_low_kg_yr"], total["reduction_high_kg_yr"]) == (25.0, 36.0)
    assert {row["year"] for row in head["loads"]["basins"] if row["unit"] == "a"} == {"", "2020"}
    assert head["classes"]["basins"]["reduction"]["BOD5"] == list(ramp_breaks([30.0, 0.0, 0.0]))


def test_measures_and_sizes_stand_with_their_firm() -> None:
    measures = pd.DataFrame(
        {
            "msme_id": ["F3", "F1", "X"],
            "measure": ["Trampa de grasa", "Reúso", "De nadie"],
            "status": ["verified", "accepted", "rejected"],
            "investment_usd": [510.0, None, 1.0],
            "saving_usd_yr": [230.0, None, 1.0],
        }
    )
    html = build_map(replace(three_firms(), registers={"recommendations": measures})).get_root().render()
    ((head, columns),) = [(head, columns) for head, columns in packed(html) if "names" in head]
    assert head["measures"] == {
        "measure": ["Trampa de grasa", "Reúso"],
        "status": ["verified", "accepted"],
        "investment_usd": [510.0, None],
        "saving_usd_yr": [230.0, None],
        "firm": [2, 0],
    }
    assert [head["sizes"][code] if code < 255 else "" for code in columns["size"]] == ["micro", "", "micro"]
    assert columns["row_year"].tolist() == [2020, 0, 0]


def test_totals_can_be_read_without_any_script() -> None:
    html = build_map(three_firms()).get_root().render()
    row = '<th scope="row">Cuenca A</th><td>DBO5</td><td>30.0 kg</td><td>25.0 – 36.0 kg</td>'
    assert row in html


def test_open_range_stays_open() -> None:
    accounts = three_firms()
    accounts.ledger["reduction_low_kg_yr"] = -np.inf
    accounts.ledger["reduction_high_kg_yr"] = np.inf
    ((_, columns),) = [part for part in packed(build_map(accounts).get_root().render()) if "names" in part[0]]
    assert columns["row_below"].tolist()[:2] == [np.inf, np.inf]
    assert columns["row_skew"].tolist()[:2] == [0.0, 0.0]


def test_accounts_are_left_alone(accounts: Accounts) -> None:
    before = {
        name: getattr(accounts, name).copy() for name in ("msmes", "assignments", "ledger", "basin_loads")
    }
    build_map(accounts)
    for name, table in before.items():
        same(table, getattr(accounts, name))


def test_synthetic_data_say_so(accounts: Accounts, page: str) -> None:
    assert "Datos sintéticos, no de empresas reales</p>" in page
    real = build_map(programme(synthetic=False)).get_root().render()
    assert "Datos sintéticos, no de empresas reales</p>" not in real


def test_page_opens_in_the_first_language(accounts: Accounts) -> None:
    html = build_map(accounts, languages=("en",)).get_root().render()
    assert '<html lang="en">' in html
    assert "<title>Cleaner production programme</title>" in html


def test_unknown_language_is_refused(accounts: Accounts) -> None:
    with pytest.raises(InputError) as caught:
        build_map(accounts, languages=("es", "fr"))
    assert caught.value.tell("en") == "The page does not speak “es, fr”. Choose “es”, “en” or both."
    assert caught.value.tell("es") == "La página no habla «es, fr». Elija «es», «en» o los dos."


def test_plugin_that_needs_the_internet_is_refused(accounts: Accounts, tmp_path: Path) -> None:
    from folium.plugins import HeatMap

    chart = build_map(accounts)
    HeatMap([[14.0, -89.0]]).add_to(chart)
    with pytest.raises(InputError, match="from the internet") as caught:
        chart.save(tmp_path / "page.html")
    assert caught.value.faults[0].value.endswith("leaflet_heat.min.js")
    assert not (tmp_path / "page.html").exists()


def test_tiles_only_when_asked_for(accounts: Accounts, page: str) -> None:
    layer = folium.TileLayer("https://{s}.example.org/{z}/{x}/{y}.png", attr="Example")
    online = build_map(accounts, tiles=layer).get_root().render()
    assert "img-src data: https://*.example.org" in online
    assert "example.org" not in page


def test_map_is_a_folium_map_that_shows_in_a_notebook(accounts: Accounts) -> None:
    chart = build_map(accounts)
    assert isinstance(chart, WorkshopMap)
    assert isinstance(chart, folium.Map)
    shown = chart._repr_html_()
    assert shown.count("<iframe srcdoc=") == 1
    assert "Content-Security-Policy" in shown


def test_notebook_that_runs_no_script_shows_a_picture(accounts: Accounts) -> None:
    bundle = build_map(accounts)._repr_mimebundle_()
    assert bundle["text/html"].count("<iframe srcdoc=") == 1
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert f'<noscript><img alt="" src="data:image/png;base64,{bundle["image/png"]}">' in bundle["text/html"]


def test_thousand_firms_fit_into_one_and_a_half_megabytes() -> None:
    assert len(build_map(programme(firms=1000)).get_root().render().encode()) < 1_500_000


def test_pack_round_trip() -> None:
    columns = {
        "a": np.array([1.5, np.nan, -2], "float32"),
        "b": np.array([], "int32"),
        "c": np.array([7, 255], "uint8"),
        "d": np.array([-(2**31), 9], "int32"),
    }
    head, back = unpack(pack({"x": "ñ"}, columns))
    assert head == {"x": "ñ"}
    for name, column in columns.items():
        np.testing.assert_array_equal(back[name], column)


def test_ragged_keeps_holes_and_parts() -> None:
    square = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    counts, steps = ragged([square, shapely.MultiPolygon([shapely.box(5, 5, 6, 6), shapely.box(8, 8, 9, 9)])])
    assert counts == [[[5, 5]], [[5], [5]]]
    places = steps.reshape(-1, 2).cumsum(axis=0) / DEGREE
    assert shapely.Polygon(places[:5], [places[5:10]]).equals(square)


def test_cut_mantissa_keeps_four_figures() -> None:
    values = np.array([0.0, 123.456, -9.87654e7, np.nan])
    cut = cut_mantissa(values, 13)
    np.testing.assert_allclose(cut, values, rtol=6.2e-5)


@pytest.mark.parametrize("tone", ["ink", "muted", "basin", "river_text", "firm_text"])
def test_every_text_tone_reads_on_paper(tone: str) -> None:
    assert contrast(getattr(COLOURS, tone), COLOURS.paper) >= 4.5
