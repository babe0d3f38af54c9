"""Posters: what they say is what the accounts hold, nothing overlaps, and the same accounts give the same bytes."""

import dataclasses
import itertools
import math
import re

import geopandas as gpd
import matplotlib.text
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from watershed_cp import tables
from watershed_cp.basins.catalogue import built_in, read_basins
from watershed_cp.errors import Text
from watershed_cp.impact.aggregation import Accounts
from watershed_cp.impact.ledger import summarise
from watershed_cp.publish import cartography, lettering, posters
from watershed_cp.publish.factsheets import draw_factsheet
from watershed_cp.publish.findings import count_word, find, span, tight
from watershed_cp.publish.terrain import Frame, ground, mercator, paint, rivers

HAIR = "\N{NARROW NO-BREAK SPACE}"
INFINITY = float("inf")


def place(msme_id, basin_id="a", longitude=0.5, latitude=0.5, **more):
    row = {"status": "inside", "confidence": "sure", "probability": 1.0}
    return {
        "msme_id": msme_id,
        "basin_id": basin_id,
        "longitude": longitude,
        "latitude": latitude,
        **row,
        **more,
    }


def entry(
    msme_id,
    basin_id="a",
    pollutant="BOD5",
    fate="credited",
    before=100.0,
    after=40.0,
    spread=10.0,
    evidence="B",
):
    reduction = before - after
    ends = {"reduction_low_kg_yr": reduction - spread, "reduction_high_kg_yr": reduction + spread}
    loads = {"baseline_kg_yr": before, "follow_up_kg_yr": after, "reduction_kg_yr": reduction, **ends}
    credit = basin_id if fate == "credited" else None
    return {
        "msme_id": msme_id,
        "basin_id": credit,
        "pollutant": pollutant,
        "fate": fate,
        "evidence": evidence,
        **loads,
    }


def total(basin_id, pollutant, msmes, before, after, reduction, low, high):
    percent = 100 * reduction / before if before else math.nan
    row = (basin_id, basin_id, pollutant, msmes, before, after, reduction, low, high, reduction, percent)
    return dict(zip(tables.BASIN_LOADS.names, row, strict=True))


def close(places, entries, totals, basins):
    ledger = pd.DataFrame(entries).reindex(columns=tables.LEDGER.names)
    return Accounts(
        title=Text("Programa", "Programme"),
        basins=basins,
        msmes=pd.DataFrame(places)[["msme_id"]],
        assignments=pd.DataFrame(places),
        ledger=ledger,
        basin_loads=pd.DataFrame(totals),
        ledger_summary=summarise(ledger),
        measurements=pd.DataFrame(),
    )


@pytest.fixture
def two_squares():
    """Two squares far from the base map, four firms inside, one outside, one not located."""
    basins = gpd.GeoDataFrame(
        {
            "name_es": ["Cuenca A", "Cuenca B"],
            "name_en": ["Basin A", "Basin B"],
            "accuracy_m": [math.nan, 500.0],
        },
        index=pd.Index(["a", "b"], name="basin_id"),
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=4326,
    )
    places = [
        place("F1"),
        place("F2", longitude=0.9, confidence="ambiguous"),
        place("F3"),
        place("F4", "b", longitude=1.5),
        place("F5", None, longitude=2.5, status="outside"),
        place("F6", None, longitude=math.nan, latitude=math.nan, status="unlocated"),
    ]
    entries = [
        entry("F1", before=9_000, after=4_000, evidence="A"),
        entry("F2", before=3_000, after=2_000, evidence="B"),
        entry("F1", pollutant="TN", before=100, after=40),
        entry("F3", fate="unpaired", after=math.nan),
        entry("F4", "b", before=500, after=600, evidence="C"),
        entry("F5", fate="outside"),
        entry("F6", fate="unlocated"),
    ]
    totals = [
        total("a", "BOD5", 2, 12_000, 6_000, 6_000, 4_500, 7_500),
        total("a", "TN", 1, 100, 40, 60, 50, 70),
        total("b", "BOD5", 1, 500, 600, -100, -110, -90),
        total("b", "TN", 0, math.nan, math.nan, 0, 0, 0),
    ]
    return close(places, entries, totals, basins)


