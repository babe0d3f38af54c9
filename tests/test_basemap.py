"""The base map is whole, clean, small and credited."""

import hashlib
import re
from collections import Counter

import numpy as np
import pytest
import shapely
from PIL import Image
from shapely.geometry import shape

from watershed_cp.publish.basemap import read_basemap
from watershed_cp.reference import data_path

LAYERS = ("land", "borders", "departments", "lakes", "seas", "towns")


@pytest.fixture(scope="module")
def basemap():
    return read_basemap()


def outlines(features):
    return np.array([shape(feature["geometry"]) for feature in features])


def column(features, name):
    return [feature["properties"][name] for feature in features]


def test_departments_are_those_of_the_four_countries(basemap):
    countries = column(basemap.departments, "country")
    assert Counter(countries) == {"GT": 22, "SV": 14, "HN": 18, "PA": 12}
    names = {
        f"{country} {name}"
        for country, name in zip(countries, column(basemap.departments, "name"), strict=True)
    }
    assert {
        "GT Petén",
        "GT Quetzaltenango",
        "SV Cabañas",
        "HN Cortés",
        "PA Guna Yala",
        "PA Ngäbe-Buglé",
    } <= names
    assert len(names) == 66


@pytest.mark.parametrize("layer", ["land", "departments"])
def test_neighbours_share_their_border_point_for_point(basemap, layer):
    shapes = outlines(getattr(basemap, layer))
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_a_countrys_departments_make_up_the_country(basemap):
    land = dict(zip(column(basemap.land, "country"), outlines(basemap.land), strict=True))
    countries = np.array(column(basemap.departments, "country"))
    for country in ("GT", "SV", "HN", "PA"):
        whole = shapely.union_all(outlines(basemap.departments)[countries == country])
        assert whole.symmetric_difference(land[country]).area == pytest.approx(0, abs=1e-9)


def test_each_border_is_drawn_once(basemap):
    lines = outlines(basemap.borders)
    assert column(basemap.borders, "kind") == ["country", "department"]
    for one in lines:
        assert shapely.union_all(shapely.get_parts(one)).length == pytest.approx(one.length)
    assert lines[0].intersection(lines[1]).length == pytest.approx(0, abs=1e-9)


def test_sea_and_land_fill_the_window(basemap):
    rings = basemap.sea["geometry"]["coordinates"]
    window = shapely.box(*basemap.relief.bounds)
    land = shapely.union_all(outlines(basemap.land))
    holes = shapely.union_all([shapely.Polygon(ring) for ring in rings[1:]])
    assert shapely.Polygon(rings[0]).equals(window)
    assert holes.symmetric_difference(land).area == pytest.approx(0, abs=1e-9)


def test_every_name_is_there_in_both_languages(basemap):
    for layer in (basemap.land, basemap.towns, basemap.seas):
        assert all(column(layer, "name_es"))
        assert all(column(layer, "name_en"))
    assert {"Lago de Izabal", "Lago de Atitlán", "Lago de Yojoa", "Lago Gatún"} <= set(
        column(basemap.lakes, "name_es")
    )


def test_towns_lie_in_their_country_with_the_capitals_first(basemap):
    land = dict(zip(column(basemap.land, "country"), outlines(basemap.land), strict=True))
    for town in basemap.towns:
        assert shape(town["geometry"]).distance(land[town["properties"]["country"]]) < 0.02, town
    ranks = column(basemap.towns, "rank")
    assert ranks == sorted(ranks)
    capitals = {name for name, rank in zip(column(basemap.towns, "name_es"), ranks, strict=True) if rank == 1}
    assert {"Ciudad de Guatemala", "San Salvador", "Tegucigalpa", "Ciudad de Panamá"} <= capitals


def test_towns_stand_once(basemap):
    places = zip(column(basemap.towns, "country"), column(basemap.towns, "name_es"), strict=True)
    assert max(Counter(places).values()) == 1


def test_relief_shows_land_warm_and_light(basemap):
    for sheet in (basemap.relief, *basemap.close_ups.values()):
        with Image.open(sheet.path) as image:
            colours = np.asarray(image.convert("RGB"), float)
        assert colours.min() > 150  # labels in ink keep 4.5 to 1 on it
        assert colours[..., 0].mean() >= colours[..., 2].mean()  # warm, not blue


def test_close_ups_cover_the_four_watersheds(basemap):
    from watershed_cp.basins.catalogue import read_basins

    basins = read_basins()
    assert sorted(basemap.close_ups) == basins.index.tolist()
    for basin_id, outline in basins.geometry.items():
        assert shapely.box(*basemap.close_ups[basin_id].bounds).contains(outline)


def test_the_whole_stays_small():
    folder = data_path("basemap")
    sizes = [
        path.stat().st_size for path in folder.iterdir() if path.suffix in (".geojson", ".webp", ".json")
    ]
    assert sum(sizes) < 700_000


def test_coordinates_carry_no_false_precision(basemap):
    for layer in LAYERS:
        dots = shapely.get_coordinates(outlines(getattr(basemap, layer)))
        assert np.allclose(dots, dots.round(4), atol=1e-9)


def test_readme_names_source_licence_and_sha256_of_each_file():
    text = data_path("basemap", "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"`([\w.]+)` \| .*?`([0-9a-f]{64})`", text))
    files = {
        path.name: path
        for path in data_path("basemap").iterdir()
        if path.suffix in (".geojson", ".webp", ".json")
    }
    assert listed.keys() == files.keys()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name], name


@pytest.mark.parametrize("source", ["Natural Earth", "GSHHG", "GeoNames", "Ferranti"])
def test_credits_name_every_source_in_both_languages(basemap, source):
    assert source in basemap.credits.es
    assert source in basemap.credits.en
