"""The design system keeps its promises: contrast, an even ramp, no colour-blind reader left out."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.publish.style import (
    COLOURS,
    RAMP,
    contrast,
    matplotlib_settings,
    ramp_breaks,
    ramp_colour,
    text_on,
)

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
SIGHT = {
    "common": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(colour, sight):
    """CIELAB (D65) of a colour as an eye of that kind sees it."""
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(SIGHT[sight] @ linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("tone", ["ink", "muted", "river_text", "firm_text", "basin", "uncounted"])
def test_text_tones_reach_four_and_a_half_to_one_on_paper(tone):
    assert contrast(getattr(COLOURS, tone), COLOURS.paper) >= 4.5


@pytest.mark.parametrize("tone", ["ink", "river_text", "basin"])
@pytest.mark.parametrize("ground", ["land_shade", "sea"])
def test_labels_on_the_map_read_on_the_darkest_relief_and_on_the_sea(tone, ground):
    assert contrast(getattr(COLOURS, tone), getattr(COLOURS, ground)) >= 4


@pytest.mark.parametrize("tone", ["firm_edge", "uncounted"])
def test_marks_reach_three_to_one_on_the_relief(tone):
    assert contrast(getattr(COLOURS, tone), COLOURS.land_shade) >= 3


def test_rivers_reach_three_to_one_on_plain_land():
    assert contrast(COLOURS.river, COLOURS.land) >= 3


@pytest.mark.parametrize("step", RAMP)
def test_the_chosen_text_reads_on_every_ramp_step(step):
    assert contrast(text_on(step), step) >= 4.5


@pytest.mark.parametrize("sight", SIGHT)
def test_ramp_darkens_by_even_steps_for_every_eye(sight):
    lightness = [lab(colour, sight)[0] for colour in RAMP]
    steps = -np.diff(lightness)
    assert (steps >= 8).all()
    assert steps.max() / steps.min() <= 2


@pytest.mark.parametrize("sight", SIGHT)
def test_firms_stand_off_water_and_ramp_for_every_eye(sight):
    firm = lab(COLOURS.firm, sight)
    for other in (*RAMP, COLOURS.river, COLOURS.lake, COLOURS.sea, COLOURS.land):
        assert np.linalg.norm(firm - lab(other, sight)) >= 50


def test_ramp_has_one_hue():
    hues = [np.degrees(np.arctan2(*lab(colour, "common")[:0:-1])) % 360 for colour in RAMP]
    assert max(hues) - min(hues) <= 30


@given(st.lists(st.just(0.0) | st.floats(1e-9, 1e9), min_size=1))
def test_breaks_hold_every_value_and_rise(values):
    breaks = ramp_breaks(values)
    assert len(breaks) == len(RAMP)
    assert all(low < high for low, high in itertools.pairwise(breaks))
    assert breaks[-1] >= max(values) * (1 - 1e-9)


def test_where_every_load_rose_the_ramp_is_that_of_nothing_avoided():
    assert ramp_breaks([-5.0, -0.1]) == ramp_breaks([0.0]) == ramp_breaks([])


def test_a_missing_value_has_no_colour_and_zero_has_the_lightest():
    breaks = ramp_breaks([float("nan"), 0, 12])
    assert breaks == (2, 4, 6, 8, 10, 12)
    assert ramp_colour(float("nan"), breaks) is None
    assert [ramp_colour(value, breaks) for value in (0, 2.1, 12, 40)] == [
        RAMP[0],
        RAMP[1],
        RAMP[-1],
        RAMP[-1],
    ]


def test_settings_are_settings_that_matplotlib_knows():
    with mpl.rc_context(matplotlib_settings()):
        assert mpl.rcParams["font.family"][-1] == "DejaVu Sans"
