"""What the register says of a load: a plant at the end of the sewer keeps its share before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from makers import audit, audits, firms, same, three_squares

from watershed_cp.impact.aggregation import close_accounts
from watershed_cp.loads.audits import audit_loads, reduction_rows
from watershed_cp.messages import texts
from watershed_cp.publish.wording import equation

SEWER = pd.DataFrame({"msme_id": ["F1", "F2"], "discharge_to": ["sewer", "river"], "sewer_removal_pct": 80.0})
PHASES = (("baseline", 100), ("follow_up", 60))
ROWS = [audit(msme_id, phase, value) for msme_id in ("F1", "F2") for phase, value in PHASES]


def test_a_load_into_a_sewer_is_that_at_the_outfall_of_the_plant() -> None:
    """40 kg less into a plant that keeps 80 % are 8 kg less in the river; the range shrinks alike."""
    table = audits(*ROWS).assign(relative_uncertainty=0.1)
    through, straight = (audit_loads(table, msmes=SEWER).iloc[i] for i in (0, 1))
    figures = ["baseline_kg_yr", "follow_up_kg_yr", "reduction_kg_yr"]
    assert through[figures].tolist() == [pytest.approx(20), pytest.approx(12), pytest.approx(8)]
    assert straight[figures].tolist() == [100, 60, 40]
    assert through["standard_uncertainty_kg_yr"] == pytest.approx(
        straight["standard_uncertainty_kg_yr"] * 0.2
    )
    assert through["equation"] == (
        "baseline: load × what the plant lets through = 100 kg/yr × 0.2 = 20 kg/yr; "
        "follow-up: load × what the plant lets through = 60 kg/yr × 0.2 = 12 kg/yr; "
        "reduction = 20 − 12 = 8 kg/yr"
    )
    assert equation(through["equation"]).es == (
        "línea base: carga × lo que deja pasar la planta = 100 kg/año × 0.2 = 20 kg/año; "
        "seguimiento: carga × lo que deja pasar la planta = 60 kg/año × 0.2 = 12 kg/año; "
        "reducción = 20 − 12 = 8 kg/año"
    )


def test_a_removal_that_is_not_known_takes_nothing_off() -> None:
    unknown = SEWER.assign(sewer_removal_pct=np.nan)
    for firms_known in (unknown, SEWER[["msme_id", "discharge_to"]], None):
        assert audit_loads(audits(*ROWS), msmes=firms_known)["reduction_kg_yr"].tolist() == [40.0, 40.0]


def test_a_plant_that_removes_all_leaves_nothing_to_credit() -> None:
    claim = audit_loads(audits(*ROWS[:2]), msmes=SEWER.assign(sewer_removal_pct=100.0)).iloc[0]
    assert (claim["fate"], claim["reduction_kg_yr"]) == ("credited", 0.0)


def test_a_plant_removes_of_each_pollutant_its_own_share() -> None:
    """Of 40 kg less, a plant that keeps 90 % of BOD5 passes 4 kg; one that keeps 25 % of TN passes 30 kg."""
    both = [
        {**row, "pollutant": code, "value": row["value"] + more, "sewer_removal_pct": removed}
        for code, removed, more in (("BOD5", 90, 0), ("TN", 25, 5))
        for row in ROWS[:2]
    ]
    claims = audit_loads(audits(*both, *ROWS[2:]), msmes=SEWER)
    assert claims["reduction_kg_yr"].tolist() == [pytest.approx(4), pytest.approx(30), 40]
    assert claims["flags"].tolist() == ["sewer_treated", "sewer_treated", ""]
    assert audit_loads(audits(*both))["reduction_kg_yr"].tolist() == claims["reduction_kg_yr"].tolist()[:2]


def test_a_plant_that_changed_between_the_visits_is_flagged() -> None:
    """100 kg past 80 %, then 60 kg past 90 %: of the 14 kg less, 8 are the firm's."""
    later = {**ROWS[1], "sewer_removal_pct": 90}
    claim = audit_loads(audits(ROWS[0], later), msmes=SEWER).iloc[0]
    assert claim["reduction_kg_yr"] == pytest.approx(20 - 6)
    assert claim["flags"] == "removal_differs sewer_treated"


def test_a_ready_made_reduction_passes_the_plant_too() -> None:
    row = {"msme_id": ["F1"], "pollutant": ["TN"], "value": [2.0], "unit": ["t/yr"]}
    rows = reduction_rows(pd.DataFrame(row), msmes=SEWER)
    assert rows["load_kg_yr"].tolist() == [400.0]
    assert rows["equation"].tolist() == [
        "load × unit factor × what the plant lets through = 2 t/yr × 1,000 × 0.2 = 400 kg/yr"
    ]
    own = pd.DataFrame({**row, "sewer_removal_pct": [30.0]})
    claim = audit_loads(None, reductions=own, msmes=SEWER).iloc[0]
    assert (claim["reduction_kg_yr"], claim["flags"]) == (pytest.approx(1400), "sewer_treated")


def test_the_outfall_decides_the_watershed_and_the_row_is_flagged() -> None:
    placed = firms(("F1", 0.5, 0.5), ("F2", 1.5, 0.5)).assign(basin_id=["b", "a"], status="inside")
    claims = audit_loads(audits(*ROWS), msmes=SEWER)
    ledger = close_accounts(claims, placed, three_squares(), msmes=SEWER).ledger
    assert ledger[["basin_id", "fate", "flags"]].to_numpy().tolist() == [
        ["b", "credited", "sewer_treated"],
        ["a", "credited", ""],
    ]
    untreated = SEWER.assign(sewer_removal_pct=np.nan)
    claims = audit_loads(audits(*ROWS), msmes=untreated)
    ledger = close_accounts(claims, placed, three_squares(), msmes=untreated).ledger
    assert ledger["flags"].tolist() == ["sewer", ""]


def test_sewer_flags_say_what_to_do() -> None:
    said = texts("flag")
    assert said["sewer"].es == (
        "Descarga al alcantarillado: el crédito vale en la salida de la planta, si la hay. "
        "Dé sus coordenadas como las de la descarga, y lo que la planta remueve."
    )
    assert said["sewer_treated"].en == (
        "Discharges to a sewer: the loads are those at the outfall of the plant, without what it removes, "
        "which goes to sludge or air."
    )


def test_the_register_is_left_alone() -> None:
    before = SEWER.copy(deep=True)
    audit_loads(audits(*ROWS), msmes=SEWER)
    same(before, SEWER)
