"""Control totals: a deviation is told with both numbers and the rows that may explain it."""

from __future__ import annotations

import pandas as pd
import pytest

from watershed_cp.errors import InputError
from watershed_cp.impact.control import check_controls
from watershed_cp.project import Control

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
            "-7.50 kg. As large as the difference: F3 (R1, duplicate, 7.50 kg). Check those measurements in "
            "your tables, or correct the control total. Without the section [[control]] the run writes the whole "
            "ledger.",
        ),
        (
            "es",
            "TN, acreditada: el total de control es 1,237.50 kg por año, pero el registro suma 1,230.00 kg: "
            "-7.50 kg. Tan grande como la diferencia: F3 (R1, repetida, 7.50 kg). Revise esas mediciones en sus "
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
