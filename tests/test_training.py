"""Who came and what they learned: pairs of scores, effect sizes with intervals, and where events were."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from watershed_cp.impact.training import score_gain


def test_the_gain_is_that_of_a_paired_t_test():
    before, after = np.array([4.0, 5, 6, 5, 3]), np.array([6.0, 8, 9, 7, np.nan])
    gain = score_gain(before, after)
    interval = stats.ttest_rel(after[:4], before[:4]).confidence_interval(0.9)
    assert (gain.tested, gain.before, gain.after, gain.gain) == (4, 5.0, 7.5, 2.5)
    assert (gain.gain_low, gain.gain_high) == pytest.approx((interval.low, interval.high))


def test_hedges_g_by_hand():
    """Gain 2.5 over the root mean square of both deviations, times the exact factor for 3 degrees of freedom."""
    gain = score_gain([4, 5, 6, 5], [6, 8, 9, 7])
    spread = math.sqrt((2 / 3 + 5 / 3) / 2)
    small = math.gamma(1.5) / (math.sqrt(1.5) * math.gamma(1))
    assert gain.effect == pytest.approx(2.5 / spread * small)
    assert gain.effect_low < gain.effect < gain.effect_high


def test_the_interval_of_g_covers_nine_worlds_in_ten():
    draw = np.random.default_rng(3)
    before = draw.normal(5, 1, (150, 12))
    after = before * 0.6 + 2 + 0.7 + draw.normal(0, 0.8, (150, 12))
    small = math.gamma(5.5) / (math.sqrt(5.5) * math.gamma(5))
    inside = [gain.effect_low <= 0.7 * small <= gain.effect_high for gain in map(score_gain, before, after)]
    assert 0.84 < np.mean(inside) < 0.96


def test_too_few_or_all_alike_have_no_interval():
    assert score_gain([], []).tested == 0
    assert math.isnan(score_gain([1, 2], [2, 4]).effect)
    assert math.isnan(score_gain([1, 2, 3], [2, 3, 4]).gain_low)


def test_people_once_and_attendances_all(demo):
    table = demo.training.set_index(["dimension", "part"])
    whole = table.loc[("", "")]
    events = demo.registers["events"]
    roles = ["students", "instructors", "msme_personnel", "stakeholders"]
    assert whole["attendances"] == events[roles].to_numpy().sum()
    assert whole["people"] == demo.registers["attendance"]["person_id"].nunique() + whole["unlisted"]
    assert whole["unlisted"] == 105
    sexes = table.loc["sex"]
    assert sexes["people"].sum() == whole["people"]
    assert sexes.loc["female", "people"] == whole["women"]
    assert sexes.loc["", "people"] == whole["unlisted"]
    assert whole["women_pct"] == 100 * whole["women"] / (whole["people"] - whole["unlisted"])


def test_events_have_a_place_and_a_watershed(demo):
    places = demo.event_places.set_index("event_id")
    assert places["people"].sum() == demo.training["attendances"].iloc[0]
    assert places.loc["E-05", "basin_id"] == "chamelecon"
    assert places["longitude"].notna().all()


def test_an_alliance_stands_once(demo):
    pairs = demo.alliances
    ends = [frozenset(pair) for pair in zip(pairs["stakeholder_id"], pairs["partner_id"], strict=True)]
    assert len(set(ends)) == len(ends)
    assert set(pairs["partner_kind"]) == {"centre", "msme"}
    assert pairs["partner_name"].notna().all()
