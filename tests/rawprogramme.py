"""The demonstration's programme computed again from its raw files: money, loans, advice, limits and people.

As in :mod:`rawloads`, only pandas, NumPy and SciPy work here, and nothing of the package.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd
import rawloads
import shapely
from rawloads import (
    BODIES,
    CODE_OF,
    GEOD,
    KEY,
    arriving,
    basins,
    claims,
    credited,
    days,
    firms,
    raw,
    reference,
    rows,
)
from scipy import optimize, stats

DOLLARS_OF, RATE, NEAR_KM = 2023, 0.10, 50  # the defaults that the report states
BELIEF = {
    "A": 1.0,
    "B": 0.8,
    "C": 0.6,
    "D": 0.4,
    "E": 0.2,
}  # what a grade of evidence gives to certainty, by default
LENT = ("desembolsado", "cancelado", "en mora", "castigado")
DONE = ("implementada", "verificada")
OPEN = ("recomendada", "aceptada")


def price(year):
    return reference("us_consumer_prices").set_index("year")["cpi_u"].reindex(year).to_numpy()


@functools.cache
def measures():
    """Give each recommendation its money in dollars of one year, what it saves and what CO2 that avoids."""
    table = raw("recommendations").rename(
        columns={"Código de recomendación": "measure", "Código de empresa": "firm"}
    )
    year = days(table["Fecha de implementación"]).fillna(days(table["Fecha de recomendación"])).dt.year
    dollars = price([DOLLARS_OF])[0] / price(year)
    table = table.assign(
        basin=table["firm"].map(firms()["basin"]),
        branch=table["firm"].map(firms()["branch"]),
        done=table["Estado"].isin(DONE),
        invested=table["Inversión (USD)"] * dollars,
        saved=table["Ahorro anual (USD)"] * dollars,
        life=table["Vida útil (años)"],
    )
    table["payback"] = (table["invested"] / table["saved"]).where(table["saved"] > 0)
    table["npv"] = [worth(*row) for row in table[["invested", "saved", "life"]].to_numpy(float)]
    table["co2"] = [carbon(row) for row in table.to_dict("records")]
    return table


def worth(invested, saved, life):
    """Give the net present value: the investment now, the saving at the end of each year, the last one in part."""
    years = np.arange(math.ceil(life))
    return float(-invested + (saved * np.minimum(1, life - years) / (1 + RATE) ** (years + 1)).sum())


def carbon(row):
    if row["Recurso"] != "energía":
        return math.nan
    fuels = reference("fuel_emission_factors").set_index("energy_source")["kg_co2_per_tj"]
    grid = reference("grid_emission_factors").set_index("country")["kg_co2_per_kwh"]
    burnt = fuels["fuel_oil"] * 3.6e-6
    factor = grid[firms().loc[row["firm"], "country"]] if row["Energético"] == "electricidad" else burnt
    return row["Ahorro"] * factor


@functools.cache
def loans():
    table = raw("loans").rename(columns={"Código de préstamo": "loan", "Código de empresa": "firm"})
    dollars = price([DOLLARS_OF])[0] / price(days(table["Fecha de desembolso"]).dt.year)
    done = measures()[measures()["done"]].groupby("Código de préstamo")
    bad = table["Estado"].isin(("en mora", "castigado"))
    table = table.assign(
        basin=table["firm"].map(firms()["basin"]),
        amount=table["Monto (USD)"] * dollars,
        owed=table["Saldo (USD)"] * dollars,
        measures=table["loan"].map(done.size()).fillna(0).astype(int),
        saved=table["loan"].map(done["saved"].sum()),
    )
    return table.assign(bad=table["owed"].where(bad, 0.0))[table["Estado"].isin(LENT)]


def loan_costs():
    """Set what was lent against what its measures avoid over their lifetime, by watershed and quantity."""
    done = measures()[measures()["done"] & measures()["Código de préstamo"].isin(loans()["loan"])]
    avoided = credited().groupby(["measure", "pollutant"])["cut"].sum().reset_index()
    parts = done[["measure", "Código de préstamo", "life"]].merge(avoided, on="measure")
    water = done[done["Recurso"] == "agua"].assign(pollutant="water", cut=done["Ahorro"])
    both = pd.concat([parts, water[parts.columns].dropna(subset="cut")])
    both = (
        both.assign(avoided=both["cut"] * both["life"])
        .groupby(["Código de préstamo", "pollutant"])["avoided"]
        .sum()
    )
    each = both.reset_index().merge(loans(), left_on="Código de préstamo", right_on="loan")
    return each.groupby(["basin", "pollutant"]).agg(
        loans=("loan", "size"), amount=("amount", "sum"), avoided=("avoided", "sum")
    )


def lend_next():
    """Rank what was recommended or accepted by load, delivery, payback and certainty."""
    table = measures()[
        measures()["Estado"].isin(OPEN) & ~measures()["Código de préstamo"].isin(loans()["loan"])
    ]
    table = table[table["basin"].notna() & (table["invested"] != 0)].copy()
    done = measures()[measures()["done"]]
    by_branch, by_measure = (
        done.groupby(key)["payback"].median() for key in (["branch", "Medida"], "Medida")
    )
    branch = pd.Series(
        by_branch.reindex(pd.MultiIndex.from_frame(table[["branch", "Medida"]])).to_numpy(), table.index
    )
    table["payback"] = table["payback"].fillna(branch).fillna(table["Medida"].map(by_measure))
    still = credited().query("pollutant == 'BOD5'").groupby("firm")["load_after"].sum()
    table["residual"] = table["firm"].map(still)
    table["delivered"] = [arriving(firm, "BOD5", "outlet")[1] for firm in table["firm"]]
    points = pd.DataFrame(
        {
            "load": table["residual"] / table["residual"].max(),
            "delivery": table["delivered"],
            "payback": 1 / (1 + table["payback"]),
        }
    )
    points["certainty"] = [certainty(firm) for firm in table["firm"]]
    found = rawloads.range_parts().query("pollutant == 'BOD5'").set_index("firm")
    points["certainty"] *= table["firm"].map(found["grade"].map(BELIEF))
    points["certainty"] /= 1 + table["firm"].map(found["width"] / 2 / found["load_after"])
    weights = {"load": 0.4, "delivery": 0.2, "payback": 0.3, "certainty": 0.1}
    return table.assign(points=(points * weights).sum(axis=1)).sort_values("points", ascending=False)


def certainty(firm):
    """Give the probability of a firm's watershed: a normal scatter about its place, as a grid of equal parts."""
    place, outline = firms().loc[firm], basins().loc[firms().loc[firm, "basin"]]
    sigma = math.hypot(place["accuracy"], outline["accuracy_m"]) / 2.4477
    angle, part = np.meshgrid(np.arange(72) * math.tau / 72, (np.arange(60) + 0.5) / 60)
    away = sigma * np.sqrt(-2 * np.log(1 - part))
    x = place["lon"] + away * np.cos(angle) / 111_320 / math.cos(math.radians(place["lat"]))
    return shapely.contains_xy(outline.geometry, x, place["lat"] + away * np.sin(angle) / 110_600).mean()


