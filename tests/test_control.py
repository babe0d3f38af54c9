"""Control totals: a deviation is told with both numbers and the rows that may explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from makers import three_squares

from watershed_cp.cli import main
from watershed_cp.errors import InputError
from watershed_cp.impact.control import check_controls
from watershed_cp.project import Control

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = pd.DataFrame(
    {
        "msme_id": ["F1", "F2", "F3"],
        "pollutant": "TN",
        "fate": ["credited", "credited", "duplicate"],
        "basin_id": ["a", "b", None],
        "reduction_kg_yr": [1200.0, 30.0, 7.5],
        "baseline_rows": "A1",
        "follow_up_rows": ["A2", "A4", "R1"],
    }
)


def test_totals_within_their_tolerance_pass() -> None:
    controls = [
        Control(pollutant="TN", reduction_kg_yr=1230.4),
        Control(pollutant="TN", reduction_kg_yr=30, basin="b"),
        Control(pollutant="TN", reduction_kg_yr=7.5, fate="duplicate", tolerance_kg_yr=0),
    ]
    check_controls(LEDGER, controls)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "TN, credited: the control total is 1,237.50 kg a year, but the ledger adds up to 1,230.00 kg: "
            "−7.50 kg. As large as the difference: F3 (R1, duplicate, 7.50 kg). Check those measurements in "
            "your tables, or correct the control total. Without the section [[control]] the run writes the whole "
            "ledger.",
        ),
        (
            "es",
            "TN, acreditada: el total de control es 1,237.50 kg por año, pero el registro suma 1,230.00 kg: "
            "−7.50 kg. Tan grande como la diferencia: F3 (R1, repetida, 7.50 kg). Revise esas mediciones en sus "
            "tablas, o corrija el total de control. Sin la sección [[control]] la corrida escribe el registro "
            "completo.",
        ),
    ],
)
def test_the_row_that_explains_a_deviation_is_named(language: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        check_controls(LEDGER, [Control(pollutant="TN", reduction_kg_yr=1237.5)])
    assert error.value.tell(language) == said  # type: ignore[arg-type]


def test_without_such_a_row_the_largest_are_named_and_all_deviations_told() -> None:
    controls = [
        Control(pollutant="TN", reduction_kg_yr=1000, basin="a"),
        Control(pollutant="TN", reduction_kg_yr=1, fate="lost"),
        Control(pollutant="TN", reduction_kg_yr=5, fate="expired"),
    ]
    with pytest.raises(InputError) as error:
        check_controls(LEDGER, controls)
    first, second, third = error.value.tell("en").splitlines()
    assert "The largest of the sum: F1 (A2, credited, 1,200.00 kg)." in first
    assert second.startswith("There is no “fate = lost” in the ledger; it knows: credited, outside, ")
    assert "The largest of the sum: –." in third


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """Two firms in one square, 200 and 30 kg of TN less; the programme says that it published 260."""
    three_squares().to_file(tmp_path / "basins.geojson", driver="GeoJSON")
    (tmp_path / "firms.csv").write_text(
        "msme_id,latitude,longitude\nF1,0.5,0.5\nF2,0.4,0.4\n", encoding="utf-8"
    )
    (tmp_path / "reductions.csv").write_text(
        "reduction_id,msme_id,pollutant,value,unit\nR1,F1,TN,200,kg/yr\nR2,F2,TN,30,kg/yr\n",
        encoding="utf-8",
    )
    file = tmp_path / "project.toml"
    file.write_text(
        '[basins]\nsource = "basins.geojson"\nid = "basin_id"\n[msmes]\nsource = "firms.csv"\n'
        '[reductions]\nsource = "reductions.csv"\n[publish]\nposters = []\n'
        '[[control]]\npollutant = "TN"\nreduction_kg_yr = 260\n',
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "TN, credited: the control total is 260.00 kg a year, but the ledger adds up to 230.00 kg: −30.00 kg. "
            "As large as the difference: F2 (R2, credited, 30.00 kg). Check those measurements in your tables, or "
            "correct the control total. Without the section [[control]] the run writes the whole ledger.\n",
        ),
        (
            "es",
            "TN, acreditada: el total de control es 260.00 kg por año, pero el registro suma 230.00 kg: −30.00 kg. "
            "Tan grande como la diferencia: F2 (R2, acreditada, 30.00 kg). Revise esas mediciones en sus tablas, o "
            "corrija el total de control. Sin la sección [[control]] la corrida escribe el registro completo.\n",
        ),
    ],
)
def test_a_run_stops_at_a_control_total_and_leaves_what_stood(
    language: str, said: str, programme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(programme.parent.rglob("*"))
    earlier = programme.parent / "output"
    earlier.mkdir()
    (earlier / "manifest.json").write_text("{}", encoding="utf-8")
    assert main(["run", str(programme), "--language", language]) == 2
    assert capsys.readouterr().err.endswith(said)
    assert [path.name for path in earlier.iterdir()] == ["manifest.json"]
    assert (earlier / "manifest.json").read_text(encoding="utf-8") == "{}"
    assert [path for path in sorted(programme.parent.rglob("*")) if "output" not in path.parts] == before
