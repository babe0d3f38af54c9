"""Every number that the demonstration's report prints, computed again from the raw files.

The page is read as a reader sees it: each table by its key, and all other text by chapter. A table without a
recomputation, a cell too many and a number in a sentence that nothing here computes fail the test alike.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import math
import re
from collections import defaultdict
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import rawloads
import rawprogramme
from rawloads import (
    CODES,
    DATA,
    FATES,
    PROJECT,
    arriving,
    basins,
    claims,
    credited,
    ends,
    firms,
    raw,
    reference,
)

from watershed_cp.publish.folder import describe_run
from watershed_cp.publish.report import build_report

NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")
SHORT = {
    "BOD5": "DBO₅",
    "COD": "DQO",
    "TSS": "SST",
    "TN": "N total",
    "TP": "P total",
    "FOG": "A y G",
    "Cr": "Cr",
    "pH": "pH",
}
KINDS = ("curso", "taller", "visita")


class Kilograms(float):
    """A mass, which the report prints in kg or in tonnes."""


class Page(HTMLParser):
    """Collect the tables of a language by key, and every other text by chapter."""

    def __init__(self, page, language):
        super().__init__()
        self.language, self.here, self.chapter, self.cell, self.skip = (
            language,
            False,
            "finding",
            False,
            False,
        )
        self.tables, self.words = {}, defaultdict(list)
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "article":
            self.here, self.chapter = named["lang"] == self.language, "finding"
        self.chapter = named.get("data-chapter", self.chapter)
        self.skip = tag == "thead" or (self.skip and tag in ("tr", "th"))
        if self.here and tag == "table":
            self.rows = self.tables[named["data-key"]] = []
        if self.here and tag == "tr" and not self.skip:
            self.rows.append([])
        if self.here and tag in ("td", "th") and not self.skip:
            self.cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.cell = self.cell and tag not in ("td", "th")
        self.skip = self.skip and tag != "thead"

    def handle_data(self, data):
        if self.here and self.cell:
            self.rows[-1][-1] += data
        elif self.here:
            self.words[self.chapter].append(data)


@pytest.fixture(scope="module")
def page(demo):
    manifest = describe_run(demo.inputs, home=DATA / "demo", settings=demo.settings)
    return Page(build_report(demo, languages=("es",), manifest=manifest), "es")


def agrees(printed, unit, value):
    """Tell whether a printed number is `value`, rounded to the digits that are printed."""
    if isinstance(value, str):
        return printed == value
    digits = printed.partition(".")[2]
    scale = 1000 if isinstance(value, Kilograms) and unit == "t" else 1
    told = float(printed.replace(",", "").replace("−", "-"))
    return abs(told * scale - value) <= 0.5 * scale * 10.0 ** -len(digits) + 1e-6 * max(1.0, abs(value))


def numbers(text):
    """Find the printed numbers with their unit of mass, which a range names once."""
    unit = re.search(r"\d\u202f(t|kg)\b", text)
    return [(number, unit[1] if unit else "") for number in NUMBER.findall(text)]


def wrong(cell, expected):
    """Say what is wrong with a cell, or None."""
    if expected is None:
        return None if cell == "–" else f"{cell!r} is not a dash"
    if isinstance(expected, str):
        return None if cell == expected else f"{cell!r} is not {expected!r}"
    wanted = expected if isinstance(expected, tuple) else (expected,)
    found = numbers(cell)
    good = len(found) == len(wanted) and all(
        agrees(*one, value) for one, value in zip(found, wanted, strict=True)
    )
    return None if good else f"{cell!r} is not {expected!r}"


def kg(value):
    return None if value is None or math.isnan(value) else Kilograms(value)


def name(basin_id):
    return basins().loc[basin_id, "name_es"]


def load_cells(part):
    """Give firms, before, after, avoided, range and percent of one total."""
    before, after, cut = (part[column].sum() for column in ("load_before", "load_after", "cut"))
    return [
        part["firm"].nunique(),
        *map(kg, (before, after, cut)),
        tuple(map(kg, ends(part))),
        100 * cut / before,
    ]


def of(code):
    return credited()[credited()["pollutant"] == code]


POLLUTANTS = [code for code in CODES if code != "pH"]


def programme():
    return [[SHORT[code], *load_cells(of(code))] for code in POLLUTANTS]


def basin_lead():
    placed = firms()["basin"].value_counts()
    return [
        [
            name(key),
            basins().loc[key, "area_km2"],
            placed[key],
            *load_cells(of("BOD5")[of("BOD5")["basin"] == key]),
        ]
        for key in basins().index
    ]


def basin_all():
    groups = dict(list(credited().groupby(["basin", "pollutant"])))
    return [
        [name(key), SHORT[code], *load_cells(groups[key, code])]
        for key in basins().index.sort_values()
        for code in POLLUTANTS
        if (key, code) in groups
    ]


def delivered():
    rows = []
    for key in sorted(basins().index):
        for code in ("BOD5", "TN"):
            part = of(code)[of(code)["basin"] == key]
            for place, words in (("outlet", "salida de la cuenca"), ("end", "final de su agua")):
                shares = np.array([arriving(firm, code, place) for firm in part["firm"]])
                low, middle, high = (shares * part["cut"].to_numpy()[:, None]).sum(axis=0)
                if not math.isnan(middle):
                    rows.append(
                        [
                            name(key),
                            SHORT[code],
                            words,
                            *map(kg, (part["cut"].sum(), middle)),
                            (kg(low), kg(high)),
                        ]
                    )
    return rows


def crossed(value):
    """Give one row a pollutant, one column a fate that occurs, and what all of them come to."""
    groups = dict(list(claims().groupby(["pollutant", "fate"])))
    none = claims().iloc[:0]
    for code in POLLUTANTS:
        yield SHORT[code], [value(groups.get((code, fate), none)) for fate in FATES]


def fates_kg():
    def known(part):
        return 0.0 if part.empty else None if part["cut"].isna().all() else part["cut"].sum()

    return [[code, *values, sum(value or 0 for value in values)] for code, values in crossed(known)]


def fates_rows():
    return [[code, *values, sum(values)] for code, values in crossed(len)]


FATE_WORDS = dict(
    zip(
        FATES,
        (
            "acreditada",
            "fuera de las cuencas",
            "sin ubicación",
            "repetida",
            "reemplazada",
            "sin par",
            "sin evidencia suficiente",
            "vencida",
            "inválida",
        ),
        strict=True,
    )
)


def reasons():
    groups = claims()[claims()["fate"] != "credited"].groupby("fate")
    return [
        [
            FATE_WORDS[fate],
            part["why"].iloc[0] if isinstance(part["why"].iloc[0], str) else None,
            len(part),
            part["firm"].nunique(),
        ]
        for fate in FATES
        if fate in groups.groups
        for part in [groups.get_group(fate)]
    ]


def grades():
    sums = credited().groupby(["pollutant", "grade"])["cut"].sum()
    cells = {code: [sums.get((code, grade), 0.0) for grade in "ABCD"] for code in POLLUTANTS}
    return [[SHORT[code], *values, sum(values)] for code, values in cells.items()]


def first():
    rows = rawloads.range_parts().head(10).to_dict("records")
    return [
        [
            row["firm"],
            SHORT[row["pollutant"]],
            name(row["basin"]),
            kg(row["cut"]),
            kg(row["width"]),
            row["share"],
        ]
        for row in rows
    ]


def share_saved(resource):
    """Give what was saved as part of what the firms used: the largest figure of each firm, once."""
    done = rawprogramme.measures().query("done and Recurso == @resource").dropna(subset="Ahorro")
    return 100 * done["Ahorro"].sum() / done.groupby("firm")["Uso de línea base"].max().sum()


def indicator_values():
    """Give unit, target, value and range of each indicator, in the order of the programme."""
    came, partners, measures = rawprogramme.attendance(), raw("stakeholders"), rawprogramme.measures()
    learnt = came[came["tipo"].isin(KINDS)]
    signed = partners[partners["Convenio"] == "firmado"]
    count = {
        role: rawprogramme.people(learnt[learnt["papel"] == role])
        for role in ("estudiante", "docente", "personal de empresa")
    }
    interns = came[(came["papel"] == "estudiante") & (came["tipo"] == "pasantía")]
    standing = measures[~measures["Estado"].isin(("abandonada", "rechazada"))]
    yield "Estudiantes formados", "personas", 225, count["estudiante"], None
    yield "Docentes formados", "personas", 20, count["docente"], None
    yield "Personal de MIPYME formado", "personas", 72, count["personal de empresa"], None
    yield "Pasantías", "personas", 72, rawprogramme.people(interns), None
    yield "Actores en alianzas", "organizaciones", 28, len(signed), None
    universities = signed[signed["Tipo de organización"] == "universidad"]
    yield "Convenios con universidades", "organizaciones", None, len(universities), None
    yield "Empresas asistidas", "empresas", None, rawloads.rows()["firm"].nunique(), None
    yield "Recomendaciones de producción más limpia", "medidas", 120, len(standing), None
    for resource, words in (("agua", "agua"), ("energía", "energía"), ("materiales", "materiales")):
        yield (
            f"Ahorro de {words}, de lo que usaban las empresas con medidas",
            "%",
            20,
            share_saved(resource),
            None,
        )
    saved = measures.query("done")["Ahorro anual (USD)"].sum()
    yield "Ahorro anual en dinero", "USD/año", 60000, saved, None
    for code, words in (("BOD5", "DBO₅ evitada"), ("COD", "DQO evitada"), ("TSS", "SST evitados")):
        base = of(code)["load_before"].sum()
        low, high = ends(of(code))
        yield (
            f"{words}, de la línea base",
            "%",
            10,
            100 * of(code)["cut"].sum() / base,
            (100 * low / base, 100 * high / base),
        )
    better = came[came["Nota final"] > came["Nota inicial"]]
    yield "Personas que saben más: su nota subió", "personas", 480, better["person"].nunique(), None


def indicators():
    return [
        [told, unit, target, value, spread, None if target is None else 100 * value / target]
        for told, unit, target, value, spread in indicator_values()
    ]


def sisters():
    """Give what a firm saved here beside what sister programmes printed for all their firms."""
    done = rawprogramme.measures().query("done")
    gallon = 0.003785411784  # cubic metres of a US gallon
    kept = {
        "agua": (3_320_000 * gallon / 29, 3_774_355 * gallon / 13),
        "energía": (163_025 / 13, 862_341 / 29),
    }
    rows = [(done[done["Recurso"] == resource], "Ahorro", *ends) for resource, ends in kept.items()]
    rows.append((done, "Ahorro anual (USD)", 621_400 / 35, 257_888 / 13))
    names = (
        ("Ahorro de agua, de lo que usaban las empresas con medidas", "m³/año"),
        ("Ahorro de energía, de lo que usaban las empresas con medidas", "kWh/año"),
        ("Ahorro anual en dinero", "USD/año"),
    )
    return [
        [*told, table[column].sum() / table["firm"].nunique(), low, high]
        for told, (table, column, low, high) in zip(names, rows, strict=True)
    ]


def published():
    table = reference("programme_results")
    ours = table[table["programme"].str.startswith("WWF")].set_index("metric")
    wanted = (
        ("Estudiantes formados", "students trained (progress)", 225),
        ("Docentes formados", "university teachers trained", 20),
        ("Convenios con universidades", "MOUs with universities", None),
        ("Empresas asistidas", "businesses given technical assistance", None),
    )
    rows = [(told, ours.loc[metric], target) for told, metric, target in wanted]
    assert [float(row["value"]) for _, row, _ in rows] == [173, 13, 5, 58]
    return [
        [
            told,
            row["source"],
            float(row["value"]),
            target,
            None if target is None else 100 * float(row["value"]) / target,
        ]
        for told, row, target in rows
    ]


def states():
    counts = raw("recommendations")["Estado"].value_counts()
    order = ("recomendada", "aceptada", "implementada", "verificada", "abandonada", "rechazada")
    return [[state, counts[state]] for state in order]


def resources():
    kinds = ("agua", "energía", "materiales", "residuos")
    done = dict(list(rawprogramme.measures().query("done").groupby("Recurso")))
    return [
        [
            kind,
            len(done[kind]),
            done[kind]["invested"].sum(),
            done[kind]["saved"].sum(),
            done[kind]["payback"].median(),
            *(done[kind]["Ahorro"].sum() if kind == saved else None for saved in kinds),
            done[kind]["co2"].sum() if kind == "energía" else None,
        ]
        for kind in ("energía", "materiales", "residuos", "agua")
    ]


def portfolio():
    groups = rawprogramme.loans().groupby("basin")
    return [
        [
            name(key),
            len(part),
            part["amount"].sum(),
            part["owed"].sum(),
            part["bad"].sum(),
            part["measures"].sum(),
            part["saved"].sum(),
        ]
        for key, part in groups
    ]


def loan_costs():
    table = rawprogramme.loan_costs()
    return [
        [
            name(key),
            "agua, m³" if code == "water" else f"{SHORT[code]}, kg",
            row["loans"],
            row["amount"],
            row["avoided"],
            row["amount"] / row["avoided"] if row["avoided"] > 0 else None,
        ]
        for (key, code), row in sorted(
            table.iterrows(),
            key=lambda item: (item[0][0], item[0][1] if item[0][1] != "water" else "water_m3"),
        )
    ]


def lend_next():
    return [
        [
            row["measure"],
            row["firm"],
            name(row["basin"]),
            row["Medida"],
            row["invested"],
            kg(row["residual"]),
            100 * row["delivered"],
            None if math.isnan(row["payback"]) else row["payback"],
            row["points"],
        ]
        for row in rawprogramme.lend_next().head(5).to_dict("records")
    ]


def coverage():
    table = rawprogramme.coverage()
    order = [
        (key, resource)
        for key in sorted(basins().index)
        for resource in ("energía", "materiales", "residuos", "agua")
    ]
    return [
        [
            name(key),
            resource,
            *table.loc[(key, resource)],
            "sí" if table.loc[(key, resource), "covered"] < table.loc[(key, resource), "open"] else "no",
        ]
        for key, resource in order
        if (key, resource) in table.index
    ]


def verdicts():
    table = rawprogramme.comparisons()
    return [
        [
            SHORT[code],
            len(part),
            *((part["verdict"] == verdict).sum() for verdict in ("complies", "exceeds", "not_judged")),
        ]
        for code, part in table.groupby("pollutant")
    ]


def not_judged():
    counts = rawprogramme.comparisons()["why"].value_counts()
    words = {
        "no_limit": "ningún límite para este país, contaminante y cuerpo receptor",
        "unverified": "el límite no está cotejado con el texto oficial",
    }
    return [[told, counts[why]] for why, told in words.items()]


def inspect_next():
    return [
        [
            firm,
            name(firms().loc[firm, "basin"]),
            SHORT[row["pollutant"]],
            kg(row["load"]),
            row["part"],
            100 * row["delivered"],
            1,
            row["years"],
            row["risk"],
        ]
        for firm, row in rawprogramme.inspect_next().head(10).iterrows()
    ]


GROUPS = (
    ("tipo", ("sensibilización", "curso", "pasantía", "visita", "taller")),
    ("papel", ("docente", "personal de empresa", "otro actor", "estudiante")),
    ("sexo", ("mujer", "hombre")),
)


def training():
    rows = []
    for column, parts in GROUPS:
        for part in parts:
            table = rawprogramme.attendance()[rawprogramme.attendance()[column] == part]
            women = table[table["sexo"] == "mujer"]["person"].nunique()
            tested, *learned = rawprogramme.gain(table)
            before, after, rise, rise_range, effect, effect_range = learned if tested else [None] * 6
            rows.append(
                [
                    part,
                    len(table),
                    rawprogramme.people(table),
                    women,
                    tested,
                    before,
                    after,
                    rise,
                    rise_range,
                    effect,
                    effect_range,
                ]
            )
    return rows


def partners():
    table = raw("stakeholders")
    called = {**firms()["name"].to_dict(), **table.set_index("Código de actor")["Organización"].to_dict()}
    since = rawloads.days(table["Desde"])
    months = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"]
    return [
        [
            row["Organización"],
            row["Tipo de organización"],
            ", ".join(called[code] for code in str(row["Colabora con"]).split("; ") if code in called)
            or None,
            row["Convenio"],
            None if pd.isna(day) else f"{day.day} {months[day.month - 1]} {day.year}",
        ]
        for row, day in zip(table.to_dict("records"), since, strict=True)
    ]


def outlines():
    """Give the digits in the words about an outline, which the page says in Spanish."""
    return [
        [
            name(key),
            *(tuple(NUMBER.findall(str(row[column]))) for column in ("method", "credit", "published_source")),
        ]
        for key, row in basins().iterrows()
    ]


def inputs():
    sections = (
        "msmes",
        "audits",
        "recommendations",
        "events",
        "attendance",
        "stakeholders",
        "loans",
        "consultants",
        "limits",
        "inspections",
    )
    files = [PROJECT[section]["source"] for section in sections]
    return [[file, hashlib.sha256((DATA / "demo" / file).read_bytes()).hexdigest()] for file in files]


def versions():
    packages = ("watershed-cp", "geopandas", "numpy", "pandas", "pyproj", "shapely")
    return [[one.replace("-", "_"), importlib.metadata.version(one)] for one in packages]


def settings():
    first, last = PROJECT["accounting"]["period"]
    return [
        ["Cuencas", "las cuatro incluidas: Acelhuate, Motagua, Chamelecón y Canal de Panamá"],
        ["Período contable", (str(first.day), str(first.year), str(last.day), str(last.year))],
        ["Evidencia mínima", PROJECT["accounting"]["minimum_evidence"]],
        ["Lo no detectado cuenta como", "la mitad del límite"],
        ["Días de operación al año donde no se dan", PROJECT["accounting"]["days_per_year"]],
        ["Meta de reducción", PROJECT["publish"]["target_pct"]],
        ["Edición", "del programa, con cada empresa"],
        ["Dólares del año", str(rawprogramme.DOLLARS_OF)],
        ["Tasa de descuento anual", 100 * rawprogramme.RATE],
        ["Un consultor está cerca a", rawprogramme.NEAR_KM],
    ]


TABLES = {
    **{
        one.__name__: one
        for one in (
            programme,
            indicators,
            sisters,
            published,
            basin_lead,
            basin_all,
            delivered,
            states,
            resources,
        )
    },
    **{
        one.__name__: one
        for one in (portfolio, loan_costs, lend_next, coverage, verdicts, not_judged, inspect_next)
    },
    **{one.__name__: one for one in (training, partners, fates_kg, fates_rows, reasons, grades, first)},
    **{one.__name__: one for one in (outlines, inputs, versions, settings)},
}
WORDY = {"rules"}  # says only words


def test_every_table_is_recomputed(page):
    assert set(page.tables) - WORDY == set(TABLES)
    assert not [cell for key in WORDY for row in page.tables[key] for cell in row if NUMBER.search(cell)]


@pytest.mark.parametrize("key", TABLES)
def test_a_table_is_that_of_the_raw_files(page, key):
    expected, printed = TABLES[key](), page.tables[key]
    assert [len(row) for row in printed] == [len(row) for row in expected]
    faults = [
        f"row {at}, column {column}: {fault}"
        for at, (row, cells) in enumerate(zip(expected, printed, strict=True), start=1)
        for column, (value, cell) in enumerate(zip(row, cells, strict=True), start=1)
        if (fault := wrong(cell, value))
    ]
    assert faults == []


def bar_km(bounds, wide=234.0, tall=144.0):
    """Give the bar of kilometres of a small map: the largest round length within a quarter of it."""
    west, south, east, north = bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    per_degree = min(wide / (1.16 * (east - west) * squeeze), tall / (1.16 * (north - south)))
    return max(km for km in (1, 2, 5, 10, 20, 50, 100, 200, 500) if km * per_degree / 111.32 <= wide / 4)


def said_of_loads():
    low, high = map(kg, ends(of("BOD5")))
    total, placed = kg(of("BOD5")["cut"].sum()), firms()["status"].value_counts()
    percents = {code: 100 * of(code)["cut"].sum() / of(code)["load_before"].sum() for code in POLLUTANTS}
    audited = rawloads.rows()["date"]
    by_basin = of("BOD5").groupby("basin")["cut"].sum()
    step = next(
        round_kg for round_kg in (1000, 1500, 2000, 2500, 3000, 4000, 5000) if 6 * round_kg >= by_basin.max()
    )
    yield "finding", [total, 90, low, high, percents["BOD5"], of("BOD5")["firm"].nunique()]
    yield "finding", [len(firms()), placed["inside"], placed["outside"], placed["unlocated"]]
    yield "finding", [str(part) for day in (audited.min(), audited.max()) for part in (day.day, day.year)]
    yield "results", [90, *percents.values(), PROJECT["publish"]["target_pct"]]
    yield "basins", [*map(kg, by_basin), *map(kg, by_basin), *(kg(step * at) for at in range(1, 7)), 0]
    yield "basins", [bar_km(shape.bounds) for shape in basins().geometry]


def said_of_the_programme():
    done, paid, advice = rawprogramme.measures().query("done"), rawprogramme.loans(), rawprogramme.coverage()
    money = [done[column].sum() for column in ("invested", "saved", "npv")]
    yield (
        "measures",
        [len(rawprogramme.measures()), len(done), *money, 100 * rawprogramme.RATE, "2023", "2023"],
    )
    lent = [paid[column].sum() for column in ("amount", "owed", "bad", "measures", "saved")]
    yield "credit", [len(paid), len(raw("loans")), *lent, "2023"]
    yield "credit", [0, 1, 0.4, 0.2, 0.3, 0.1]  # the span of a score, and the weights of [lending]
    yield "consultants", [advice["open"].sum(), advice["covered"].sum(), rawprogramme.NEAR_KM]
    verdict = rawprogramme.comparisons()["verdict"].value_counts()
    yield "monitoring", [verdict.sum(), verdict["complies"], verdict["exceeds"], verdict["not_judged"]]
    day = rawprogramme.all_visits()["date"].max()
    yield "monitoring", [day.day, day.year]
    ties = sum(len(cell.split("; ")) for cell in raw("stakeholders")["Colabora con"].dropna())
    agreed = raw("stakeholders")["Convenio"].value_counts()
    yield (
        "alliances",
        [len(raw("stakeholders")), ties, agreed["firmado"], agreed["en negociación"], agreed["terminado"]],
    )


def said_of_people():
    came = rawprogramme.attendance()
    women = came[came["sexo"] == "mujer"]["person"].nunique()
    known = came[came["sexo"].notna()]["person"].nunique()
    counted = raw("events")["Mujeres"].sum()
    tested, before, after, rise, rise_range, effect, effect_range = rawprogramme.gain(came)
    yield "training", [len(came), len(raw("events")), rawprogramme.people(came), came["person"].isna().sum()]
    yield "training", [women, 100 * women / known, counted, len(came), 100 * counted / len(came)]
    yield "training", [tested, before, after, rise, 90, *rise_range, effect, 90, *effect_range]
    yield "training", [90, *(row[9] for row in training() if row[9] is not None)]
    yield "training", [0.2, 0.5, 0.8]  # what is held to be a small, a medium and a large effect
    towns = rawprogramme.events()
    yield "training", towns["came"].tolist()
    for key, part in towns.groupby("basin"):
        box = [*basins().loc[key, "geometry"].bounds]
        box = [
            min(box[0], part["lon"].min()),
            min(box[1], part["lat"].min()),
            max(box[2], part["lon"].max()),
            max(box[3], part["lat"].max()),
        ]
        yield "training", [bar_km(box)]


def drawn_names():
    """Give the digits in the names of those who work together; an agreement that has ended is not drawn."""
    table = raw("stakeholders")
    called = {**firms()["name"].to_dict(), **table.set_index("Código de actor")["Organización"].to_dict()}
    live = table[(table["Convenio"] != "terminado") & table["Colabora con"].notna()]
    here = [
        (row["Código de actor"], other)
        for row in live.to_dict("records")
        for other in row["Colabora con"].split("; ")
    ]
    both = {first for first, _ in here}, {second for _, second in here}
    return [number for side in both for code in side for number in NUMBER.findall(called[code])]


def said_of_the_method():
    """Give the constants that are said, and the confidence in the heads of tables."""
    heads = {
        "results": [90],
        "indicators": [90],
        "basins": [90, 90],
        "training": [90, 90],
        "manifest": ["256"],
    }
    yield from heads.items()
    first, last = PROJECT["accounting"]["period"]
    yield "alliances", drawn_names()
    yield "uncertainty", [90]
    yield "method", [str(part) for day in (first, last) for part in (day.day, day.year)]
    yield "method", [PROJECT["accounting"]["days_per_year"], 90, 365, "1,000"]


def test_every_number_in_the_text_is_recomputed(page):
    expected = defaultdict(list)
    for said in (said_of_loads, said_of_the_programme, said_of_people, said_of_the_method):
        for chapter, values in said():
            expected[chapter] += values
    left = {}
    for chapter, words in page.words.items():
        printed = [number for text in words for number in numbers(text)]
        for value in expected.pop(chapter, []):
            near = [one for one in printed if agrees(*one, value)]
            match = max(near, key=lambda one: len(one[0].partition(".")[2]), default=None)
            assert match is not None, f"{chapter}: {value!r} is not printed"
            printed.remove(match)
        left |= {chapter: printed} if printed else {}
    assert left == {}, "numbers that nothing computes again"
    assert dict(expected) == {}


def test_the_recomputation_uses_nothing_of_the_package():
    for module in (rawloads, rawprogramme):
        text = (DATA.parent / "tests" / f"{module.__name__}.py").read_text(encoding="utf-8")
        assert "watershed_cp" not in text