def coverage():
    """Count by watershed and resource the open measures with a fit consultant near."""
    experts = raw("consultants").query("Disponible == 'sí'")
    table = measures()[measures()["Estado"].isin(OPEN) & measures()["basin"].notna()]
    found = []
    for row in table.to_dict("records"):
        place = firms().loc[row["firm"]]
        fit = experts[[row["Recurso"] in skill.split("; ") for skill in experts["Especialidades"]]]
        here = np.full(len(fit), place["lon"]), np.full(len(fit), place["lat"])
        km = GEOD.inv(*here, fit["Longitud"].to_numpy(float), fit["Latitud"].to_numpy(float))[2] / 1000
        found.append(
            {
                "basin": row["basin"],
                "Recurso": row["Recurso"],
                "near": set(fit["Código de consultor"][km <= NEAR_KM]),
            }
        )
    groups = pd.DataFrame(found).groupby(["basin", "Recurso"])["near"]
    return groups.agg(
        open="size", covered=lambda near: sum(map(bool, near)), experts=lambda near: len(set().union(*near))
    )


@functools.cache
def comparisons():
    """Hold every result against every limit that applies to it; a limit that is not checked gives no verdict."""
    seen = raw("inspections").rename(
        columns={"Código de empresa": "firm", "Resultado": "value", "Código de límite": "named"}
    )
    seen = seen.assign(pollutant=seen["Parámetro"].map(CODE_OF), below=False)
    audited = rows().query("phase == 'after' and wet")
    every = pd.concat([seen, audited])[["firm", "pollutant", "value", "below", "named"]]
    found = [verdict for row in every.to_dict("records") for verdict in _verdicts(row)]
    return pd.DataFrame(found, columns=["pollutant", "verdict", "why"])


