"""The demonstration: synthetic in every row, rebuilt to the same cells, with the mess it promises."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys

import pandas as pd
import pytest
import shapely

import watershed_cp as wcp
from watershed_cp.reference import data_path

DEMO = data_path("demo")
TABLES = sorted(path.name for path in DEMO.glob("*.csv"))


@pytest.fixture(scope="module")
def audits():
    return wcp.read_audits(DEMO / "auditorias.csv")


@pytest.fixture(scope="module")
def firms():
    return wcp.read_msmes(DEMO / "empresas.xlsx", sheet="Empresas")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, DEMO / "build.py", folder], capture_output=True, text=True, check=True
    )
    assert done.stdout == "58 firms, 557 audit rows, 120 recommendations\n"
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_the_script_writes_the_committed_tables(rebuilt, name):
    assert (rebuilt / name).read_bytes() == (DEMO / name).read_bytes()


def test_the_script_writes_the_committed_register(rebuilt, firms):
    again = wcp.read_msmes(rebuilt / "empresas.xlsx", sheet="Empresas")
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(firms))


def test_two_runs_write_the_same_workbook(rebuilt, tmp_path):
    subprocess.run([sys.executable, DEMO / "build.py", tmp_path], capture_output=True, check=True)
    assert (tmp_path / "empresas.xlsx").read_bytes() == (rebuilt / "empresas.xlsx").read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_that_it_is_synthetic(name):
    with (DEMO / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["Sintético"] for row in rows} == {"sí"}


def test_no_firm_could_be_mistaken_for_a_real_one(firms):
    assert (firms["synthetic"] == "yes").all()
    assert all(re.fullmatch(r"Empresa sintética \d\d · [a-zí ó]+", name) for name in firms["name"])
    assert firms["name"].is_unique


def test_58_firms_in_four_countries_as_the_real_programme_assisted(firms):
    assert firms["country"].value_counts().to_dict() == {"SV": 17, "GT": 17, "HN": 14, "PA": 10}
    assert firms["msme_id"].is_unique


def test_no_firm_stands_in_a_lake(firms):
    import geopandas as gpd

    lakes = gpd.read_file(data_path("basins", "lakes.geojson")).union_all()
    assert not shapely.contains(lakes, firms.geometry[firms.geometry.notna()].to_numpy()).any()


def test_nearly_all_firms_lie_in_the_watershed_of_their_municipality(demo):
    counts = demo.assignments["basin_id"].value_counts().to_dict()
    assert counts == {"acelhuate": 17, "motagua": 16, "chamelecon": 13, "panama_canal": 10}
    status = demo.assignments.set_index("msme_id")["status"]
    assert status[status != "inside"].to_dict() == {"GT-034": "outside", "HN-048": "unlocated"}
    by_name = demo.assignments.set_index("msme_id").loc["HN-045"]
    assert (by_name["basin_id"], by_name["confidence"]) == ("chamelecon", "likely")
    assert by_name["repairs"] == "ubicada por su municipio: Quimistán, Santa Bárbara"
    unsure = demo.assignments["confidence"].isin(("likely", "ambiguous"))
    assert set(demo.assignments.loc[unsure, "msme_id"]) >= {"SV-007", "SV-017", "PA-057"}


def test_a_pipe_that_ends_elsewhere_decides(demo, firms):
    located = firms.set_index("msme_id").loc["PA-058"]
    canal = wcp.read_basins().geometry["panama_canal"]
    assert not canal.contains(located["geometry"])
    placed = demo.assignments.set_index("msme_id").loc["PA-058"]
    assert (placed["status"], placed["basin_id"]) == ("inside", "panama_canal")


def test_the_usual_mess_is_there(demo, audits, firms):
    other = demo.ledger[demo.ledger["fate"] != "credited"]
    assert {fate: set(firms) for fate, firms in other.groupby("fate")["msme_id"]} == {
        "duplicate": {"SV-012"},
        "expired": {"HN-038"},
        "invalid": {"GT-028"},
        "outside": {"GT-034"},
        "superseded": {"GT-020"},
        "unlocated": {"HN-048"},
        "unpaired": {"SV-006", "SV-016", "GT-025", "HN-036", "HN-041", "PA-052"},
        "unverified": {"HN-047"},
    }
    assert {"mg/L", "ppm", "g/m3", "lb/día", "kg/año"} == set(audits["unit"])
    assert {"m3/d", "L/s", "gpm", "m3/h"} == set(audits["flow_unit"].dropna())
    assert set(audits["evidence"]) == set("ABCDE")
    assert 5 <= (audits["qualifier"] == "<").sum() <= 15
    assert firms["coordinates"].notna().sum() == 3
    assert firms["discharge_latitude"].notna().sum() == 4
    assert set(firms["discharge_to"]) == {"river", "lake", "sewer", "soil"}
    assert firms["location_accuracy_m"].nunique() >= 6


def test_follow_ups_come_half_a_year_to_14_months_later(audits):
    by_firm = audits[audits["msme_id"] != "HN-038"].groupby(["msme_id", "phase"])["date"].min().unstack()  # noqa: PD010 - a Series
    days = (by_firm["follow_up"] - by_firm["baseline"]).dt.days.dropna()
    assert days.between(183, 427).all()
    assert by_firm["baseline"].dt.year.isin((2018, 2019)).all()


def test_the_programme_reduces_about_a_tenth_and_a_few_firms_got_worse(demo):
    credited = demo.ledger[demo.ledger["fate"] == "credited"]
    for pollutant in ("BOD5", "COD", "TSS"):
        rows = credited[credited["pollutant"] == pollutant]
        share = math.fsum(rows["reduction_kg_yr"]) / math.fsum(rows["baseline_kg_yr"])
        assert 0.08 < share < 0.12, pollutant
    bod = credited[credited["pollutant"] == "BOD5"].set_index("msme_id")["reduction_kg_yr"]
    assert set(bod.index[bod < 0]) == {"SV-003", "GT-024", "HN-039", "HN-046", "PA-054"}


def test_a_load_may_fall_or_rise_with_the_business_alone(demo, audits):
    """GT-022 discharges less because it made less; HN-046 more, but less for each unit it made."""
    bod = demo.ledger[demo.ledger["pollutant"] == "BOD5"].set_index("msme_id")
    output = audits.groupby(["msme_id", "phase"])["production"].first()
    left = bod["follow_up_kg_yr"] / bod["baseline_kg_yr"]
    made = {firm: output[firm, "follow_up"] / output[firm, "baseline"] for firm in ("GT-022", "HN-046")}
    assert left["GT-022"] < 0.8
    assert left["GT-022"] / made["GT-022"] > 1
    assert left["HN-046"] > 1
    assert left["HN-046"] / made["HN-046"] < 1


def test_raw_concentrations_stay_within_the_cited_highest_values(audits):
    lab = audits[audits["unit"].isin(("mg/L", "ppm", "g/m3"))]
    highest = lab.groupby("pollutant")["value"].max()
    assert highest["BOD5"] <= 6960
    assert highest["COD"] <= 14160


def test_recommendations_and_events_are_those_of_a_programme():
    recommendations = pd.read_csv(DEMO / "recommendations.csv", sep=";", decimal=",", dtype=str)
    assert len(recommendations) == recommendations["Código de recomendación"].nunique() == 120
    assert recommendations["Código de empresa"].nunique() == 58
    events = pd.read_csv(DEMO / "events.csv", sep=";", decimal=",")
    courses = events[events["Tipo de evento"] == "curso universitario"]
    assert courses[["Estudiantes", "Docentes"]].sum().tolist() == [173, 13]


def test_attendance_agrees_with_the_events_and_names_nobody():
    events = pd.read_csv(DEMO / "events.csv", sep=";", decimal=",").set_index("Código de evento")
    came = pd.read_csv(DEMO / "attendance.csv", sep=";", decimal=",")
    counted = came.groupby("Código de evento").size()
    roles = ["Estudiantes", "Docentes", "Personal de MIPYME", "Actores"]
    assert counted.to_dict() == events.loc[counted.index, roles].sum(axis=1).to_dict()
    assert set(events.index) - set(counted.index) == {"E-17", "E-18"}
    assert came["Código de participante"].str.fullmatch(r"[EDTA]-\d{4}").all()
    assert came["Código de participante"].nunique() < len(came)
    assert came.groupby("Código de participante")["Sexo"].nunique().max() == 1


def test_the_wider_register_holds_the_firms_and_a_hundred_that_nobody_audited(audits, firms):
    register = wcp.read_msmes(DEMO / "registro.csv")
    assert register["msme_id"].tolist()[: len(firms)] == firms["msme_id"].tolist()
    others = register.iloc[len(firms) :]
    assert len(others) == 100
    assert not others["msme_id"].isin(audits["msme_id"]).any()
    assert (register["synthetic"] == "yes").all()
    assert others["name"].str.startswith("Empresa sintética ").all()


def test_the_wider_register_is_ranked_by_the_audits_of_the_programme(demo):
    from watershed_cp.nearby import rank_register
    from watershed_cp.project import VisitWeights

    register = wcp.read_msmes(DEMO / "registro.csv")
    ranked = rank_register(register, basins=demo.basins, weights=VisitWeights(), evidence=demo, language="en")
    known = ranked[ranked["score_pct"].notna()]
    assert set(known["basis"]) == {"audited", "division_size", "division"}
    assert (known["basis"] != "audited").sum() > 80
    last = ranked[ranked["score_pct"].isna()]
    assert last["explanation"].str.startswith("Last: ").all()
    assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
