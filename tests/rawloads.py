"""The demonstration's loads computed again from its raw files: pandas and NumPy, and nothing of the package.

Firms, pairs of audits with their fates, ranges and what arrives downstream, written a second time from the
documented rules, so that the report can be held against them.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
import rasterio.features
import shapely

DATA = Path(__file__).resolve().parent.parent / "data"
PROJECT = tomllib.loads((DATA / "demo" / "project.toml").read_text(encoding="utf-8"))
GEOD = pyproj.Geod(ellps="WGS84")
Z90 = 1.6448536269514722

CODES = {
    "BOD5": ("DBO5", "DBO₅", "Demanda bioquímica de oxígeno"),
    "COD": ("DQO", "Demanda química de oxígeno"),
    "TSS": ("SST", "Sólidos suspendidos totales"),
    "TN": ("N total", "Nitrógeno total"),
    "TP": ("P total", "Fósforo total"),
    "FOG": ("A y G", "Grasas y aceites", "Aceites y grasas"),
    "Cr": ("Cr", "Cromo total", "Cr total"),
    "pH": ("pH",),
}
CODE_OF = {name: code for code, spelled in CODES.items() for name in spelled}
COUNTRIES = {"El Salvador": "SV", "Guatemala": "GT", "Honduras": "HN", "Panamá": "PA"}
BODIES = {"río": "river", "quebrada": "river", "alcantarillado": "sewer", "suelo": "soil", "lago": "lake"}
M3_A_DAY = {"m3/d": 1, "L/s": 86.4, "m3/h": 24, "gpm": 3.785411784e-3 * 1440}
KG_A_YEAR = {"lb/día": 0.45359237 * 365, "kg/año": 1}
FATES = (
    "credited",
    "outside",
    "unlocated",
    "duplicate",
    "superseded",
    "unpaired",
    "unverified",
    "expired",
    "invalid",
)
KEY = ["firm", "pollutant"]


@functools.cache
def raw(name):
    """Read one of the demonstration's CSV files; decimal commas become points, days stay text."""
    return pd.read_csv(DATA / "demo" / f"{name}.csv", sep=";", decimal=",", encoding="utf-8-sig")


@functools.cache
def reference(name):
    return pd.read_csv(DATA / "reference" / f"{name}.csv")


@functools.cache
def basins():
    return gpd.read_file(DATA / "basins" / "basins.geojson").set_index("basin_id")


def days(column):
    return pd.to_datetime(column, dayfirst=True)


@functools.cache
def firms():
    """Place every firm where its water leaves, else where it stands, else in the middle of its municipality."""
    table = pd.read_excel(
        DATA / "demo" / "empresas.xlsx", sheet_name="Empresas", header=3, dtype=str, engine="openpyxl"
    )
    table = table.set_index("Código de empresa")
    pairs = [("Latitud de la descarga", "Longitud de la descarga"), ("Latitud (°)", "Longitud (°)")]
    lat, lon = (table[pairs[0][at]].fillna(table[pairs[1][at]]).astype(float) for at in (0, 1))
    written = table["Coordenadas"].dropna().map(_degrees)
    towns = pd.read_csv(DATA / "gazetteer" / "places.csv").set_index(["country", "name"])
    for code in table.index[lat.isna()]:
        town = (COUNTRIES[table.loc[code, "País"]], table.loc[code, "Municipio"])
        if code in written:
            lat[code], lon[code] = written[code]
        elif town in towns.index:
            lat[code], lon[code] = towns.loc[[town], ["latitude", "longitude"]].iloc[0]
    radii = pd.read_csv(DATA / "gazetteer" / "municipalities.csv").set_index(["latitude", "longitude"])[
        "radius_m"
    ]
    accuracy = table["Exactitud de la ubicación (m)"].astype(float).fillna(250)
    shapes = basins().geometry
    inside = [
        next((key for key, shape in shapes.items() if shape.contains(shapely.Point(*xy))), None)
        for xy in zip(lon, lat, strict=True)
    ]
    status = np.where(lat.isna(), "unlocated", np.where(pd.isna(inside), "outside", "inside"))
    body = table["Descarga a"].map(BODIES)
    return pd.DataFrame(
        {
            "name": table["Nombre de la empresa"],
            "country": table["País"].map(COUNTRIES),
            "branch": table["CIIU"].str[:2],
            "body": body,
            "lon": lon,
            "lat": lat,
            "basin": pd.Series(inside, index=table.index, dtype=object),
            "status": status,
            "accuracy": [
                radii.get(xy, stated) for xy, stated in zip(zip(lat, lon, strict=True), accuracy, strict=True)
            ],
        }
    )


