"""The built-in watersheds, and layers of all kinds that users bring."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from watershed_cp.basins.catalogue import read_basins, read_built_in
from watershed_cp.basins.geometry import area_km2
from watershed_cp.basins.topology import Topology
from watershed_cp.errors import InputError, MissingFileError, Text
from watershed_cp.messages import label
from watershed_cp.tables import BASINS

if TYPE_CHECKING:
    from pathlib import Path

TWO = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]


def layer(
    path: Path, shapes: list[shapely.Geometry] = TWO, crs: str | None = "EPSG:4326", **columns: list
) -> Path:
    columns = columns or {"id": [f"w{i}" for i in range(len(shapes))]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def told(path: Path, **options: str) -> str:
    with pytest.raises(InputError) as error:
        read_basins(path, **options)
    return error.value.tell("en")


def note(key: str, **data: object) -> Text:
    return Text(label("mending", key, "es", **data), label("mending", key, "en", **data))


def test_the_four_watersheds() -> None:
    basins = read_basins()
    assert basins.index.tolist() == ["acelhuate", "chamelecon", "motagua", "panama_canal"]
    assert list(basins.columns) == [*BASINS.names, "geometry"]
    assert basins.index.name == "basin_id"
    assert basins.crs == "EPSG:4326"
    assert basins.is_valid.all()
    assert set(basins.geom_type) == {"Polygon"}
    assert basins["area_km2"].to_numpy() == pytest.approx(area_km2(basins.geometry), abs=0.06)
    assert (basins["accuracy_m"] > 0).all()
    assert shapely.coverage_is_valid(basins.geometry.to_numpy())


def test_areas_agree_with_published_ones() -> None:
    basins = read_basins()
    apart = (basins["area_km2"] / basins["published_area_km2"] - 1).abs()
    assert (apart[["acelhuate", "chamelecon", "panama_canal"]] < 0.03).all()


def test_outlines_are_no_staircase() -> None:
    for outline in read_basins().geometry:
        steps = np.abs(np.diff(shapely.get_coordinates(outline), axis=0))
        straight = (steps.min(axis=1) < 1e-9).mean()  # exactly north-south or east-west
        assert straight < 0.1


def test_sub_basins_nest_and_tile() -> None:
    basins, units = read_basins(), read_built_in("subbasins").set_index("basin_id")
    for level in (1, 2):
        at = units[units["level"] == level]
        assert shapely.coverage_is_valid(at.geometry.to_numpy())
        for parent, children in at.groupby("parent"):
            whole = basins.geometry[parent] if level == 1 else units.geometry[parent]
            gap = shapely.symmetric_difference(shapely.union_all(children.geometry), whole)
            assert sum(area_km2([gap])) * 1e6 < area_km2([whole])[0]  # below 1 m2 per km2
    counts = units.groupby([units.index.str.split("-").str[0], "level"]).size()
    assert 8 <= counts["motagua", 1] <= 12
    assert 40 <= counts["motagua", 2] <= 60
    assert counts["acelhuate", 1] < counts["motagua", 1]


def test_every_sub_basin_drains_to_its_outlet() -> None:
    units = read_built_in("subbasins").set_index("basin_id")
    basins = read_basins()
    for level in (1, 2):
        at = units[units["level"] == level]
        rivers = Topology(at["next_down"].to_dict())
        total = rivers.accumulate(at["area_km2"].to_dict())
        for basin in basins.index:
            ends = [unit for unit, to in rivers.next_down.items() if to == "" and unit.startswith(basin)]
            assert len(ends) == 1
            assert total[ends[0]] == pytest.approx(basins["area_km2"][basin], abs=0.5)


def test_rivers_and_lakes_ship_with_names() -> None:
    rivers, lakes = read_built_in("rivers"), read_built_in("lakes")
    assert set(rivers.geom_type) == {"LineString"}
    assert {"name_es", "name_en", "strahler", "upstream_km2", "basin_id", "below_outlet"} <= set(
        rivers.columns
    )
    named = rivers.groupby("basin_id")["name_es"].agg(lambda names: set(names.dropna()))
    assert {"Río Acelhuate", "Río Lempa"} <= named["acelhuate"]
    assert {"Río Chagres", "Río Gatún"} <= named["panama_canal"]
    assert {"Lago Gatún", "Lago Alajuela"} <= set(lakes["name_es"])


def test_any_layer_becomes_basins(tmp_path: Path) -> None:
    path = layer(tmp_path / "own.gpkg", HYBAS_ID=[2.0, 1.0], NOMBRE=["Dos", "Uno"], accuracy_m=[30.0, np.nan])
    basins = read_basins(path)
    assert basins.index.tolist() == ["1", "2"]
    assert basins["name_es"].tolist() == ["Uno", "Dos"]
    assert list(basins.columns) == [*BASINS.names, "geometry"]
    assert basins["accuracy_m"].tolist()[1] == 30
    assert np.isnan(basins["accuracy_m"].tolist()[0])
    assert basins["area_km2"].to_numpy() == pytest.approx([12_309, 12_309], rel=1e-3)
    assert basins.attrs["repairs"] == {}


def test_a_projected_layer_comes_out_in_degrees(tmp_path: Path) -> None:
    square = gpd.GeoSeries([shapely.box(-89, 14, -88, 15)], crs=4326).to_crs(32616)
    path = layer(tmp_path / "utm.gpkg", list(square), crs="EPSG:32616")
    assert read_basins(path).total_bounds == pytest.approx([-89, 14, -88, 15], abs=1e-6)


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = layer(tmp_path / "own.geojson", clave=["x", "y"], rotulo=["Equis", "Ye"])
    assert read_basins(path, id_column="clave", name_column="rotulo")["name_en"].to_dict() == {
        "x": "Equis",
        "y": "Ye",
    }
    assert told(path) == (
        'own.geojson: No column is recognised as the watersheds\' identifier. Name it with [basins] id = "…"; there '
        "are: clave, rotulo."
    )
    assert told(path, id_column="code") == (
        "own.geojson, column code: The layer has no such column. Choose one of these: clave, rotulo."
    )
    assert told(path, id_column="clave", name_column="n").startswith(
        "own.geojson, column n: The layer has no such"
    )


def test_unusable_layers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as error:
        read_basins(tmp_path / "none.gpkg")
    assert error.value.tell("en") == "none.gpkg: There is no such file. Check the name and the folder."
    (tmp_path / "text.gpkg").write_text("no layer")
    assert told(tmp_path / "text.gpkg") == (
        "text.gpkg: It cannot be read as a layer of polygons. Save it as GeoPackage, GeoJSON or Shapefile."
    )
    bare = layer(tmp_path / "bare.shp")
    bare.with_suffix(".prj").unlink()
    assert told(bare) == (
        "bare.shp: The layer does not say in which coordinate system it is. Set it in QGIS (Layer, Coordinate "
        "reference system) or hand over the .prj file as well."
    )
    points = layer(tmp_path / "points.gpkg", [shapely.Point(0, 0)])
    assert told(points) == (
        "points.gpkg: Each watershed must be a polygon; the layer also has geometries of another kind (Point). Keep "
        "only the polygons of the watersheds."
    )


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def ring(*corners: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [corners]}


NO_SHAPE = (
    "The feature has no shape, or its outline does not close. Draw it again or take it out of the layer."
)
SQUARE = ring((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
LINE = {"type": "LineString", "coordinates": [(0, 0), (1, 1)]}


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ([], "odd.geojson: The layer holds no watershed. Check that it is the right file."),
        ([feature(SQUARE, id=1), feature(None, id=2)], f"odd.geojson, row 2: {NO_SHAPE}"),
        ([feature({"type": "Polygon", "coordinates": []}, id=1)], f"odd.geojson, row 1: {NO_SHAPE}"),
        ([feature(ring((0, 0), (1, 0), (1, 1), (0, 1)), id=1)], f"odd.geojson, row 1: {NO_SHAPE}"),
        (
            [feature(SQUARE, id=1), feature(LINE, id=2)],
            "odd.geojson: Each watershed must be a polygon; the layer also has geometries of another kind "
            "(LineString). Keep only the polygons of the watersheds.",
        ),
        (
            [feature(ring((0, 0), (1, 0), (2, 0), (0, 0)), id="flat")],
            "odd.geojson: The outline of “flat” encloses no area. Draw it again or take it out of the layer.",
        ),
        (
            [feature(ring((3e5, 1.5e6), (3.1e5, 1.5e6), (3.1e5, 1.6e6), (3e5, 1.5e6)), id="utm")],
            "odd.geojson: The outline of “utm” leaves the Earth: it reaches 300000 1.5e+06 310000 1.6e+06 (west, "
            "south, east, north). Check whether the axes are swapped, or the declared coordinate system is not that of "
            "the numbers.",
        ),
    ],
    ids=["empty", "null shape", "empty shape", "open ring", "a line", "no area", "metres as degrees"],
)  # fmt: skip
def test_odd_features_are_refused_in_one_sentence(
    tmp_path: Path, features: list[dict[str, object]], sentence: str
) -> None:
    path = tmp_path / "odd.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert told(path) == sentence


def test_coordinates_must_be_numbers(tmp_path: Path) -> None:
    wrong = shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])
    assert told(layer(tmp_path / "far.gpkg", [wrong])) == (
        "far.gpkg: The outline of “w0” has coordinates that are no numbers. Draw it again and save the layer."
    )


def test_a_coordinate_system_in_the_geojson_counts(tmp_path: Path) -> None:
    utm = ring((3e5, 1.5e6), (3.1e5, 1.5e6), (3.1e5, 1.51e6), (3e5, 1.51e6), (3e5, 1.5e6))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32616"}}
    path = tmp_path / "utm.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature(utm, id="a")]}))
    assert read_basins(path)["area_km2"]["a"] == pytest.approx(100, rel=1e-3)


def test_loose_lines_are_left_out_of_a_collection_with_a_note(tmp_path: Path) -> None:
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])])
    basins = read_basins(layer(tmp_path / "mixed.gpkg", [mixed]))
    assert basins.geometry["w0"].equals(shapely.box(0, 0, 1, 1))
    assert basins.attrs["repairs"] == {"w0": note("crumbs")}


def test_a_file_of_several_layers_must_say_which(tmp_path: Path) -> None:
    path = layer(tmp_path / "two.gpkg")
    gpd.read_file(path).to_file(path, layer="other")
    assert told(path) == (
        "two.gpkg: The file has several layers: two, other. Save the one that is meant in a file of its own."
    )
    gpd.read_file(path, layer="two").to_file(path, layer="basins")
    assert read_basins(path).index.tolist() == ["w0", "w1"]


def test_a_local_coordinate_system_is_refused(tmp_path: Path) -> None:
    local = pyproj.CRS.from_wkt(
        'ENGCRS["Site",EDATUM["x"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    )
    path = tmp_path / "site.gpkg"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=local).to_file(path)
    assert told(path) == (
        "site.gpkg: The coordinate system “Site” is local and does not say where on Earth it lies. Save the layer in "
        "a geographic or projected system, for example EPSG:4326."
    )


def test_a_kml_names_its_columns(tmp_path: Path) -> None:
    place = "<Placemark><name>A</name><Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 1,0 1,1 0,0"
    close = "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    path = tmp_path / "a.kml"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}{close}</Document></kml>')
    assert told(path).startswith(
        "a.kml: No column is recognised as the watersheds' identifier. Name it with [basins] id = "
    )
    assert read_basins(path, id_column="Name").index.tolist() == ["A"]


def test_identifiers_must_be_there_and_differ(tmp_path: Path) -> None:
    path = layer(tmp_path / "own.gpkg", id=["a", "a"])
    assert told(path) == (
        "own.gpkg, column id: The identifier “a” occurs more than once. Merge the parts into one polygon or use "
        "another column."
    )
    path = layer(tmp_path / "gap.gpkg", id=["a", None])
    assert told(path) == (
        "gap.gpkg, row 2, column id: The watershed has no identifier. Write one in each row."
    )


def test_crossings_are_shown_and_harmless_faults_mended(tmp_path: Path) -> None:
    tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert told(layer(tmp_path / "tie.gpkg", [tie])) == (
        "tie.gpkg: The outline of “w0” crosses itself at (1, 1). Correct it in QGIS (Vector, Geometry tools, Check "
        "validity) and save the layer again."
    )
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1)])
    basins = read_basins(layer(tmp_path / "spike.gpkg", [spike]))
    assert basins.attrs["repairs"] == {"w0": note("crossing", x=1, y=1)}
    assert basins.is_valid.all()


def test_overlaps_are_refused_with_their_area(tmp_path: Path) -> None:
    path = layer(tmp_path / "own.gpkg", [shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1)])
    assert told(path) == (
        "own.gpkg: The watersheds “w0” and “w1” overlap by 6,154.271 km2. A firm cannot belong to both: keep the "
        "watersheds of one level only, or correct the outlines."
    )


def test_holes_islands_and_many_vertices_pass(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    round_one = shapely.Polygon(
        np.column_stack([5 + np.cos(angle), np.sin(angle)]),
        [shapely.box(4.9, -0.1, 5.1, 0.1).exterior.coords],
    )
    islands = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    basins = read_basins(layer(tmp_path / "own.gpkg", [round_one, islands]))
    assert [len(shapely.get_parts(outline)) for outline in basins.geometry] == [1, 2]
    assert basins.geometry["w0"].contains(shapely.Point(5, 0.5))
    assert not basins.geometry["w0"].contains(shapely.Point(5, 0))


def test_nested_levels_are_refused_pair_by_pair(tmp_path: Path) -> None:
    halves = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    path = layer(tmp_path / "own.gpkg", [shapely.box(0, 0, 2, 1), *halves], id=["whole", "east", "west"])
    remedy = "A firm cannot belong to both: keep the watersheds of one level only, or correct the outlines."
    assert told(path).splitlines() == [
        f"own.gpkg: The watersheds “east” and “whole” overlap by 12,308.778 km2. {remedy}",
        f"own.gpkg: The watersheds “west” and “whole” overlap by 12,308.778 km2. {remedy}",
    ]


def test_slivers_pass_with_a_note(tmp_path: Path) -> None:
    path = layer(tmp_path / "own.gpkg", [shapely.box(0, 0, 1, 1), shapely.box(1 - 5e-5, 0, 2, 1)])
    assert read_basins(path).attrs["repairs"] == {
        "w0": note("sliver", other="w1", m2="615,423"),
        "w1": note("sliver", other="w0", m2="615,423"),
    }


def test_polygons_and_multipolygons_mix(tmp_path: Path) -> None:
    islands = shapely.MultiPolygon([shapely.box(2, 0, 3, 1), shapely.box(4, 0, 5, 1)])
    lake = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    basins = read_basins(layer(tmp_path / "own.geojson", [lake, islands]))
    assert basins.geom_type.tolist() == ["Polygon", "MultiPolygon"]
    assert basins["area_km2"].to_numpy() == pytest.approx([0.96 * 12_308.78, 2 * 12_308.78], rel=1e-4)
    assert basins.attrs["repairs"] == {}


def test_heights_are_left_out_with_a_note(tmp_path: Path) -> None:
    basins = read_basins(layer(tmp_path / "own.gpkg", [shapely.force_3d(shapely.box(0, 0, 1, 1), 7.0)]))
    assert not basins.has_z.any()
    assert basins.attrs["repairs"] == {"w0": note("heights")}


FIJI = shapely.MultiPolygon([shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -179, -16)])


def test_an_outline_split_at_the_antimeridian_stays(tmp_path: Path) -> None:
    basins = read_basins(layer(tmp_path / "own.gpkg", [FIJI]))
    assert basins.geometry["w0"].equals(FIJI)
    assert basins["area_km2"].tolist() == pytest.approx([23_630], rel=1e-4)
    assert basins.attrs["repairs"] == {}


@pytest.mark.parametrize(
    "outline",
    [shapely.box(-179, -17, 179, -16), shapely.box(179, -17, 181, -16)],
    ids=["long way", "past 180"],
)
def test_an_outline_across_the_antimeridian_is_cut(tmp_path: Path, outline: shapely.Polygon) -> None:
    basins = read_basins(layer(tmp_path / "own.geojson", [outline]))
    assert basins.geometry["w0"].equals(FIJI)
    assert basins["area_km2"].tolist() == pytest.approx([23_630], rel=1e-4)
    assert basins.attrs["repairs"] == {"w0": note("antimeridian")}


def test_a_projected_layer_across_the_antimeridian_is_cut(tmp_path: Path) -> None:
    grid = shapely.box(1_900_000, 3_900_000, 2_400_000, 4_000_000)  # Fiji 1986 / Fiji Map Grid, metres
    basins = read_basins(layer(tmp_path / "own.gpkg", [grid], crs="EPSG:3460"))
    assert len(basins.geometry["w0"].geoms) == 2
    assert basins["area_km2"].tolist() == pytest.approx([50_000], rel=5e-3)
    assert basins.attrs["repairs"] == {"w0": note("antimeridian")}


def test_an_unsound_outline_of_100_000_vertices_is_mended_in_seconds(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    circle = np.column_stack([5 + np.cos(angle), np.sin(angle)])
    spiked = shapely.Polygon(np.vstack([circle, [[6, 0], [6.5, 0], [6, 0]]]))
    start = time.perf_counter()
    basins = read_basins(layer(tmp_path / "own.gpkg", [spiked]))
    assert time.perf_counter() - start < 10
    assert basins.is_valid.all()
    assert shapely.get_num_coordinates(basins.geometry["w0"]) > 99_000
    assert basins.attrs["repairs"] == {"w0": note("crossing", x=6.5, y=0)}


def test_real_river_basins(real_data: Path) -> None:
    basins = read_basins(real_data / "real" / "practices" / "huc08_polygons.geojson")
    assert len(basins) == 17
    assert basins.index.str.len().tolist() == [8] * 17


@pytest.mark.parametrize(
    ("outline", "crs", "box"),
    [
        (shapely.box(12, -90.5, 13, -89.5), 4326, "12 -90.5 13 -89.5"),
        (shapely.box(400, 10, 500, 11), 4326, "400 10 500 11"),
    ],
)
def test_an_outline_that_leaves_the_earth(
    tmp_path: Path, outline: shapely.Polygon, crs: int, box: str
) -> None:
    path = tmp_path / "layer.gpkg"
    gpd.GeoDataFrame({"basin_id": ["x"]}, geometry=[outline], crs=crs).to_file(path)
    with pytest.raises(InputError) as error:
        read_basins(path)
    assert error.value.tell("en") == (
        f"layer.gpkg: The outline of “x” leaves the Earth: it reaches {box} (west, south, east, north). "
        "Check whether the axes are swapped, or the declared coordinate system is not that of the numbers."
    )


@pytest.mark.parametrize("accuracy", [-5.0, 1e300, "x"])
def test_an_accuracy_that_is_no_length(tmp_path: Path, accuracy: object) -> None:
    path = tmp_path / "layer.geojson"
    layer = {"basin_id": ["x"], "accuracy_m": [accuracy]}
    gpd.GeoDataFrame(layer, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    with pytest.raises(InputError) as error:
        read_basins(path)
    assert "is not a number of metres" in error.value.tell("en")


def test_a_column_of_sensitivity_is_read_and_its_faults_are_told(tmp_path):
    path = tmp_path / "cuencas.gpkg"
    boxes = [shapely.box(at, 0, at + 1, 1) for at in range(3)]
    table = gpd.GeoDataFrame({"id": ["a", "b", "c"], "toman": ["900", None, "30"]}, geometry=boxes, crs=4326)
    table.to_file(path)
    assert read_basins(path, sensitivity_column="toman")["sensitivity"].tolist() == [
        900,
        pytest.approx(float("nan"), nan_ok=True),
        30,
    ]
    assert "sensitivity" not in read_basins(path)
    table.assign(toman=["900", "muchos", "-1"]).to_file(path)
    with pytest.raises(InputError) as told:
        read_basins(path, sensitivity_column="toman")
    assert [(one.rule, one.value) for one in told.value.faults] == [
        ("basins_sensitivity", "muchos"),
        ("basins_sensitivity", "-1"),
    ]
    with pytest.raises(InputError) as told:
        read_basins(path, sensitivity_column="beben")
    assert told.value.faults[0].rule == "basins_no_such_column"
