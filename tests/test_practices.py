"""The whole job on 918 real records: nothing is lost, and the basins agree with their owner's codes."""

from __future__ import annotations

import csv
import math
import runpy
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

import watershed_cp as wcp

EXAMPLE = Path(__file__).parents[1] / "examples" / "practices"
KG_PER_LB = 0.45359237
FIVE = {
    # practice, segment, basin of its code, basin of its point: metres to the outline of the former
    ("52523", "2586495", "02040105", ""): 17,
    ("45451", "9480524", "02040202", "02040206"): 82,
    ("45453", "9480554", "02040206", "02040202"): 141,
    ("45453", "9482520", "02040206", "02040202"): 141,
    ("53299", "9480524", "02040202", "02040206"): 258,
}
FATES_BY_GRADE = {"C": {"credited", "unverified"}, "E": {"credited", "outside"}}

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def prepared(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("practices")
    runpy.run_path(str(EXAMPLE / "prepare.py"))["prepare"](real_data / "real" / "practices", folder)
    return folder


@pytest.fixture(scope="module")
def records(real_data):
    path = real_data / "real" / "practices" / "restoration_practices.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=FATES_BY_GRADE)
def impact(prepared, request):
    project = prepared / f"project_{request.param}.toml"
    text = (prepared / "project.toml").read_text(encoding="utf-8")
    project.write_text(text.replace('"C"', f'"{request.param}"'), encoding="utf-8")
    return wcp.run(project)


@pytest.fixture(scope="module")
def basins(prepared):
    return wcp.read_basins(prepared / "huc08_polygons.geojson", id_column="huc08")


@pytest.fixture(scope="module")
def found(basins, records):
    """Give the basin of each record by its point, empty outside all of them."""
    rows = wcp.BasinLocator(basins).locate(
        [float(record["lon"]) for record in records], [float(record["lat"]) for record in records]
    )
    return [basins.index[row] if row >= 0 else "" for row in rows]


def kg(records, column):
    return [float(record[column]) * KG_PER_LB for record in records]


def test_every_record_is_one_reduction_for_each_pollutant(prepared, records):
    msmes = wcp.read_msmes(prepared / "msmes.csv")
    reductions = wcp.read_reductions(prepared / "reductions.csv")
    assert len(records) == 918
    assert len(msmes) == len({record["practice_id"] for record in records}) == 643
    assert len(reductions) == 3 * len(records)
    assert reductions["reduction_id"].is_unique
    assert set(reductions["msme_id"]) == set(msmes["msme_id"])


@pytest.mark.parametrize(
    ("pollutant", "column"), [("TN", "tn_reduced_lbs"), ("TP", "tp_reduced_lbs"), ("TSS", "tss_reduced_lbs")]
)
def test_credited_and_every_other_fate_equal_the_input_exactly(impact, records, pollutant, column):
    ledger = impact.ledger[impact.ledger["pollutant"] == pollutant]
    assert len(ledger) == len(records)
    assert set(ledger["fate"]) == FATES_BY_GRADE[impact.settings["accounting"]["minimum_evidence"]]
    by_fate = [row for _, fate in ledger.groupby("fate") for row in fate["reduction_kg_yr"]]
    assert math.fsum(by_fate) == math.fsum(kg(records, column))
    basins = impact.basin_loads[impact.basin_loads["pollutant"] == pollutant]
    credited = ledger.loc[ledger["fate"] == "credited", "reduction_kg_yr"]
    assert math.fsum(basins["reduction_kg_yr"]) == pytest.approx(math.fsum(credited), rel=1e-14)


@pytest.mark.parametrize("impact", ["C"], indirect=True)
def test_only_finished_projects_are_credited(impact, records):
    complete = [record for record in records if record["project_status"] == "complete"]
    credited = impact.ledger[impact.ledger["fate"] == "credited"]
    assert len(complete) == 622
    for pollutant, column in (("TN", "tn_reduced_lbs"), ("TP", "tp_reduced_lbs"), ("TSS", "tss_reduced_lbs")):
        booked = credited.loc[credited["pollutant"] == pollutant, "reduction_kg_yr"]
        assert math.fsum(booked) == math.fsum(kg(complete, column))


def test_908_of_913_coded_records_lie_in_the_basin_of_their_code(records, found):
    coded = [
        (record, basin) for record, basin in zip(records, found, strict=True) if record["official_huc08"]
    ]
    assert len(coded) == 913
    assert sum(record["official_huc08"] == basin for record, basin in coded) == 908


def test_the_official_code_is_that_of_the_stream_segment(records):
    """So a practice split over two catchments may carry two codes, while it has one point."""
    codes = {}
    for record in records:
        codes.setdefault(record["comid"], set()).add(record["official_huc08"])
    assert all(len(found) == 1 for found in codes.values())


def test_the_five_that_differ_stand_this_far_from_the_basin_of_their_code(records, found, basins):
    metres = {}
    for record, basin in zip(records, found, strict=True):
        if record["official_huc08"] and record["official_huc08"] != basin:
            metres[record["practice_id"], record["comid"], record["official_huc08"], basin] = round(
                distance_m(record, basins.geometry[record["official_huc08"]])
            )
    assert metres == FIVE


@pytest.mark.parametrize("impact", ["E"], indirect=True)
def test_none_of_the_five_is_called_sure_and_the_distances_agree(impact):
    placed = impact.assignments.set_index("msme_id")
    for (practice, *_), metres in FIVE.items():
        assert placed.loc[practice, "confidence"] in ("likely", "ambiguous")
        assert abs(placed.loc[practice, "distance_to_divide_m"]) == pytest.approx(metres, abs=0.5)


def test_each_of_the_five_belongs_to_a_practice_that_is_split(records):
    """Another part of the same practice carries the code of the point, or none at all."""
    for practice, comid, official, basin in FIVE:
        others = {
            record["official_huc08"]
            for record in records
            if record["practice_id"] == practice and record["comid"] != comid
        }
        assert basin in others
        assert basin != official


def test_the_five_records_without_a_code_are_placed_by_their_point(records, found):
    uncoded = [
        (record["practice_id"], basin)
        for record, basin in zip(records, found, strict=True)
        if not record["official_huc08"]
    ]
    assert sorted(uncoded) == [("42422", "02040105"), *[("52513", "")] * 3, ("52523", "")]


@pytest.mark.parametrize("impact", ["E"], indirect=True)
def test_totals_stand_side_by_side_with_the_official_ones(impact, records):
    """Per basin the two differ by the records that differ, and by no others."""
    for pollutant, column in (("TN", "tn_reduced_lbs"), ("TP", "tp_reduced_lbs"), ("TSS", "tss_reduced_lbs")):
        loads = impact.basin_loads[impact.basin_loads["pollutant"] == pollutant].set_index("basin_id")
        place = impact.assignments.set_index("msme_id")["basin_id"].fillna("")
        for basin, ours in loads["reduction_kg_yr"].items():
            official = [record for record in records if record["official_huc08"] == basin]
            moved = [r for r in records if place[r["practice_id"]] == basin != r["official_huc08"]]
            gone = [r for r in official if place[r["practice_id"]] != basin]
            explained = math.fsum(kg(official + moved, column)) - math.fsum(kg(gone, column))
            assert ours == pytest.approx(explained, rel=1e-12, abs=1e-9)


def distance_m(record, outline):
    """Distance from a record's point to an outline, in a plane that is true about the point."""
    longitude, latitude = float(record["lon"]), float(record["lat"])
    plane = pyproj.CRS.from_proj4(f"+proj=aeqd +lat_0={latitude} +lon_0={longitude} +ellps=WGS84")
    flatten = pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    flat = shapely.transform(outline, lambda xy: np.column_stack(flatten.transform(xy[:, 0], xy[:, 1])))
    return shapely.distance(shapely.Point(0, 0), flat)
