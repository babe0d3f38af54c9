"""Firms near the water, from registers of any size."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import affine
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from worlds import four_squares, layer

from watershed_cp.basins import registers
from watershed_cp.basins.gathering import Seen
from watershed_cp.basins.network import FlowNetwork
from watershed_cp.basins.proximity import near
from watershed_cp.basins.registers import written_tables
from watershed_cp.errors import InputError, Text
from watershed_cp.intake.placing import Placer
from watershed_cp.publish.visits import Search, tell_search

if TYPE_CHECKING:
    from pathlib import Path

DEGREE_M = 111_319.49  # of the equator


def register() -> pd.DataFrame:
    """Make firms east of a square that ends at 1 degree, each with its own reason."""
    return pd.DataFrame(
        {
            "msme_id": [
                "inside",
                "big inside",
                "near",
                "far",
                "nowhere",
                "tailor",
                "large",
                "abroad",
                "blank",
            ],
            "longitude": ["0.5", "0.6", "1.01", "1.5", "", "0.5", "0.5", "0.5", "0.5"],
            "latitude": ["0.0"] * 9,
            "ciiu": ["1040", "C1040", "10", "1040", "1040", "1410", "1040", "1040", ""],
            "employees": ["3", "9", "9", "9", "9", "9", "900", "9", "9"],
            "country": ["SV", "sv", "SV", "SV", "SV", "SV", "SV", "GT", "SV"],
        }
    )


def square() -> gpd.GeoDataFrame:
    return layer({"a": shapely.box(0, -0.5, 1, 0.5)})


WISH = {"distance_m": 2000, "sectors": ["10"], "sizes": ["micro", "small"], "countries": ["SV"]}
COUNTS = {
    "near": 3,
    "too_far": 1,
    "half_coordinates": 1,
    "other_sector": 1,
    "size_unknown": 1,
    "other_country": 1,
    "sector_unknown": 1,
}


def test_every_row_has_its_reason_and_the_best_come_first() -> None:
    firms = register()
    before = firms.copy(deep=True)
    found = near(firms, basins=square(), **WISH)
    assert found.firms["msme_id"].tolist() == ["big inside", "inside", "near"]
    assert found.firms["near"].tolist() == ["a"] * 3
    np.testing.assert_allclose(found.firms["distance_m"], [0, 0, 0.01 * DEGREE_M], atol=0.1)
    assert found.counts == COUNTS
    assert found.unplaced["msme_id"].tolist() == ["nowhere"]
    pd.testing.assert_frame_equal(firms, before)


def test_sections_and_all_sectors() -> None:
    assert near(register(), basins=square(), sectors=["C"]).counts["near"] == 6 - 1
    assert near(register(), basins=square()).counts == {"near": 6, "too_far": 2, "half_coordinates": 1}


def test_csv_is_read_in_bounded_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register().rename(columns={"longitude": "Longitud"}).to_csv(tmp_path / "register.csv", index=False)
    monkeypatch.setattr(registers, "_ROWS", 2)
    found = near(
        tmp_path / "register.csv", basins=square(), columns={"Longitud": "longitude"}, most=2, **WISH
    )
    assert found.firms["msme_id"].tolist() == ["big inside", "inside"]
    assert found.counts == COUNTS


def test_empty_register_has_nothing_near(tmp_path: Path) -> None:
    register().head(0).to_csv(tmp_path / "register.csv", index=False)
    assert near(tmp_path / "register.csv", basins=square()).counts == {}


def test_geoparquet_goes_in_and_comes_out_whole_or_not_at_all(tmp_path: Path) -> None:
    numbers = register().assign(
        longitude=lambda table: pd.to_numeric(table["longitude"]),
        latitude=lambda table: pd.to_numeric(table["latitude"]),
    )
    points = gpd.GeoDataFrame(
        numbers.drop(columns=["longitude", "latitude"]),
        geometry=gpd.points_from_xy(numbers["longitude"], numbers["latitude"]),
        crs="EPSG:4326",
    )
    points.to_parquet(tmp_path / "register.parquet", row_group_size=4)
    out = tmp_path / "near.parquet"
    assert near(tmp_path / "register.parquet", basins=square(), out=out, **WISH).counts == COUNTS
    written = gpd.read_parquet(out)
    assert written["msme_id"].tolist() == ["inside", "big inside", "near"]
    assert written.crs.equals("EPSG:4326", ignore_axis_order=True)
    with pytest.raises(KeyError), written_tables(tmp_path / "broken.parquet") as writer:  # noqa: PT012
        for table in (numbers.head(2), register()[["msme_id"]]):
            writer.write(table)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["near.parquet", "register.parquet"]


def test_near_a_river_of_an_order() -> None:
    rivers = gpd.GeoDataFrame(
        {"name_es": ["Arroyo", "Lempa"], "strahler": [1, 4]},
        geometry=[shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(0, 1), (1, 1), (2, 1)])],
        crs="EPSG:4326",
    )
    firms = pd.DataFrame({"msme_id": ["m", "n"], "longitude": [0.5, 1.5], "latitude": [0.01, 1.01]})
    assert near(firms, rivers=rivers, distance_m=2000).firms["near"].tolist() == ["Arroyo", "Lempa"]
    found = near(firms, rivers=rivers, minimum_order=3, distance_m=2000)
    assert found.firms["msme_id"].tolist() == ["n"]
    with pytest.raises(InputError) as caught:
        near(firms, rivers=rivers, minimum_order=9)
    assert caught.value.tell("en") == "No river of the layer reaches order 9. Ask for a lower order."


def test_upstream_of_a_place_within_a_flow_distance() -> None:
    brook = FlowNetwork.from_directions(
        np.array([[1, 1, 1, 0], [1, 64, 1, 0]]), affine.Affine(0.01, 0, 0, 0, -0.01, 0.02), "EPSG:4326"
    )
    firms = pd.DataFrame(
        {
            "msme_id": ["source", "side", "place", "below", "other", "off"],
            "longitude": [0.005, 0.005, 0.025, 0.035, 0.025, 5.0],
            "latitude": [0.015, 0.005, 0.015, 0.015, 0.005, 5.0],
        }
    )
    found = near(firms, network=brook, upstream_of=(0.025, 0.015), distance_m=2500)
    assert found.firms["msme_id"].tolist() == ["place", "source"]
    np.testing.assert_allclose(found.firms["distance_m"], [0, 0.02 * DEGREE_M], rtol=1e-4)
    further = near(firms, network=brook, upstream_of=(0.025, 0.015), distance_m=4000)
    assert further.firms["msme_id"].tolist() == ["place", "source", "side"]


def test_targets_and_registers_that_cannot_be() -> None:
    for targets in ({}, {"basins": square(), "rivers": square()}, {"network": object()}):
        with pytest.raises(InputError) as caught:
            near(register(), **targets)
        assert caught.value.faults[0].rule == "near_one_target"
    with pytest.raises(InputError) as caught:
        near("register.docx", basins=square())
    assert caught.value.tell("es") == "register.docx: No existe ese archivo. Revise el nombre y la carpeta."


def test_every_way_to_have_no_place_has_its_name() -> None:
    places = {
        "no_coordinates": (None, ""),
        "half_coordinates": ("0.5", None),
        "unreadable": ("east", "0"),
        "zero": ("0", "0.0"),
        "off_earth": ("0.5", "91"),
        "swapped": ("14", "-89"),
        "near": ("-89", "14"),
        "too_far": ("-85", "14"),
    }
    firms = pd.DataFrame(list(places.values()), columns=["longitude", "latitude"], index=list(places))
    found = near(firms, basins=layer({"a": shapely.box(-90, 13, -88, 15)}))
    assert found.counts == dict.fromkeys(places, 1)
    assert found.unplaced["reason"].to_dict() == {
        name: name for name in places if name not in ("near", "too_far")
    }
    infinite = pd.DataFrame({"longitude": [np.inf, -np.inf, np.nan], "latitude": [0.5, np.nan, np.nan]})
    assert near(infinite, basins=square()).counts == {
        "off_earth": 1,
        "half_coordinates": 1,
        "no_coordinates": 1,
    }


def test_where_the_pipe_ends_decides_and_levels_name_it() -> None:
    firms = pd.DataFrame(
        {
            "longitude": [9.0, 0.5],
            "latitude": [9.0, 0.5],
            "discharge_longitude": [1.5, np.nan],
            "discharge_latitude": [1.5, np.nan],
            "near": ["the user's own", "column"],
        }
    )
    found = near(firms, basins=layer({"all": shapely.box(0, 0, 2, 2)}), levels={"unit": four_squares()})
    assert found.firms[["longitude", "near", "unit"]].to_numpy().tolist() == [
        [1.5, "all", "a"],
        [0.5, "all", "d"],
    ]


def test_a_register_at_fault_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "register.parquet"
    points = gpd.GeoDataFrame({"msme_id": ["m"]}, geometry=[shapely.Point(0.5, 0)], crs="EPSG:4326")

    def told() -> str:
        with pytest.raises(InputError) as caught:
            near(path, basins=square())
        return caught.value.tell("es")

    path.write_bytes(b"PAR1 and nothing more")
    assert told() == (
        "register.parquet: El archivo está dañado o incompleto. Ábralo en su programa y guárdelo de nuevo."
    )
    pd.DataFrame({"colour": ["red"]}).to_parquet(path)
    assert told() == (
        "El registro no dice dónde están las empresas. Sus columnas: colour. "
        "Agregue columnas «longitude» y «latitude» en grados, o una geometría de puntos."
    )
    points.to_crs(32616).to_parquet(path)
    assert "WGS 84 / UTM zone 16N" in told()
    points.to_parquet(path, geometry_encoding="geoarrow")
    assert told() == (
        "register.parquet: Los puntos de ese registro están guardados como point; aquí se leen como WKB. "
        'Guárdelo de nuevo como GeoParquet con geometry_encoding="WKB", o con columnas de longitud y latitud.'
    )
    points.rename_geometry("lugar")[["lugar"]].to_parquet(path)
    assert near(path, basins=square()).counts == {"near": 1}


@pytest.mark.parametrize("distance_m", [-1, np.nan])
def test_a_distance_is_not_negative(distance_m: float) -> None:
    with pytest.raises(InputError) as caught:
        near(register(), basins=square(), distance_m=distance_m)
    assert (
        caught.value.tell("en") == f"The distance {distance_m} cannot be used. Write metres, from 0 upwards."
    )


def test_columns_that_begin_empty_and_texts_that_are_huge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "_BYTES", 100_000)
    rows = pd.DataFrame({"msme_id": [str(row) for row in range(40)], "longitude": 0.5, "latitude": 0.1})
    rows["note"] = [None] * 20 + [f"{row:05}" * 2_000 for row in range(20)]
    rows.loc[::2, "longitude"] = np.nan
    rows.to_parquet(tmp_path / "register.parquet")
    out, aside = tmp_path / "near.parquet", tmp_path / "aside.parquet"
    found = near(tmp_path / "register.parquet", basins=square(), out=out, unplaced_out=aside, most=3)
    assert found.counts == {"near": 20, "half_coordinates": 20}
    assert len(found.firms) == 3
    assert pd.read_parquet(out)["note"].notna().sum() == 10
    assert pd.read_parquet(aside)["msme_id"].tolist() == [str(row) for row in range(0, 40, 2)]


def test_nothing_near_is_written_as_an_empty_file(tmp_path: Path) -> None:
    register().to_parquet(tmp_path / "register.parquet")
    out = tmp_path / "near.parquet"
    near(tmp_path / "register.parquet", basins=layer({"far": shapely.box(50, 50, 51, 51)}), out=out)
    assert gpd.read_parquet(out).empty


def test_a_repeated_firm_is_told_once_however_far_apart_its_rows_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a", "b", "", "a", "c", "", "b", "d", "a", "e"]
    rows = pd.DataFrame({"msme_id": names, "longitude": 0.5, "latitude": 0.1})
    rows.loc[6, "longitude"] = 5.0
    rows.to_csv(tmp_path / "register.csv", index=False)
    whole = near(rows, basins=square())
    monkeypatch.setattr(registers, "_ROWS", 3)
    found = near(tmp_path / "register.csv", basins=square())
    assert found.counts == whole.counts == {"near": 7, "too_far": 1, "repeated": 2}
    assert found.firms["msme_id"].tolist() == ["a", "b", "", "c", "", "d", "e"]
    assert found.unplaced["reason"].to_dict() == {3: "repeated", 8: "repeated"}


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12))
def test_what_was_seen_is_known_again(pieces: list[list[int]]) -> None:
    seen, met = Seen(), set[int]()
    for piece in pieces:
        expected = []
        for name in piece:
            expected.append(name in met and name != 0)
            met.add(name)
        assert seen.again(np.array(piece, dtype=np.uint64)).tolist() == expected
    assert seen.compared


def test_more_names_than_can_be_kept_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watershed_cp.basins.gathering._MOST_NAMES", 3)
    seen = Seen()
    seen.again(np.array([1, 2], dtype=np.uint64))
    assert seen.again(np.array([3, 4, 1], dtype=np.uint64)).tolist() == [False, False, True]
    assert not seen.compared


def test_every_cap_is_told_with_its_remedy(tmp_path: Path) -> None:
    rows = pd.DataFrame({"msme_id": list("abcdefgh"), "longitude": [0.5] * 5 + [np.nan] * 3, "latitude": 0.1})
    rows.to_parquet(tmp_path / "register.parquet")
    assert len(near(rows, basins=square(), most=2).firms) == 5  # a table is answered whole
    found = near(tmp_path / "register.parquet", basins=square(), most=2)
    asked = Search(register="register.parquet", kind="basins", what=Text("a", "a"))
    assert [line.en for line in tell_search(asked, found)] == [
        "register.parquet: firms inside a.",
        "8 rows = 5 inside or near + 0 left out + 3 not placed",
        "3 one of the two coordinates only",
        "Nearest first; of equal distance, those with more staff first.",
        "Of the 5 firms found the first 2 are here. To have them all, write a .parquet file, or narrow the search by "
        "sector, size, country or distance.",
        "Of the 3 rows not placed the first 2 are here. To have them all, write a .parquet file.",
    ]
    assert tell_search(asked, found)[-1].es == (
        "De las 3 filas sin ubicar están aquí las primeras 2. Para tenerlas todas, escriba un archivo .parquet."
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_dask_gives_the_same_with_a_worker_killed_on_the_way(tmp_path: Path) -> None:
    from distributed import LocalCluster

    random = np.random.default_rng(1)
    points = pd.DataFrame({"msme_id": np.arange(200_000).astype(str)})
    points["longitude"], points["latitude"] = random.uniform(-1, 3, (2, len(points)))
    points.to_parquet(tmp_path / "register.parquet", row_group_size=2_000)
    basins = four_squares()
    prepare = Placer("register.parquet", 1)
    expected = near(
        tmp_path / "register.parquet", basins=basins, distance_m=5000, most=300_000, prepare=prepare
    )
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        victim = next(iter(cluster.workers.values())).pid

        def kill_on_the_way() -> None:
            while cluster.scheduler.transition_counter < 150:
                time.sleep(0.005)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill_on_the_way, daemon=True)
        killer.start()
        found = near(
            tmp_path / "register.parquet",
            basins=basins,
            distance_m=5000,
            most=300_000,
            prepare=prepare,
            dask=cluster.scheduler_address,
        )
        killer.join(10)
        assert victim not in [nanny.pid for nanny in cluster.workers.values()]
    assert found.counts == expected.counts
    pd.testing.assert_frame_equal(found.firms, expected.firms)
