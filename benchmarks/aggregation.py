"""Add up a million ledger rows beside the plain pandas group-by that gives the same table.

    python benchmarks/aggregation.py --rows 1000000

Both sides get the same ledger and the same probabilities, and make ``basin_loads``: firms, loads, reduction, range,
expectation and percentage per watershed and pollutant. Ours are sums that are exact to the last bit; those of pandas
may differ from them by its rounding, which is printed.
"""

from __future__ import annotations

import argparse
import time

import geopandas as gpd
import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.aggregation import total_per_basin
from watershed_cp.loads.uncertainty import COVERAGE_90

_BASINS = ("acelhuate", "chamelecon", "motagua", "panama_canal")
_POLLUTANTS = ("BOD5", "COD", "TSS", "FOG", "TN", "TP", "Cr", "Pb")
_KEYS = ["basin_id", "pollutant"]
_ALIKE = 1e-9  # of a sum of a million terms in double precision


def programme(rows: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make a ledger of synthetic claims, ten a firm, and where the firms may lie.

    One of ten firms stands near a divide, one of twenty claims knows its reduction alone, ten in a million no range.
    """
    random = np.random.default_rng(seed)
    firms = max(rows // 10, 1)
    names = np.array([f"SYN-{number:07d}" for number in range(firms)])
    home, firm = random.integers(0, len(_BASINS), firms), random.integers(0, firms, rows)
    fate = random.choice(["credited", "outside", "superseded"], rows, p=[0.8, 0.1, 0.1])
    reduction = random.lognormal(4, 2, rows)
    baseline = reduction * random.uniform(1.1, 9, rows)
    spread = 0.2 * baseline
    stated, vague = random.random((2, rows)) < [[1 / 20], [1e-5]]
    alone = np.where(stated, np.nan, 1.0)
    low = np.where(vague, np.nan, reduction - COVERAGE_90 * spread)
    ledger = pd.DataFrame(
        {
            "msme_id": names[firm],
            "pollutant": np.array(_POLLUTANTS)[random.integers(0, len(_POLLUTANTS), rows)],
            "basin_id": pd.Series(np.array(_BASINS)[home[firm]]).where(fate == "credited"),
            "fate": fate,
            "baseline_kg_yr": baseline * alone,
            "follow_up_kg_yr": (baseline - reduction) * alone,
            "reduction_kg_yr": reduction,
            "reduction_low_kg_yr": low,
            "reduction_high_kg_yr": reduction + COVERAGE_90 * spread,
            "standard_uncertainty_kg_yr": spread,
        }
    )
    near = np.flatnonzero(random.random(firms) < 1 / 10)
    own = np.ones(firms)
    own[near] = random.uniform(0.5, 1, len(near))
    places = np.array(_BASINS)
    chances = {
        "msme_id": np.concatenate([names, names[near]]),
        "basin_id": np.concatenate([places[home], places[(home[near] + 1) % len(places)]]),
        "probability": np.concatenate([own, 1 - own[near]]),
    }
    return ledger, pd.DataFrame(chances)


def plain(ledger: pd.DataFrame, basins: gpd.GeoDataFrame, probabilities: pd.DataFrame) -> pd.DataFrame:
    """Make the table as one writes it in pandas."""
    credited = ledger[ledger["fate"] == "credited"]
    spread = credited["standard_uncertainty_kg_yr"]
    paired = credited["baseline_kg_yr"].notna() & credited["follow_up_kg_yr"].notna()
    totals = (
        credited.assign(
            baseline_kg_yr=credited["baseline_kg_yr"].where(paired),
            follow_up_kg_yr=credited["follow_up_kg_yr"].where(paired),
            avoided=credited["reduction_kg_yr"].where(paired),
            least=credited["reduction_low_kg_yr"] + COVERAGE_90 * spread,
            most=credited["reduction_high_kg_yr"] - COVERAGE_90 * spread,
            variance=spread**2,
        )
        .groupby(_KEYS)
        .agg(
            msmes=("msme_id", "nunique"),
            baseline_kg_yr=("baseline_kg_yr", "sum"),
            follow_up_kg_yr=("follow_up_kg_yr", "sum"),
            reduction_kg_yr=("reduction_kg_yr", "sum"),
            avoided=("avoided", "sum"),
            rows=("fate", "size"),
            ranges=("least", "count"),
            least=("least", "sum"),
            most=("most", "sum"),
            variance=("variance", "sum"),
        )
    )
    half = COVERAGE_90 * np.sqrt(totals["variance"]).where(totals["ranges"] == totals["rows"])
    placed = ledger.loc[
        ledger["fate"].isin(["credited", "outside"]), ["msme_id", "pollutant", "reduction_kg_yr"]
    ]
    spread_out = placed.merge(probabilities, on="msme_id")
    spread_out["expected"] = spread_out["reduction_kg_yr"] * spread_out["probability"]
    return totals.assign(
        reduction_low_kg_yr=totals["least"] - half,
        reduction_high_kg_yr=totals["most"] + half,
        expected_reduction_kg_yr=spread_out.groupby(_KEYS)["expected"].sum(),
        reduction_pct=100 * totals["avoided"] / totals["baseline_kg_yr"],
        basin_name=totals.index.get_level_values("basin_id").map(basins["name_es"]),
    ).reset_index()[list(tables.BASIN_LOADS.names)]


def main() -> None:
    """Time both, compare the answers, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=9)
    asked = parser.parse_args()
    ledger, probabilities = programme(asked.rows)
    basins = gpd.GeoDataFrame({"name_es": _BASINS}, index=pd.Index(_BASINS, name="basin_id"))

    whole = ledger.reindex(columns=tables.LEDGER.names)
    jobs = (total_per_basin, plain)
    seconds: tuple[list[float], ...] = ([], [])
    for _ in range(asked.turns):  # in turns, so that whatever else the machine does slows both alike
        for job, spent in zip(jobs, seconds, strict=True):
            begin = time.process_time()
            job(whole, basins, probabilities)
            spent.append(time.process_time() - begin)
    ours, theirs = map(min, seconds)
    exact, rounded = (job(whole, basins, probabilities) for job in jobs)
    pd.testing.assert_frame_equal(exact, rounded, check_dtype=False, rtol=_ALIKE)
    numbers = exact.select_dtypes("float").to_numpy(), rounded.select_dtypes("float").to_numpy()
    off = float(np.nanmax(np.abs(numbers[0] - numbers[1]) / np.abs(numbers[0])))
    print(
        f"{asked.rows:,} rows: {ours:.3f} s against {theirs:.3f} s of plain pandas: {theirs / ours:.1f} times as fast"
    )
    print(f"the same table; pandas is off by {off:.1e} of a sum at most, ours are exact")


if __name__ == "__main__":
    main()
