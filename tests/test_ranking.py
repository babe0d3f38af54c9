"""Whom to visit, invite, lend to or inspect next: what is expected of the unaudited, by hand, and who comes last."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from makers import audit, audits, same, three_squares

from watershed_cp import tables
from watershed_cp.cli import main
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.ranking import expected_loads, rank_firms
from watershed_cp.loads.audits import audit_loads
from watershed_cp.project import weights_for

if TYPE_CHECKING:
    from pathlib import Path

LOADS = {"A1": 10.0, "A2": 20.0, "A3": 60.0, "A4": 1000.0}
REGISTER = pd.DataFrame(
    {
        "msme_id": ["A1", "U1", "U2", "U3", "U4"], "name": "", "longitude": 0.5, "latitude": 0.5, "basin_id": "a",
        "country": "SV", "ciiu": ["1050", "1050", "10", "2011", None], "size_class": ["micro", "micro", "", "", ""],
        "discharge_to": "river",
    }
)  # fmt: skip


@functools.cache
def programme() -> Accounts:
    """Three micro dairies and a small one, audited once."""
    rows = audits(*(audit(firm, value=load, date="2020-01-01") for firm, load in LOADS.items()))
    msmes = pd.DataFrame(
        {"msme_id": list(LOADS), "country": "SV", "ciiu": "1050", "employees": [5, 6, 7, 30]}
    )
    placed = msmes[["msme_id"]].assign(status="inside", basin_id="a")
    claims = audit_loads(rows.assign(date=pd.to_datetime(rows["date"])))
    return close_accounts(claims, placed, three_squares(), msmes=msmes)


def ranked(purpose: str, register: pd.DataFrame = REGISTER, **registers: pd.DataFrame) -> pd.DataFrame:
    evidence = replace(programme(), registers=registers)
    return rank_firms(
        register, basins=three_squares(), weights=weights_for(purpose), evidence=evidence, language="en"
    )


def test_the_unaudited_count_by_the_median_of_their_branch_and_size() -> None:
    before = REGISTER.copy()
    found = expected_loads(REGISTER, programme()).set_index("msme_id")
    assert found[["load_kg_yr", "basis", "firms_behind"]].to_numpy().tolist() == [
        [10.0, "audited", 1],
        [20.0, "division_size", 3],
        [40.0, "division", 4],
    ]
    assert found.index.tolist() == ["A1", "U1", "U2"]
    same(before, REGISTER)


def test_every_rank_explains_itself_and_what_is_not_known_comes_last() -> None:
    lost = pd.DataFrame({"msme_id": ["X"], "reason": ["zero"]})
    table = rank_firms(
        REGISTER, basins=three_squares(), weights=weights_for("visit"), evidence=programme(), unplaced=lost,
        language="es",
    )  # fmt: skip
    assert tuple(table.columns) == tables.RANKING.names
    unknown = "Al final: sin auditoría suya ni de tres empresas de su rama, no se conoce su carga."
    tail = "no se sabe cuánto llega a la salida y cuenta todo; sin visita registrada."
    assert dict(zip(table["msme_id"], table["explanation"], strict=True)) == {
        "U2": f"DBO5: 40.0 kg al año, mediana de 4 empresas auditadas de su rama; {tail}",
        "U1": f"DBO5: 20.0 kg al año, mediana de 3 empresas auditadas de su rama y tamaño; {tail}",
        "A1": f"DBO5: aún vierte 10.0 kg al año según su auditoría; {tail}",
        "U3": unknown,
        "U4": unknown,
        "X": "Al final: no se sabe dónde está.",
    }
    assert table["msme_id"].tolist() == ["U2", "U1", "A1", "U3", "U4", "X"]
    assert table["score_pct"].tolist()[:3] == [100.0, 50.0, 25.0]
    assert table["score_pct"].isna().tolist() == [False, False, False, True, True, True]


def test_the_order_of_the_register_does_not_matter() -> None:
    pd.testing.assert_frame_equal(ranked("visit"), ranked("visit", REGISTER.iloc[::-1]))


def test_who_came_already_is_invited_later_and_who_was_inspected_is_inspected_later() -> None:
    attendance = pd.DataFrame({"msme_id": ["U2"] * 3})
    assert ranked("invite", attendance=attendance)["msme_id"].tolist()[:3] == ["U1", "A1", "U2"]
    days = pd.to_datetime(["2024-01-01", "2020-01-01"])
    seen = pd.DataFrame({"msme_id": ["U2", "A1"], "date": days})
    assert ranked("inspect", inspections=seen)["msme_id"].tolist()[:3] == ["U1", "A1", "U2"]


def test_money_goes_where_a_measure_waits_for_it() -> None:
    measures = pd.DataFrame(
        {
            "msme_id": ["A1", "U1", "U2", "A2", "A3"], "category": "reuse",
            "status": ["accepted", "recommended", "verified", "verified", "verified"],
            "investment_usd": [100.0, 300.0, 100.0, 100.0, 100.0], "saving_usd_yr": [None, 100.0, 50.0, 100.0, 25.0],
            "loan_id": None,
        }
    )  # fmt: skip
    found = ranked("lend", recommendations=measures).set_index("msme_id")
    assert found["payback_years"].dropna().to_dict() == {"U1": 3.0, "A1": 2.5}
    assert found.index.tolist() == ["U1", "A1", "U2", "U3", "U4"]
    assert found.loc["U2", "explanation"] == "Last: no measure of known payback waits for money."


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "es",
            "«order.pdf» no se puede escribir. "
            "Use un nombre que termine en .xlsx o .csv, en una carpeta que exista.",
        ),
        (
            "en",
            "“order.pdf” cannot be written. Use a name that ends in .xlsx or .csv, in a folder that exists.",
        ),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_first(
    language: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rank", "nobody.xlsx", "--out", "order.pdf", "--language", language]) == 2
    assert capsys.readouterr().err == f"{told}\n"


def test_what_was_not_read_or_not_filled_in_is_not_told_as_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register, open_rows = tmp_path / "m.csv", tmp_path / "c.csv"
    register.write_text("msme_id,latitude,longitude\nF1,13.70,-89.19\n", encoding="utf-8")
    open_rows.write_text("msme_id,latitude,longitude\nF1,,\n", encoding="utf-8")
    words = ["--corrections", str(open_rows), "--language", "en"]
    assert main(["near", str(register), *words]) == 0
    assert "c.csv" not in capsys.readouterr().out
    assert main(["rank", str(register), *words]) == 0
    assert "write --project project.toml." in capsys.readouterr().out