@functools.cache
def own_limits():
    table = raw("limits")
    body, code = table["Descarga a"].map(BODIES), table["Parámetro"].map(CODE_OF)
    return table.assign(body=body, pollutant=code, ok=table["Verificado"] == "sí")


def _verdicts(row):
    own = own_limits()
    place = firms().loc[row["firm"]]
    if isinstance(row["named"], str):
        fit = own[own["Código de límite"] == row["named"]]
    else:
        fit = own[(own["pollutant"] == row["pollutant"]) & (own["body"] == place["body"])]
    for limit in fit.to_dict("records"):
        if not limit["ok"]:
            yield row["pollutant"], "not_judged", "unverified"
        elif row["below"] and row["value"] > limit["Límite"]:
            yield row["pollutant"], "not_judged", "non_detect"
        else:
            wrong = (
                row["value"] > limit["Límite"]
                if limit["Tipo de límite"] == "máximo"
                else row["value"] < limit["Límite"]
            )
            yield row["pollutant"], "exceeds" if wrong else "complies", ""
    if isinstance(row["named"], str):
        return
    ours = reference("discharge_limits")
    ours = ours[
        ours["scope"].isna() & (ours["country"] == place["country"]) & (ours["pollutant"] == row["pollutant"])
    ]
    bounds = set(ours["bound"]) & {"maximum", "minimum"} - set(
        fit["Tipo de límite"].map({"máximo": "maximum", "mínimo": "minimum"})
    )
    assert not (ours["usable"] == "yes").any()
    for _ in bounds:
        yield row["pollutant"], "not_judged", "unverified"
    if not bounds and fit.empty:
        yield row["pollutant"], "not_judged", "no_limit"


def all_visits():
    """List every dated audit and inspection."""
    visits = pd.concat(
        [
            raw("inspections")[["Código de empresa", "Fecha"]].set_axis(["firm", "date"], axis=1),
            rows()[["firm", "date"]],
        ]
    )
    visits["date"] = [days(pd.Series([day]))[0] if isinstance(day, str) else day for day in visits["date"]]
    return visits