def _degrees(text):
    """Read degrees, minutes and seconds; O is oeste."""
    parts = re.findall(r"(\d+)° (\d+)' ([\d.]+)\" ([NSEO])", text)
    signed = [
        (int(d) + int(m) / 60 + float(s) / 3600) * (-1 if side in "SO" else 1) for d, m, s, side in parts
    ]
    return tuple(signed)


def _rows():
    """Give each audit row its load with bounds and standard uncertainties, kg/yr."""
    table = pd.read_csv(DATA / "demo" / "auditorias.csv", sep=";", dtype=str, encoding="utf-8-sig")
    number = lambda name: table[name].str.replace(",", ".").astype(float)  # noqa: E731
    below = table["Calificador"].eq("<") | table["Resultado"].str.startswith("<")
    value = table["Resultado"].str.removeprefix("<").str.replace(",", ".").astype(float)
    wet = ~table["Unidad"].isin(KG_A_YEAR)
    flow = number("Caudal") * table["Unidad del caudal"].map(M3_A_DAY)
    scale = (flow * number("Días de operación al año") / 1000).where(wet, table["Unidad"].map(KG_A_YEAR))
    given = number("Incertidumbre relativa")
    known = (
        reference("measurement_uncertainty")
        .query("default == 'yes'")
        .set_index("quantity")["relative_standard_uncertainty"]
    )
    load = value * scale * np.where(below, 0.5, 1.0)
    analysis = given.fillna(
        pd.Series(np.where(wet, known["concentration"], np.hypot(*known[["concentration", "flow"]])))
    )
    metered = pd.Series(np.where(given.isna() & wet, known["flow"], 0.0))
    return pd.DataFrame(
        {
            "firm": table["Código de empresa"],
            "pollutant": table["Parámetro"].map(CODE_OF),
            "phase": table["Fase"].map({"línea base": "before", "seguimiento": "after"}),
            "date": days(table["Fecha de muestreo"]),
            "value": value,
            "below": below,
            "unit": table["Unidad"],
            "wet": wet,
            "grade": table["Evidencia"],
            "measure": table["Código de recomendación"],
            "load": load,
            "least": value * scale * np.where(below, 0.0, 1.0),
            "most": value * scale,
            "analysis": load * analysis,
            "flow": load * metered,
        }
    )


@functools.cache
def rows():
    return _rows()


@functools.cache
def claims():
    """Pair the audits and give each claim its fate by the demonstration's rules."""
    table = rows()
    invalid = table[table["load"].isna()].assign(fate="invalid", why="concentración sin caudal")
    table = table.drop(invalid.index)
    again = table.duplicated([*KEY, "phase", "date", "value", "unit"])
    twice = table[again].assign(fate="duplicate", why="la misma muestra se anotó dos veces")
    table = table[~again].sort_values("date", kind="stable")
    before, after = (table[table["phase"] == phase] for phase in ("before", "after"))
    both = after.merge(before.drop_duplicates(KEY, keep="last"), on=KEY, suffixes=("_after", "_before"))
    first, last = (pd.Timestamp(day) for day in PROJECT["accounting"]["period"])
    expired = (both["date_after"] < first) | (both["date_after"] > last)
    latest = ~both[~expired].duplicated(KEY, keep="last").reindex(both.index, fill_value=True)
    both["fate"] = np.select([expired, latest], ["expired", "credited"], "superseded")
    alone = before[~pd.MultiIndex.from_frame(before[KEY]).isin(pd.MultiIndex.from_frame(both[KEY]))]
    single = pd.concat([alone.assign(fate="unpaired", why="falta el seguimiento"), twice, invalid])
    single = single.assign(
        **{f"load_{phase}": single["load"].where(single["phase"] == phase) for phase in ("before", "after")}
    )
    booked = pd.concat(
        [_pairs(both), single[[*KEY, "fate", "why", "load_before", "load_after", "date", "grade"]]]
    )
    place = booked["firm"].map(firms()["status"])
    open_claim = booked["fate"] == "credited"
    booked["fate"] = booked["fate"].mask(open_claim & (place != "inside"), place)
    booked["basin"] = booked["firm"].map(firms()["basin"])
    return booked.reset_index(drop=True)


