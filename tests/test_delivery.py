"""Delivered loads: by hand on three cells, and never less than nothing or more than was released."""

from __future__ import annotations

import math
from dataclasses import replace

import affine
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp import tables
from watershed_cp.basins.network import FlowNetwork
from watershed_cp.impact.delivery import Rate, Waterway, decay_rate, delivered_loads, follow_load

ENDS = ["delivered_low_kg_yr", "delivered_kg_yr", "delivered_high_kg_yr"]


def line(cells: int = 3, **layers: gpd.GeoDataFrame) -> FlowNetwork:
    """Lay a river that runs east along the equator over cells of a hundredth of a degree."""
    codes = np.full((1, cells), 1)
    codes[0, -1] = 0
    grid = affine.Affine(0.01, 0, -89, 0, -0.01, 0.005)
    return FlowNetwork.from_directions(codes, grid, "EPSG:4326", layers=layers)


def lake(name: str, *, first: int, last: int) -> gpd.GeoDataFrame:
    box = shapely.box(-89 + 0.01 * first, -0.005, -89 + 0.01 * (last + 1), 0.005)
    return gpd.GeoDataFrame({"name_es": [name]}, geometry=[box], crs=4326)


def test_a_river_decays_for_as_long_as_it_takes() -> None:
    river = Waterway.of(line())
    shares = river.passing(Rate(0.2, 0.4, 0.8), np.arange(3))
    m3_s = river.drained_km2[0] * 24 / 1000
    days = 1113.2 / (0.194 * m3_s**0.285) / 86400
    assert shares[0, 1] == pytest.approx(math.exp(-0.4 * days), rel=1e-3)
    assert shares[2].tolist() == [1.0, 1.0, 1.0]
    low = 1113.2 / (0.194 * (m3_s / 2) ** 0.285) / 86400
    assert shares[0, 0] == pytest.approx(math.exp(-0.8 * low), rel=1e-3)


def test_a_lake_is_mixed_and_takes_its_share_where_the_water_leaves_it() -> None:
    held = Waterway.of(line(5, lakes=lake("Lago Alajuela", first=1, last=2)))
    shares = held.passing(Rate(0.2, 0.4, 0.8), np.arange(5))
    assert shares[1].tolist() == [1.0, 1.0, 1.0]
    days = 600e6 / (held.drained_km2[2] * 24 / 1000) / 86400
    assert shares[2, 1] == pytest.approx(1 / (1 + 0.4 * days))


def test_below_a_lake_of_unknown_volume_all_or_nothing_may_arrive() -> None:
    held = Waterway.of(line(5, lakes=lake("Laguna sin volumen", first=1, last=2)))
    table = follow_load(held, -88.995, 0.0, pollutant="BOD5", load_kg_yr=100.0)
    low, central, high = table[ENDS].iloc[-1]
    assert low == 0
    assert math.isnan(central)
    assert 0 < high < 100


def test_salt_is_conserved_even_there() -> None:
    held = Waterway.of(line(5, lakes=lake("Laguna sin volumen", first=1, last=2)))
    table = follow_load(held, -88.995, 0.0, pollutant="Cl", load_kg_yr=100.0)
    assert table[ENDS].to_numpy().tolist() == [[100.0] * 3] * len(table)


def test_without_a_cited_rate_nothing_is_estimated() -> None:
    table = follow_load(Waterway.of(line()), -88.995, 0.0, pollutant="COD", load_kg_yr=100.0)
    assert decay_rate("COD") is None
    assert table["released_kg_yr"].tolist() == [100.0]
    assert table[ENDS].isna().to_numpy().all()


@given(
    st.tuples(*[st.floats(0, 5)] * 3).map(sorted),
    st.integers(2, 9),
    st.integers(0, 3),
    st.sampled_from(["Lago Gatún", "Laguna sin volumen", None]),
)
def test_never_less_than_nothing_nor_more_than_was_released(
    rates: list[float], cells: int, first: int, name: str | None
) -> None:
    layers = {"lakes": lake(name, first=first, last=first + 1)} if name else {}
    waterway = Waterway.of(line(cells, **layers))
    shares = waterway.arriving(np.arange(cells), [Rate(*rates)])[:, 0]
    low, central, high = shares.T
    known = ~np.isnan(central)
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    assert ((low <= central + 1e-15) & (central <= high + 1e-15))[known].all()
    assert (np.diff(high) >= -1e-15).all()


def test_a_way_that_ends_at_a_cell_does_not_count_its_loss() -> None:
    network = line(4)
    assert network.deliver(np.full(4, 0.5), until=2).tolist() == [0.25, 0.5, 1.0, 0.5]
    assert network.deliver(np.full(4, 0.5)).tolist() == [0.0625, 0.125, 0.25, 0.5]


def test_what_is_worked_out_on_the_way_down_is_what_the_whole_network_gives() -> None:
    waterway = Waterway.of(FlowNetwork.open("acelhuate"))
    cells = np.flatnonzero(waterway.network.downstream >= 0)
    some, rates = np.append(cells[:: len(cells) // 40], -1), [Rate(0.2, 0.4, 0.8), Rate(0.0, 0.1, 0.2)]
    for until in (None, int(waterway.network.downstream[some[7]])):
        told = waterway.arriving(some, rates, until=until)
        for place, rate in enumerate(rates):
            passing = np.ones((waterway.network.downstream.size, 3))
            passing[cells] = waterway.passing(rate, cells)
            whole = waterway.network.deliver(passing, until=until)[some[:-1]]
            np.testing.assert_array_equal(told[:-1, place], whole)
        assert np.isnan(told[-1]).all()


def test_the_course_and_the_sum_over_the_network_agree() -> None:
    waterway = Waterway.of(FlowNetwork.open("panama_canal"))
    rate = decay_rate("BOD5")
    assert rate is not None
    share = waterway.arriving(waterway.network.cells_at([-79.62], [9.15]), [rate])[0, 0]
    table = follow_load(waterway, -79.62, 9.15, pollutant="BOD5", load_kg_yr=1.0)
    np.testing.assert_allclose(table[ENDS].iloc[-1].to_numpy(float), share)
    assert table["at_km"].is_monotonic_increasing
    assert tuple(table) == tables.COURSE.names


def test_delivered_stands_beside_what_was_credited(demo) -> None:
    table = delivered_loads(demo)
    assert tuple(table) == tables.DELIVERED_LOADS.names
    credited = demo.basin_loads[demo.basin_loads["msmes"] > 0].set_index(["basin_id", "pollutant"])
    for row in table.to_dict("records"):
        assert row["reduction_kg_yr"] == credited.loc[(row["basin_id"], row["pollutant"]), "reduction_kg_yr"]
    known = table.dropna(subset=ENDS)
    assert set(known["pollutant"]) == {"BOD5", "TN"}
    assert (known["delivered_low_kg_yr"] <= known["delivered_kg_yr"]).all()
    assert (known["delivered_kg_yr"] <= known["delivered_high_kg_yr"]).all()
    assert (known["delivered_high_kg_yr"] <= known["reduction_kg_yr"]).all()


def test_an_own_layer_has_no_network_and_no_delivered_load(demo) -> None:
    moved = demo.basins.set_geometry(demo.basins.geometry.translate(0.001))
    assert delivered_loads(replace(demo, basins=moved)).empty


def test_a_firm_off_the_network_leaves_the_sum_unknown(demo) -> None:
    lost = demo.assignments.assign(longitude=0.0)
    table = delivered_loads(replace(demo, assignments=lost))
    assert pd.isna(table.loc[table["pollutant"] == "BOD5", "delivered_kg_yr"]).all()
