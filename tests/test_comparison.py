"""Two runs: every changed kilogram is explained by a row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watershed_cp.cli import main
from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.impact.comparison import Run, changed_rules, compare_ledgers, compare_runs, read_run
from watershed_cp.publish.summary import tell_changes
from watershed_cp.tables import CHANGES, LEDGER

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


def run(ledger: pd.DataFrame, grade: str = "E", digest: str = "0") -> Run:
    return Run(ledger, {"accounting": {"minimum_evidence": grade}}, {"a.csv": digest}, "1")


def credited(ledger: pd.DataFrame, pollutant: str) -> float:
    rows = ledger[(ledger["fate"] == "credited") & (ledger["pollutant"] == pollutant)]
    return math.fsum(rows["reduction_kg_yr"].dropna())


@settings(max_examples=25)
@given(ROWS, ROWS)
def test_changes_add_up_to_the_change_of_the_total(before: pd.DataFrame, after: pd.DataFrame) -> None:
    changes = compare_ledgers(before, after)
    for pollutant in ("TN", "TP"):
        told = math.fsum(changes.loc[changes["pollutant"] == pollutant, "credited_change_kg_yr"])
        assert told == credited(after, pollutant) - credited(before, pollutant)
        for basin in ("a", "b"):
            moved = [by_basin(changes, pollutant, basin, f"_{side}") for side in ("before", "after")]
            totals = [by_basin(ledger, pollutant, basin) for ledger in (before, after)]
            assert moved[1] - moved[0] == totals[1] - totals[0]


def by_basin(rows: pd.DataFrame, pollutant: str, basin: str, side: str = "") -> float:
    there = (rows["pollutant"] == pollutant) & (rows[f"basin_id{side}"] == basin)
    return math.fsum(rows.loc[there & (rows[f"fate{side}"] == "credited"), f"reduction{side}_kg_yr"].dropna())


@settings(max_examples=25)
@given(ROWS, ROWS)
def test_two_runs_the_other_way_round_tell_the_opposite(before: pd.DataFrame, after: pd.DataFrame) -> None:
    there, back = compare_ledgers(before, after), compare_ledgers(after, before)
    assert (there["credited_change_kg_yr"] + back["credited_change_kg_yr"] == 0).all()
    opposite = {"new": "gone", "gone": "new"}
    assert there["change"].replace(opposite).tolist() == back["change"].tolist()


def test_a_rule_explains_what_it_alone_changed() -> None:
    row = {"msme_id": "F1", "pollutant": "TN", "baseline_rows": "1", "follow_up_rows": "2", "basin_id": "a"}
    before = pd.DataFrame([row | {"fate": "credited", "reduction_kg_yr": 5.0, "reason": ""}])
    weak = before.assign(fate="unverified", reason="evidence below B", basin_id=None)
    dearer, moved = before.assign(reduction_kg_yr=6.0), before.assign(basin_id="b")

    def change(after: pd.DataFrame, *, grade: str, digest: str = "0") -> str:
        return str(compare_runs(run(before), run(after, grade, digest))["change"].iloc[0])

    assert change(weak, grade="B") == "rule_changed"
    assert change(weak, grade="B", digest="1") == "rule_changed"
    assert change(weak, grade="E", digest="1") == "new_fate"
    assert change(dearer, grade="B") == "rule_changed"
    assert change(dearer, grade="B", digest="1") == "value_changed"
    assert change(moved, grade="B") == "moved_basin"


def test_a_firm_that_moved_is_told_with_its_rows_or_by_itself() -> None:
    row = {
        "pollutant": "TN",
        "baseline_rows": "1",
        "follow_up_rows": "2",
        "fate": "credited",
        "reduction_kg_yr": 5.0,
    }
    ledger = pd.DataFrame(
        [row | {"msme_id": "F1", "basin_id": "a"}, row | {"msme_id": "F2", "basin_id": "a"}]
    )
    firms = pd.Index(["F1", "F2", "F3", "F4"], name="msme_id")
    where = pd.DataFrame({"longitude": [0.0, 0.0, math.nan, 0.5], "latitude": 0.0, "basin_id": "a"}, firms)
    before, after = Run(ledger, {}, {}, "1", where), Run(ledger.copy(), {}, {}, "1", where.copy())
    assert compare_runs(before, after).empty
    after.ledger.loc[0, "basin_id"] = "b"
    after.places.loc["F1", ["longitude", "basin_id"]] = [1.0, "b"]
    after.places.loc[["F2", "F3"], "longitude"] = 0.001
    changes = compare_runs(before, after)
    assert changes["change"].tolist() == ["moved_basin", "moved_place", "moved_place"]
    assert changes["moved_m"].round().tolist() == [111_319, 111, math.inf]
    assert tell_changes(changes, "en") == (
        "Total N: what is credited changed by 0 kg.\n"
        "  F1: another watershed, 0 kg; the firm's place changed: 111 km\n"
        "Firms whose place changed though no row did: F2 (111 m), F3 (not known before or after)."
    )
    assert tell_changes(changes, "es").splitlines()[1:] == [
        "  F1: otra cuenca, 0 kg; cambió la ubicación de la empresa: 111 km",
        "Empresas cuya ubicación cambió sin que cambie ninguna fila: F2 (111 m), F3 (antes o después no se conoce).",
    ]


@settings(max_examples=25)
@given(ROWS)
def test_a_ledger_does_not_differ_from_itself(ledger: pd.DataFrame) -> None:
    assert compare_ledgers(ledger, ledger).empty


def test_rows_without_identifier_are_known_by_what_they_say_not_by_their_position() -> None:
    def claim(firm: str, first: int, date: str, reduction: float) -> dict[str, object]:
        rows = {"baseline_rows": f"#{first}", "follow_up_rows": f"#{first + 1}", "date": date}
        told = {"msme_id": firm, "pollutant": "TN", "fate": "credited", "basin_id": "a"}
        return told | rows | {"reduction_kg_yr": reduction, "equation": f"= {reduction}"}

    years = ["2019-01-01", "2020-01-01", "2021-01-01"]
    before = [claim("F1", 3 + 2 * n, day, 5.0 + n) for n, day in enumerate(years)] + [
        claim("F2", 9, years[0], 1.0)
    ]
    after = [claim("F1", 3, years[1], 6.0), claim("F1", 5, years[2], 7.5), claim("F2", 7, years[0], 1.0)]
    changes = compare_ledgers(pd.DataFrame(before), pd.DataFrame(after))
    told = changes[["msme_id", "change", "credited_change_kg_yr", "baseline_rows"]].to_numpy().tolist()
    assert told == [["F1", "gone", -5.0, "#3"], ["F1", "value_changed", 0.5, "#5"]]


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


@pytest.mark.parametrize(
    ("ledger", "manifest", "detail"),
    [
        (
            "msme_id,pollutant\nF1,TN\n",
            '{"settings": {}, "inputs": {}, "watershed_cp": "1"}',
            "baseline_rows, ",
        ),
        ("msme_id\n", "no json", "Expecting value: line 1"),
        ("msme_id\n", "{}", "'settings'"),
        ("", '{"settings": {}, "inputs": {}, "watershed_cp": "1"}', "No columns to parse"),
    ],
)
def test_a_folder_of_which_no_sense_can_be_made(
    tmp_path: Path, ledger: str, manifest: str, detail: str
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "ledger.csv").write_text(ledger, encoding="utf-8")
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_run(tmp_path)
    assert error.value.tell("en").startswith(f"{tmp_path}: The output of that run cannot be read: {detail}")
    assert error.value.tell("en").endswith(". Run the project again with this version, and compare anew.")


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
    for language, name in (("en", "a.csv"), ("en", "a.xlsx"), ("es", "b.xlsx")):
        file = tmp_path / "changes" / name
        file.parent.mkdir(exist_ok=True)
        words = [
            "compare",
            str(tmp_path / "one"),
            str(tmp_path / "two"),
            "--out",
            str(file),
            "--language",
            language,
        ]
        assert main(words) == 0
    table = pd.read_csv(tmp_path / "changes" / "a.csv", encoding="utf-8-sig")
    assert tuple(table.columns) == CHANGES.names
    assert table[["change", "credited_change_kg_yr"]].to_numpy().tolist() == [["value_changed", 10.0]]
    for name, sheet, word in (("a.xlsx", "Changes", "another value"), ("b.xlsx", "Cambios", "otro valor")):
        book = openpyxl.load_workbook(tmp_path / "changes" / name)
        assert book.sheetnames == [sheet]
        assert book[sheet].cell(3, CHANGES.names.index("change") + 1).value == word
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "two"), str(tmp_path / "two"), "--language", "es"]) == 0
    assert capsys.readouterr().out == "Ninguna fila del registro cambió.\n"