def _pairs(both):
    grade = both[["grade_before", "grade_after"]].max(axis=1)
    weak = (both["fate"] == "credited") & (grade > PROJECT["accounting"]["minimum_evidence"])
    fate = both["fate"].mask(weak, "unverified")
    shared = reference("uncertainty_correlation").set_index("component")["correlation"]
    spread = np.sqrt(
        sum(
            both[f"{one}_before"] ** 2
            + both[f"{one}_after"] ** 2
            - 2 * shared[one] * both[f"{one}_before"] * both[f"{one}_after"]
            for one in ("analysis", "flow")
        )
    )
    why = {
        "superseded": "la reemplaza un seguimiento posterior",
        "expired": "fuera del período contable",
        "unverified": "evidencia menor que D",
    }
    return both[KEY].assign(
        fate=fate,
        why=fate.map(why),
        load_before=both["load_before"],
        load_after=both["load_after"],
        date=both["date_after"],
        grade=grade,
        cut=both["load_before"] - both["load_after"],
        least=both["least_before"] - both["most_after"],
        most=both["most_before"] - both["least_after"],
        spread=spread,
        measure=both["measure_after"].fillna(both["measure_before"]),
    )


def credited():
    return claims().query("fate == 'credited'")


def ends(part):
    """Give the 90 % range of a sum: variances add, intervals of non-detects add as they are."""
    half = Z90 * np.sqrt((part["spread"] ** 2).sum())
    return part["least"].sum() - half, part["most"].sum() + half


def range_parts():
    """Give by claim the width of its own range and the share that it brings to the range of its pollutant."""
    rows = credited().copy()
    total = rows.groupby("pollutant")["spread"].transform(lambda spread: np.sqrt((spread**2).sum()))
    rows["width"] = rows["most"] - rows["least"] + 2 * Z90 * rows["spread"]
    own = rows["width"] + 2 * Z90 * (rows["spread"] ** 2 / total - rows["spread"])
    rows["share"] = 100 * own / own.groupby(rows["pollutant"]).transform("sum")
    return rows.sort_values("share", ascending=False)


@functools.cache
def river(basin_id):
    """Follow the flow directions of a watershed cell by cell: next cell, km to it, km2 drained, and lakes."""
    with rasterio.open(DATA / "basins" / "flow" / f"{basin_id}.tif") as file:
        codes, grid, crs = file.read(1).astype(int), file.transform, file.crs
    rows, columns = np.indices(codes.shape)
    steps = {
        1: (0, 1),
        2: (1, 1),
        4: (1, 0),
        8: (1, -1),
        16: (0, -1),
        32: (-1, -1),
        64: (-1, 0),
        128: (-1, 1),
    }
    down = np.where(np.isin(codes, [*steps, 0]), np.arange(codes.size).reshape(codes.shape), -1)
    for code, (south, east) in steps.items():
        here = codes == code
        target = (rows + south) * codes.shape[1] + columns + east
        down[here] = target[here]
    assert pyproj.CRS(crs).is_geographic
    wide, high, slant = _sides(grid, codes.shape[0])
    south, east = np.divmod(np.where(down < 0, 0, down), codes.shape[1])
    km = np.where(south == rows, wide[rows], np.where(east == columns, high[rows], slant[rows])).ravel()
    down = down.ravel()
    drained = _drained(down, (wide * high)[rows].ravel())
    mapped = sorted(
        _layer("rivers", basin_id, "upstream_km2"), key=lambda line: line[1]
    )  # the largest is drawn last
    touched = rasterio.features.rasterize(mapped, codes.shape, transform=grid, dtype="float64").ravel()
    drained = np.maximum(drained, touched)
    volumes = reference("lake_volumes").set_index("name_es")["volume_hm3"]
    lake, volume = np.zeros(codes.size, int), [np.nan]
    for number, (outline, name) in enumerate(_layer("lakes", basin_id, "name_es"), start=1):
        lake = np.maximum(
            lake, rasterio.features.rasterize([(outline, number)], codes.shape, transform=grid).ravel()
        )
        volume.append(volumes.get(name, np.nan))
    return down, km, drained, lake, np.array(volume), grid, codes.shape


