"""Two runs: every changed kilogram is explained by a row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.cli import main
from watershed_cp.errors import MissingFileError
from watershed_cp.impact.comparison import changed_rules, compare_ledgers, read_run
from watershed_cp.tables import LEDGER

if TYPE_CHECKING:
    from pathlib import Path

ROW = st.fixed_dictionaries(
    {
        "msme_id": st.sampled_from(["F1", "F2"]),
        "pollutant": st.sampled_from(["TN", "TP"]),
        "baseline_rows": st.just("1"),
        "follow_up_rows": st.sampled_from(["2", "3"]),
        "fate": st.sampled_from(["credited", "outside", "unpaired"]),
        "basin_id": st.sampled_from(["a", "b", None]),
        "reduction_kg_yr": st.one_of(st.just(math.nan), st.integers(-100, 100).map(float)),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=8).map(
    lambda rows: pd.DataFrame(rows).reindex(columns=LEDGER.names)
)


def credited(ledger: pd.DataFrame, pollutant: str) -> float:
    rows = ledger[(ledger["fate"] == "credited") & (ledger["pollutant"] == pollutant)]
    return math.fsum(rows["reduction_kg_yr"].dropna())


@given(ROWS, ROWS)
def test_changes_add_up_to_the_change_of_the_total(before: pd.DataFrame, after: pd.DataFrame) -> None:
    changes = compare_ledgers(before, after)
    for pollutant in ("TN", "TP"):
        told = math.fsum(changes.loc[changes["pollutant"] == pollutant, "credited_change_kg_yr"])
        assert told == credited(after, pollutant) - credited(before, pollutant)


@given(ROWS)
def test_a_ledger_does_not_differ_from_itself(ledger: pd.DataFrame) -> None:
    assert compare_ledgers(ledger, ledger).empty


def test_settings_that_differ_are_listed() -> None:
    before = {"accounting": {"censoring": "half", "period": None}}
    after = {"accounting": {"censoring": "half", "period": ["2019-01-01", "2019-12-31"]}}
    assert changed_rules(before, after) == [("accounting.period", None, ["2019-01-01", "2019-12-31"])]


def test_a_folder_that_no_run_wrote(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as error:
        read_run(tmp_path)
    assert error.value.tell("en") == (
        f"{tmp_path}: That folder is not the output of “watershed-cp run”: it lacks tables/ledger.csv or "
        "manifest.json. Name the folder that a run wrote."
    )


def test_the_command_explains_a_changed_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = {"basins": "priority", "msmes": "m.csv", "audits": "a.csv"}
    project = (
        "".join(f'[{name}]\nsource = "{source}"\n' for name, source in sources.items())
        + "[publish]\nposters = []\n"
    )
    (tmp_path / "p.toml").write_text(project, encoding="utf-8")
    (tmp_path / "m.csv").write_text("msme_id,latitude,longitude\nF1,13.70,-89.19\n", encoding="utf-8")
    for out, after in (("one", 80), ("two", 70)):
        rows = f"F1,DBO5,baseline,100,kg/yr,2019-01-01\nF1,DBO5,follow_up,{after},kg/yr,2020-01-01\n"
        (tmp_path / "a.csv").write_text("msme_id,pollutant,phase,value,unit,date\n" + rows, encoding="utf-8")
        assert main(["run", str(tmp_path / "p.toml"), "--out", str(tmp_path / out)]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "one"), str(tmp_path / "two"), "--language", "en"]) == 0
    assert (
        capsys.readouterr().out
        == "BOD5: what is credited changed by 10.0 kg.\n  F1: another value, 10.0 kg\n"
    )
