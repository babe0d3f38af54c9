"""Loads do not depend on the order of the rows, on how files are split, nor on the unit of entry."""

from __future__ import annotations

import tempfile

import hypothesis
import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from makers import audit, audits

from watershed_cp.intake.readers import read_audits
from watershed_cp.loads.audits import audit_loads
from watershed_cp.loads.censoring import RULES
from watershed_cp.tables import EVIDENCE

FIGURES = [
    "baseline_kg_yr",
    "follow_up_kg_yr",
    "reduction_kg_yr",
    "reduction_low_kg_yr",
    "reduction_high_kg_yr",
]
UNITS = {
    "mg/L": [("g/m3", 1.0), ("g/L", 1e-3), ("µg/L", 1e3)],
    "kg/yr": [("t/año", 1e-3), ("qq/mes", 1 / 544.310844)],
}
FLOWS = [("m3/d", 1.0), ("m3/h", 1 / 24), ("L/s", 1 / 86.4)]
SETTINGS = [(rule, grade) for rule in RULES for grade in (EVIDENCE[0], EVIDENCE[2], EVIDENCE[4])]
SAMPLES = st.builds(
    audit,
    msme_id=st.sampled_from(["F1", "F2"]),
    phase=st.sampled_from(["baseline", "follow_up"]),
    value=st.integers(1, 5000).map(float),
    unit=st.sampled_from(list(UNITS)),
    flow=st.integers(0, 50).map(float),
    flow_unit=st.just("m3/d"),
    date=st.sampled_from([None, "2019-01-01", "2020-01-01"]),
    qualifier=st.sampled_from([None, None, "<", ">"]),
    evidence=st.sampled_from([None, *EVIDENCE]),
)
PROGRAMMES = st.lists(SAMPLES, min_size=2, max_size=9)


def figures(rows, rule, grade):
    """Give what is claimed, and by which rows, in an order of its own."""
    table = audits(*rows).assign(qualifier=lambda frame: frame["qualifier"].astype(object))
    claims = audit_loads(table, censoring_rule=rule, minimum_evidence=grade)
    names = claims["baseline_rows"] + " " + claims["follow_up_rows"]
    by_name = claims.assign(names=[" ".join(sorted(name.replace("; ", " ").split())) for name in names])
    return by_name.sort_values(["names", "fate"], ignore_index=True)


@hypothesis.settings(max_examples=7)
@given(rows=PROGRAMMES, setting=st.sampled_from(SETTINGS), seed=st.integers(0, 99))
def test_order_and_files_make_no_difference(rows, setting, seed) -> None:
    named = [{**row, "audit_id": f"A{i}"} for i, row in enumerate(rows)]
    split = [{**row, "source_file": "ab"[i % 2], "source_row": i} for i, row in enumerate(named)]
    shuffled = [split[i] for i in np.random.default_rng(seed).permutation(len(split))]
    one, two = figures(named, *setting), figures(shuffled, *setting)
    assert one["fate"].tolist() == two["fate"].tolist()
    np.testing.assert_array_equal(one[FIGURES].to_numpy(), two[FIGURES].to_numpy())


@hypothesis.settings(max_examples=3)
@given(rows=PROGRAMMES, setting=st.sampled_from(SETTINGS))
def test_a_file_split_in_two_is_one_file(rows, setting) -> None:
    """Written as an office would, read from the disk, and one put under the other."""
    table = audits(*rows).assign(audit_id=[f"A{i}" for i in range(len(rows))])
    half = len(table) // 2
    with tempfile.TemporaryDirectory() as folder:
        parts = {}
        for name, part in (("whole", table), ("first", table[:half]), ("second", table[half:])):
            part.to_csv(f"{folder}/{name}.csv", index=False)
            parts[name] = read_audits(f"{folder}/{name}.csv")
    one, two = (
        figures(frame.to_dict("records"), *setting)
        for frame in (parts["whole"], pd.concat([parts["second"], parts["first"]]))
    )
    assert one["fate"].tolist() == two["fate"].tolist()
    np.testing.assert_array_equal(one[FIGURES].to_numpy(), two[FIGURES].to_numpy())


@hypothesis.settings(max_examples=7)
@given(rows=PROGRAMMES, setting=st.sampled_from(SETTINGS), seed=st.integers(0, 99))
def test_the_unit_of_entry_makes_no_difference(rows, setting, seed) -> None:
    random = np.random.default_rng(seed)
    named = [{**row, "audit_id": f"A{i}", "value": row["value"] + i / 7} for i, row in enumerate(rows)]
    entered = []
    for row in named:
        unit, factor = UNITS[row["unit"]][random.integers(2)]
        flow_unit, flow_factor = FLOWS[random.integers(3)]
        value, flow = row["value"] * factor, row["flow"] * flow_factor
        entered.append({**row, "unit": unit, "value": value, "flow_unit": flow_unit, "flow": flow})
    one, two = figures(named, *setting), figures(entered, *setting)
    assert one["fate"].tolist() == two["fate"].tolist()
    np.testing.assert_allclose(one[FIGURES].to_numpy(), two[FIGURES].to_numpy(), rtol=1e-9, atol=1e-6)