def _sides(grid, count):
    """Give the km from a cell of each row to its neighbours: level, upright and slanting."""
    x, y = np.full(count, grid.c), grid.f + (np.arange(count) + 0.5) * grid.e
    steps = ((1, 0), (0, 1), (1, 1))
    return [GEOD.inv(x, y, x + east * grid.a, y + south * grid.e)[2] / 1000 for east, south in steps]


@functools.cache
def _mapped(name):
    return gpd.read_file(DATA / "basins" / f"{name}.geojson")


def _layer(name, basin_id, column):
    layer = _mapped(name)
    own = layer[layer["basin_id"] == basin_id] if "basin_id" in layer else layer
    own = own[own["name_es"].notna()]  # only a river that has a name brings its own figure
    return own[["geometry", column]].itertuples(index=False, name=None)


def _drained(down, area):
    """Hand the area of every cell down, those first into which nothing flows any more."""
    total = np.where(down < 0, 0.0, area)
    moves = (down >= 0) & (down != np.arange(down.size))
    waiting = np.bincount(down[moves], minlength=down.size)
    ready = np.flatnonzero(moves & (waiting == 0))
    while ready.size:
        np.add.at(total, down[ready], total[ready])
        np.subtract.at(waiting, down[ready], 1)
        ahead = np.unique(down[ready])
        ready = ahead[moves[ahead] & (waiting[ahead] == 0)]
    return total


def _cell(basin_id, lon, lat):
    *_, grid, shape = river(basin_id)
    column, row = ~grid * (lon, lat)
    return int(row) * shape[1] + int(column)


@functools.cache
def arriving(firm, pollutant, place):
    """Give the share of a firm's load that arrives at the outlet of its watershed or at the end of its water.

    Three cases: the high rate in a slow river, the central one, the low rate in a fast river; None without a rate.
    """
    rates = reference("decay_rates").set_index("pollutant")
    one = firms().loc[firm]
    if pollutant not in rates.index or not one["basin"]:
        return None
    rules = reference("travel_time").set_index("quantity")
    rate, runoff = rates.loc[pollutant], rules.loc["runoff"]
    down, km, drained, lake, volume, *_ = river(one["basin"])
    basin = basins().loc[one["basin"]]
    end = (
        _cell(one["basin"], basin["outlet_longitude"], basin["outlet_latitude"]) if place == "outlet" else -1
    )
    path, cell = [], _cell(one["basin"], one["lon"], one["lat"])
    while cell != end:
        path.append(cell)
        if down[cell] == cell:
            break
        cell = down[cell]
    path = np.array(path)
    following = np.append(path[1:], down[path[-1]])
    leaves = (lake[path] > 0) & ((lake[following] != lake[path]) | (following == path))
    shares = []
    for per_day, litres in zip(
        rate[["rate_high_per_day", "rate_per_day", "rate_low_per_day"]],
        runoff[["value_low", "value", "value_high"]],
        strict=True,
    ):
        m3_s = drained[path] * litres / 1000
        speed = rules.loc["velocity_coefficient", "value"] * m3_s ** rules.loc["velocity_exponent", "value"]
        seconds = np.where(following == path, 0.0, km[path]) * 1000 / speed
        flowing = np.exp(-per_day * seconds / 86400)
        held = volume[lake[path]] * 1e6 / m3_s / 86400
        shares.append(
            np.where(lake[path] > 0, np.where(leaves, 1 / (1 + per_day * held), 1.0), flowing).prod()
        )
    return tuple(shares)