@pytest.fixture(scope="session")
def priority():
    """Put twelve firms on a grid of points into each of the four real watersheds."""
    basins = read_basins()
    places, entries, totals = [], [], []
    for basin_id, outline in basins.geometry.items():
        west, south, east, north = outline.bounds
        grid = np.meshgrid(np.linspace(west, east, 12), np.linspace(south, north, 12))
        dots = [
            dot
            for dot in np.column_stack([axis.ravel() for axis in grid])
            if outline.contains(shapely.Point(dot))
        ]
        chosen = dots[:: max(1, len(dots) // 12)][:12]
        for at, (longitude, latitude) in enumerate(chosen):
            msme_id = f"{basin_id}-{at}"
            confidence = "ambiguous" if at == 3 else "sure"
            places.append(place(msme_id, basin_id, longitude, latitude, confidence=confidence))
            fate = "unpaired" if at == 5 else "credited"
            entries += [
                entry(msme_id, basin_id, name, fate, 400.0 * (at + 1), 100.0 * at) for name in ("BOD5", "TSS")
            ]
        for at, name in enumerate(("BOD5", "COD", "TSS", "TN", "TP", "FOG", "Cr")):
            before = 31_000 / 3**at
            totals.append(
                total(
                    basin_id,
                    name,
                    len(chosen) - 1,
                    before,
                    0.6 * before,
                    0.4 * before,
                    -0.1 * before,
                    0.6 * before,
                )
            )
    entries += [
        entry(entries[0]["msme_id"], basins.index[0], name, "credited")
        for name in ("COD", "TN", "TP", "FOG", "Cr")
    ]
    accounts = close(places, entries, totals, basins)
    return dataclasses.replace(accounts, period=("2023-01-09", "2025-11-30"), synthetic=True)


def words(figure):
    return [
        text.get_text().replace(HAIR, " ") for text in figure.findobj(matplotlib.text.Text) if text.get_text()
    ]


def test_a_finding_is_what_the_accounts_hold(two_squares):
    finding = find(two_squares, "a")
    bod, nitrogen = finding.changes
    assert (bod.pollutant, bod.firms, bod.baseline, bod.follow_up) == ("BOD5", 2, 12_000, 6_000)
    assert (bod.reduction, bod.low, bod.high, bod.percent) == (6_000, 4_500, 7_500, 50)
    assert (nitrogen.pollutant, nitrogen.firms) == ("TN", 1)
    assert (finding.credited, finding.located, finding.outside, finding.unlocated) == (2, 3, 1, 1)
    assert finding.evidence == {"A": 5_000, "B": 1_000, "C": 0, "D": 0, "E": 0}
    assert [(row.fate, row.firms) for row in finding.left_out] == [("unpaired", 1)]


def test_marks_tell_counted_ambiguous_and_uncounted_firms(two_squares):
    places = find(two_squares, "a").places
    assert places["mark"].tolist() == ["counted", "ambiguous", "uncounted", "uncounted"]
    assert places["reduction_kg_yr"].tolist() == [5_000, 1_000, 0, 0]
    assert places["longitude"].tolist() == [0.5, 0.9, 0.5, 2.5]  # the last one lies outside every watershed


def test_room_that_few_pollutants_leave_tells_where_in_the_watershed(two_squares):
    halves = gpd.GeoDataFrame(
        {"parent": ["a", "a"], "name": ["Río Uno", None]},
        index=["a-1", "a-2"],
        geometry=[shapely.box(0, 0, 0.7, 1), shapely.box(0.7, 0, 1, 1)],
        crs=4326,
    )
    placed = two_squares.assignments[["msme_id", "longitude", "latitude"]]
    accounts = dataclasses.replace(two_squares, msmes=placed, levels={"half": halves})
    parts = find(accounts, "a").parts
    assert [(part.words("es"), part.reduction) for part in parts] == [
        ("Río Uno (a-1)", 5_000),
        ("Subcuenca a-2", 1_000),
    ]
    assert find(accounts).parts == ()
    said = words(posters.draw_poster(accounts, "a", form="slide", language="en"))
    assert {"Río Uno (a-1)", "Sub-basin a-2", "5.00 t", "1.00 t"} <= set(said)


def test_all_watersheds_together_add_up(two_squares):
    finding = find(two_squares)
    change = finding.changes[0]
    assert (change.baseline, change.follow_up, change.reduction) == (12_500, 6_600, 5_900)
    assert (change.low, change.high, change.firms) == (
        5_870,
        5_930,
        3,
    )  # three ranges of 10 kg without a spread
    assert change.percent == pytest.approx(100 * 5_900 / 12_500)
    assert (finding.credited, finding.located) == (3, 4)


def test_an_unknown_watershed_is_refused(two_squares):
    with pytest.raises(KeyError, match="nowhere"):
        posters.draw_poster(two_squares, "nowhere")


def test_the_title_states_the_finding_in_both_languages(two_squares):
    spanish, english = (
        words(posters.draw_poster(two_squares, "a", language=language)) for language in ("es", "en")
    )
    assert "Cuenca A: se evitan 6.00 t de DBO₅ al año" in spanish
    below = ("entre 4.50 y 7.50 t (rango de 90 %)", "50.0 % menos que en la línea base")
    assert "  ·  ".join([*below, "2 de 3 empresas con reducción acreditada"]) in spanish
    assert "Basin A: 6.00 t of BOD₅ avoided every year" in english
    assert "1 firm: unpaired row, baseline or follow-up missing" in english
    assert "Whole programme: 1 firm not located" in english


def test_an_increase_is_called_one(two_squares):
    spanish = words(posters.draw_poster(two_squares, "b"))
    assert "Cuenca B: se descargan 100 kg más de DBO₅ al año" in spanish
    assert "+20.0 %" in spanish
    assert "aumenta 100 kg, entre −110 y −90 kg; 1 empresa" in spanish


def test_nothing_credited_is_said_and_drawn_as_nothing(two_squares):
    loads = two_squares.basin_loads.assign(msmes=0)
    ledger = two_squares.ledger.assign(fate="unverified")
    empty = dataclasses.replace(two_squares, basin_loads=loads, ledger=ledger)
    assert "Basin A: no reductions credited yet" in words(posters.draw_poster(empty, "a", language="en"))
    assert "Two watersheds: no reductions credited yet" in words(posters.draw_overview(empty, language="en"))


def test_a_programme_that_keeps_only_the_difference_gets_one_bar(two_squares):
    loads = two_squares.basin_loads.assign(
        baseline_kg_yr=math.nan, follow_up_kg_yr=math.nan, reduction_pct=math.nan
    )
    texts = words(posters.draw_poster(dataclasses.replace(two_squares, basin_loads=loads), "a"))
    assert "se evitan 6.00 t, entre 4.50 y 7.50 t; 2 empresas" in texts
    assert not any(re.match(r"[\d.,]+ (t|kg) (antes|después)", text) for text in texts)


def test_a_range_without_end_is_said(two_squares):
    loads = two_squares.basin_loads.assign(reduction_high_kg_yr=INFINITY)
    texts = words(posters.draw_poster(dataclasses.replace(two_squares, basin_loads=loads), "a"))
    assert "se evitan 6.00 t, al menos 4.50 t; 2 empresas" in texts


def test_what_a_user_wrote_stays_text(two_squares):
    hostile = "$\\frac{1}{0}$ <b>{x}</b> %s"
    basins = two_squares.basins.assign(name_es=hostile)
    accounts = dataclasses.replace(two_squares, basins=basins, title=Text(hostile, hostile))
    figure = posters.draw_poster(accounts, "a", form="slide")
    FigureCanvasAgg(figure).draw()
    assert hostile in words(figure)
    assert f"{hostile}: se evitan 6.00 t de DBO₅ al año" in words(figure)


def test_the_accounts_are_left_as_they_were(two_squares):
    frames = ("basins", "assignments", "ledger", "basin_loads")
    before = {name: getattr(two_squares, name).copy() for name in frames}
    posters.draw_poster(two_squares, "a")
    posters.draw_overview(two_squares)
    for name in frames:
        pd.testing.assert_frame_equal(before[name], getattr(two_squares, name))


@pytest.mark.slow
def test_files_are_named_safely_and_repeat_to_the_byte(two_squares, tmp_path):
    accounts = dataclasses.replace(
        two_squares, basins=two_squares.basins.rename(index={"a": "../x/á b", "b": "overview"})
    )
    accounts.assignments["basin_id"] = accounts.assignments["basin_id"].replace(
        {"a": "../x/á b", "b": "overview"}
    )
    accounts.basin_loads["basin_id"] = accounts.basin_loads["basin_id"].replace(
        {"a": "../x/á b", "b": "overview"}
    )
    runs = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        written = posters.save_posters(accounts, folder, languages=["es"], forms=["slide"])
        runs.append({path.name: path.read_bytes() for path in written})
    assert sorted(runs[0]) == sorted(
        f"{stem}_slide_es.{kind}" for stem in ("overview", "overview_2", "x_á_b") for kind in ("pdf", "png")
    )
    assert runs[0] == runs[1]
    assert not any(b"CreationDate" in content or b"atplotlib" in content for content in runs[0].values())


def test_names_that_a_disk_takes_for_one_get_two_files(two_squares):
    def stems(first, second):
        basins = two_squares.basins.rename(index={"a": first, "b": second})
        return list(posters._stems(dataclasses.replace(two_squares, basins=basins)).values())

    assert stems("Ab", "aB") == ["Ab", "aB_2"]
    assert stems("OVERVIEW", "../../x") == ["OVERVIEW_2", "x"]
    assert stems("n" * 400 + "1", "n" * 400 + "2") == ["n" * 120, "n" * 120 + "_2"]
    assert all(len(stem.encode()) <= 130 for stem in stems("ñ" * 300, "a\u0301" * 300))


def test_an_own_watershed_of_a_built_in_name_gets_no_rivers_of_ours(two_squares):
    basins = two_squares.basins.rename(index={"a": "motagua"})
    assert built_in(basins) == frozenset()
    assert built_in(read_basins()) == {"acelhuate", "chamelecon", "motagua", "panama_canal"}


def test_every_pollutant_whose_range_includes_zero_says_so(priority):
    page = words(posters.draw_poster(priority, "motagua", language="es"))
    told = [text for text in page if text.startswith("se evitan ")]
    assert len(told) > 2
    assert sum("el rango incluye el cero" in text for text in page) == 1 + len(told)


def overlaps(figure, page):
    """Pairs of texts that share area, and texts that leave the page."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(72)
    canvas.draw()
    boxes = [
        (text.get_text(), text.get_window_extent(canvas.get_renderer()).padded(-0.6))
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_text()
    ]
    met = [(one[0], two[0]) for one, two in itertools.combinations(boxes, 2) if one[1].overlaps(two[1])]
    off = [
        name for name, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.width or box.y1 > page.height
    ]
    return met, off


@pytest.mark.parametrize("form", [pytest.param("a3", marks=pytest.mark.slow), "slide"])
@pytest.mark.parametrize("basin_id", ["acelhuate", "chamelecon", "motagua", "panama_canal", None])
def test_no_text_overlaps_another_or_leaves_the_page(priority, basin_id, form):
    language = "es" if form == "a3" else "en"
    if basin_id is None:
        figure = posters.draw_overview(priority, language=language, form=form)
    else:
        figure = posters.draw_poster(priority, basin_id, language=language, form=form)
    assert overlaps(figure, posters.FORMS[form]) == ([], [])


@pytest.mark.parametrize("basin_id", ["acelhuate", "motagua"])
def test_a_fact_sheet_says_all_in_both_languages_and_nothing_overlaps(priority, basin_id):
    figure = draw_factsheet(priority, basin_id)
    assert overlaps(figure, posters.FORMS["factsheet"]) == ([], [])
    texts = words(figure)
    for spanish, english in (
        ("La cuenca", "The watershed"),
        ("Ríos principales", "Main rivers"),
        ("Lo que no se suma, y por qué", "What is not counted, and why"),
    ):
        assert texts.count(spanish) == texts.count(english) == 1
    assert texts.count({"acelhuate": "716 km²", "motagua": "16,417 km²"}[basin_id]) == 2


def test_a_fact_sheet_of_an_own_watershed_says_what_is_known(two_squares):
    measured = dataclasses.replace(two_squares, basins=two_squares.basins.assign(area_km2=12_300.0))
    texts = words(draw_factsheet(measured, "a"))
    assert "12,300 km²" in texts
    assert "Ríos principales" not in texts


def test_synthetic_data_and_sources_are_named_on_the_page(priority):
    texts = " ".join(words(posters.draw_poster(priority, "motagua", language="en")))
    for phrase in (
        "Synthetic data: firms and measurements are made up",
        "Measurements from 9 Jan 2023 to 30 Nov 2025.",
        "not official",
        "Natural Earth",
        "Ferranti",
        "the range includes zero",
        "Also in the tables: total chromium",
    ):
        assert phrase in texts


def test_the_key_explains_the_marks_that_are_there_and_no_other(two_squares):
    keys = ("Cuenca dudosa", "No se suma")
    assert [key in words(posters.draw_poster(two_squares, "a")) for key in keys] == [True, True]
    assert [key in words(posters.draw_poster(two_squares, "b")) for key in keys] == [False, True]


def test_rivers_end_at_the_coast_that_is_drawn(two_squares):
    figure = Figure(figsize=(10, 10))
    coast = shapely.union_all([line for _, line in rivers("chamelecon")])
    sheet = cartography.Sheet.on(
        figure, (0, 0), Frame.around(coast, 700, 700, margin=10), posters.FORMS["a3"].sizes, 1.0
    )
    cartography.draw_rivers(sheet, "chamelecon")
    drawn = [path.vertices for lines in sheet.axes.collections for path in lines.get_paths()]
    sea = shapely.buffer(sheet.frame.cut(ground().sea), -0.01)
    assert drawn
    assert not any(shapely.intersects(sea, shapely.LineString(dots)) for dots in drawn)
    assert shapely.intersects(sea, sheet.frame.cut(coast))


def test_the_map_names_rivers_towns_lakes_and_neighbours(priority):
    texts = words(posters.draw_poster(priority, "motagua", language="es"))
    assert {"Lago de Izabal", "H O N D U R A S", "E L   S A L V A D O R"} <= set(texts)
    assert {properties["name_es"] for properties, _ in rivers("motagua")} >= {"Río Motagua"}


def test_bars_start_at_zero_and_grow_with_the_load(two_squares):
    figure = posters.draw_poster(two_squares, "a")
    column = posters.FORMS["a3"].column
    bars = [
        patch for patch in figure.axes[0].get_children() if isinstance(patch, matplotlib.patches.Rectangle)
    ]
    before, after = [bar for bar in bars if bar.get_x() == column.left and bar.get_height() < 15][:2]
    assert after.get_width() / before.get_width() == pytest.approx(6_000 / 12_000)


@given(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
def test_a_range_reads_in_one_unit(low, high):
    low, high = sorted([low, high])
    text = span(high, low, high, "en")
    assert text.startswith("between ")
    assert text.count(HAIR) == 1


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (math.nan, 1.0, "range unknown"),
        (-INFINITY, INFINITY, "range unknown"),
        (2_000.0, INFINITY, f"at least 2.00{HAIR}t"),
        (-INFINITY, 900.0, f"at most 900{HAIR}kg"),
    ],
)
def test_open_ranges_are_put_in_words(low, high, text):
    assert span(1_000.0, low, high, "en") == text


def test_minus_signs_and_units_are_set_like_print():
    assert tight("de -3 t a 5 kg, F-7 y 90 % menos") == f"de −3{HAIR}t a 5{HAIR}kg, F-7 y 90{HAIR}% menos"


def test_small_counts_are_words():
    assert [count_word(count, "es") for count in (1, 4, 10, 11)] == ["Una", "Cuatro", "Diez", "11"]


def test_a_frame_turns_degrees_into_points_and_keeps_its_margin():
    frame = Frame.around(shapely.box(10, 0, 12, 1), 200, 200, margin=20)
    assert frame.scale == 80
    assert frame.points(np.array([[10.0, 0.0], [12.0, 1.0]])).tolist() == [[20, 60], [180, 140]]


def test_scale_on_the_ground_grows_with_latitude():
    sixty = mercator(np.array([[0.0, 60.0]]))[0, 1]
    equator, north = (Frame(0, y - 0.5, 100, 100, 100).points_per_metre for y in (0.0, sixty))
    assert north / equator == pytest.approx(2, rel=1e-3)


def test_a_wide_edge_is_painted_softer_than_a_narrow_one():
    frame = Frame(0, 0, 100, 200, 200)
    square = shapely.box(0.5, 0.5, 1.5, 1.5)
    narrow, wide = (
        paint(frame, 72, outline=square, softness=points)[100, :, 0].astype(int) for points in (1, 12)
    )
    assert np.count_nonzero(np.diff(wide)) > 3 * np.count_nonzero(np.diff(narrow))


def test_words_wrap_to_the_width_they_are_given():
    text = "Todo lo que reportan las empresas de la cuenca está sumado en este afiche"
    lines = lettering.wrap(text, 10, 120)
    assert " ".join(lines) == text
    assert all(lettering.text_width(line, 10) <= 120 for line in lines)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300), st.floats(5, 60)), max_size=40))
def test_placed_labels_never_meet(wishes):
    labels = lettering.Labels(lettering.Box(0, 0, 300, 300))
    for x, y, width in wishes:
        labels.beside(x, y, (width, 10), gap=4)
    assert not any(one.meets(two) for one, two in itertools.combinations(labels.taken, 2))
    assert all(box.within(labels.frame) for box in labels.taken)