def inspect_next():
    """Rank the firms by load, delivery and time since the last visit."""
    table = claims()[~claims()["fate"].isin(("duplicate", "invalid"))]
    believed = (
        table["fate"].isin(("credited", "outside", "unlocated", "superseded")) & table["load_after"].notna()
    )
    table = table.assign(believed=believed, load=table["load_after"].where(believed, table["load_before"]))
    table = (
        table.dropna(subset="load").sort_values([*KEY, "believed", "date"]).drop_duplicates(KEY, keep="last")
    )
    table = table[[bool(firms().loc[firm, "basin"]) for firm in table["firm"]]].copy()
    table["part"] = 100 * table["load"] / table.groupby("pollutant")["load"].transform("sum")
    share = [
        arriving(firm, code, "outlet") if firms().loc[firm, "basin"] else None
        for firm, code in zip(table["firm"], table["pollutant"], strict=True)
    ]
    table["delivered"] = [np.nan if one is None else one[1] for one in share]
    table["weight"] = table["part"] * table["delivered"].fillna(1)
    order = table.assign(known=table["delivered"].notna()).sort_values(["known", "weight"])
    first = order.drop_duplicates("firm", keep="last").set_index("firm")
    visits = all_visits()
    last = visits.groupby("firm")["date"].max()
    first["years"] = (last.max() - last).dt.days / 365.25
    first["risk"] = first["weight"] * first["years"].clip(lower=0.25)
    return first.assign(risk=100 * first["risk"] / first["risk"].max()).sort_values("risk", ascending=False)


@functools.cache
def attendance():
    """Join people to events; who came where no list was kept is a row without a person."""
    names = {
        "Código de evento": "event",
        "Código de participante": "person",
        "Papel": "papel",
        "Sexo": "sexo",
    }
    listed = raw("attendance").rename(columns=names)
    events = raw("events").set_index("Código de evento")
    roles = {
        "Estudiantes": "estudiante",
        "Docentes": "docente",
        "Personal de MIPYME": "personal de empresa",
        "Actores": "otro actor",
    }
    unlisted = [
        {"event": event, "papel": papel}
        for event, row in events[~events.index.isin(listed["event"])].iterrows()
        for column, papel in roles.items()
        for _ in range(int(row[column]))
    ]
    everyone = pd.concat([listed, pd.DataFrame(unlisted)], ignore_index=True)
    kind = events["Tipo de evento"].replace({"curso universitario": "curso", "visita técnica": "visita"})
    everyone = everyone.assign(
        tipo=everyone["event"].map(kind), date=days(everyone["event"].map(events["Fecha"]))
    )
    return everyone.sort_values(["date", "event"], kind="stable")


def people(table):
    """Count people: a code once, a row without a code as one."""
    return table["person"].nunique() + int(table["person"].isna().sum())


def gain(table):
    """Compare the first test of each person: means, gain, Hedges' g, and 90 % intervals."""
    tested = table.dropna(subset=["Nota inicial", "Nota final"]).drop_duplicates("person")
    before, after = tested["Nota inicial"].to_numpy(), tested["Nota final"].to_numpy()
    n = len(tested)
    if n < 3:
        return n, *[None] * 5
    rise = after - before
    error = rise.std(ddof=1) / math.sqrt(n)
    half = stats.t.ppf(0.95, n - 1) * error
    t = rise.mean() / error
    spread = math.sqrt((before.var(ddof=1) + after.var(ddof=1)) / 2)
    small = math.exp(math.lgamma((n - 1) / 2) - math.lgamma((n - 2) / 2)) / math.sqrt((n - 1) / 2)
    scale = small * error / spread
    reach = 8 * math.sqrt(1 + t * t / (2 * n))
    centre = [
        optimize.brentq(lambda c, tail=tail: stats.nct.cdf(t, n - 1, c) - tail, t - reach, t + reach)
        for tail in (0.95, 0.05)
    ]
    mean = rise.mean()
    return (
        n,
        before.mean(),
        after.mean(),
        mean,
        (mean - half, mean + half),
        t * scale,
        tuple(c * scale for c in centre),
    )


def events():
    """Add up who came by town, each town with the watershed nearest to it."""
    table = raw("events").set_index("Código de evento")
    table["came"] = attendance().groupby("event").size()
    towns = table.groupby("Municipio").agg(
        lon=("Longitud", "mean"), lat=("Latitud", "mean"), came=("came", "sum")
    )
    shapes = basins().geometry.to_numpy()
    near = [
        basins().index[shapely.distance(shapes, shapely.Point(xy)).argmin()]
        for xy in towns[["lon", "lat"]].to_numpy()
    ]
    return towns.assign(basin=near)
