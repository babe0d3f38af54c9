"""Build the demonstration programme: 58 synthetic firms, their audits, measures, and the programme around them.

``registro.csv`` holds them and 100 more that nobody has audited, for ``watershed-cp rank`` and ``near``.

    python data/demo/build.py [FOLDER]

Nothing here is a real firm. Municipalities are real, raw loads follow cited figures (``world.py``),
reductions scatter about the 10 % that the real programme promised; measures and savings are assumptions. The
usual mess is put in on purpose: ``spoil_firms``, ``spoil_samples``. The same seed writes the same files.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import registers
import xlsxwriter
from world import BOD_G, FIRMS, MEASURES, PLACES, SECTORS, UNITS, Place, Sector

SEED = 7
SYNTHETIC = "sí"
TITLE = "Programa de demostración (datos sintéticos)"
KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Firm:
    """A synthetic firm, with what an auditor would find there."""

    number: int
    place: Place
    sector: Sector
    output: float
    flow_m3_d: float
    bod_mg_l: float
    reduction: float
    style: str
    days: int
    latitude: float | None
    longitude: float | None
    coordinates: str = ""
    accuracy_m: float | None = None
    discharge: tuple[float, float] | None = None
    discharge_to: str = "río"

    @property
    def code(self) -> str:
        """The programme's own code of the firm."""
        return f"{self.place.country}-{self.number:03d}"

    @property
    def name(self) -> str:
        """A name that no real firm has."""
        return f"Empresa sintética {self.number:02d} · {self.sector.label}"


@dataclass(frozen=True)
class Sample:
    """A row of the audits: what a lab sheet says."""

    firm: Firm
    pollutant: str
    phase: str
    date: dt.date
    value: float
    unit: str
    qualifier: str = ""
    flow: float | None = None
    flow_unit: str = ""
    production: float | None = None
    uncertainty: float | None = None
    evidence: str = "B"


# What a firm of each style writes: unit of the value, its factor from mg/L, unit of the flow, its factor from
# m3/d; for loads, the unit and its factor from kg/d, none where it depends on the days of operation.
CONCENTRATIONS = {
    "lab": ("mg/L", 1.0, "m3/d", 1.0),
    "pump": ("mg/L", 1.0, "L/s", 1 / 86.4),
    "meter": ("ppm", 1.0, "gpm", 1000 / 3.785411784 / 1440),
    "hourly": ("g/m3", 1.0, "m3/h", 1 / 24),
}
LOADS = {"pounds": ("lb/día", 1 / 0.45359237), "yearly": ("kg/año", None)}
STYLES = ("lab",) * 6 + ("pump", "meter", "hourly", "pounds", "yearly")
LIMITS = {"FOG": 10.0, "TP": 0.5, "TN": 5.0, "Cr": 0.1}
NAMES = {
    "BOD5": ("DBO5", "DBO₅", "Demanda bioquímica de oxígeno"),
    "COD": ("DQO", "DQO", "Demanda química de oxígeno"),
    "TSS": ("SST", "Sólidos suspendidos totales", "SST"),
    "FOG": ("A y G", "Aceites y grasas", "Grasas y aceites"),
    "TN": ("N total", "Nitrógeno total", "N total"),
    "TP": ("P total", "Fósforo total", "P total"),
    "Cr": ("Cromo total", "Cr", "Cr total"),
}
NOWHERE: dict[str, Any] = {"latitude": None, "longitude": None, "accuracy_m": None}
SPOILED: dict[tuple[str, str], dict[str, Any]] = {
    ("Petoa", "conservas de fruta"): NOWHERE
    | {"place": replace(PLACES["Petoa"], department="", municipality="")},
    ("Quimistán", "quesería"): NOWHERE,
    ("Gualán", "quesería"): {"accuracy_m": 2872},
    ("Santa Tecla", "quesería"): {"accuracy_m": 2872},
    ("Alcalde Díaz", "quesería"): {"accuracy_m": 5000},
    ("Ilopango", "conservas de fruta"): {"accuracy_m": 2872},
    ("Las Cumbres", "conservas de fruta"): {"discharge": (9.1431, -79.6082), "discharge_to": "río"},
    ("Nejapa", "embotelladora"): {"discharge": (13.8352, -89.2011), "discharge_to": "río"},
    ("Zacapa", "conservas de fruta"): {"discharge": (14.9855, -89.5262), "discharge_to": "río"},
    ("La Lima", "embotelladora"): {"discharge": (15.4410, -87.9081), "discharge_to": "río"},
    ("Macuelizo", "rastro"): {"discharge_to": "suelo"},
    ("Gamboa", "restaurante"): {"discharge_to": "lago"},
}
WORSE = {3: -0.04, 22: -0.02, 24: -0.06, 39: -0.03, 54: -0.05}
IN_ONE_CELL = (9, 31, 44)
NO_FOLLOW_UP = (6, 16, 25, 36, 41, 52)
BUSINESS = {22: 0.7, 46: 1.25}  # one made less at the follow-up, one more
TWICE, AGAIN, NO_FLOW, LATE, UNDOCUMENTED = 12, 20, 28, 38, 47
ACCURACY_M = (5, 8, 8, 10, 10, 15, 15, 30, 30, 152, 421, None)
EVIDENCE = "AAABBBBCCD"
UNAUDITED = 100  # firms of the wider register
UNCERTAINTY = {"A": 0.05, "B": 0.1}


def make_firms(draw: random.Random) -> list[Firm]:
    """Draw the 58 firms, in the order of the list above."""
    pairs = [
        (PLACES[town], SECTORS[label.strip()])
        for town, labels in (line.split(":") for line in FIRMS.strip().splitlines())
        for label in labels.split(",")
    ]
    return [make_firm(number, place, sector, draw) for number, (place, sector) in enumerate(pairs, start=1)]


def make_firm(number: int, place: Place, sector: Sector, draw: random.Random) -> Firm:
    """Draw one firm: its size, its raw load, where it stands and how it reports."""
    output = round(draw.uniform(*sector.daily_output), 1)
    equivalents = draw.uniform(*sector.equivalents)
    latitude, longitude = shift(place.latitude, place.longitude, place.reach_km, draw)
    return Firm(
        number=number,
        place=place,
        sector=sector,
        output=output,
        flow_m3_d=output * sector.water_m3 * draw.uniform(0.85, 1.15),
        bod_mg_l=equivalents * BOD_G / sector.water_m3,
        reduction=draw.triangular(0.02, 0.24, 0.10),
        style=STYLES[number % len(STYLES)],
        days=draw.choice((250, 260, 280, 300, 312, 350, 365)),
        latitude=latitude,
        longitude=longitude,
        accuracy_m=ACCURACY_M[number % len(ACCURACY_M)],
        discharge_to=("río", "quebrada", "río", "alcantarillado")[number % 4],
    )


def make_neighbours(draw: random.Random, *, beside: int) -> list[Firm]:
    """Draw firms that nobody has audited, around the same towns, three times as far apart."""
    places, sectors = list(PLACES.values()), list(SECTORS.values())
    rows = []
    for number in range(beside + 1, beside + 1 + UNAUDITED):
        place = draw.choice(places)
        rows.append(
            make_firm(number, replace(place, reach_km=3 * place.reach_km), draw.choice(sectors), draw)
        )
    return rows


def shift(latitude: float, longitude: float, reach_km: float, draw: random.Random) -> tuple[float, float]:
    """Move a point by a random way of at most `reach_km`."""
    way, angle = reach_km * math.sqrt(draw.random()), draw.uniform(0, 2 * math.pi)
    north, east = way * math.sin(angle) / KM_PER_DEGREE, way * math.cos(angle) / KM_PER_DEGREE
    return round(latitude + north, 5), round(longitude + east / math.cos(math.radians(latitude)), 5)


def spoil_firms(firms: list[Firm]) -> list[Firm]:
    """Put the usual mess into the register: outside, not located, free text, a pipe that ends elsewhere."""
    spoiled = [
        replace(firm, **SPOILED.get((firm.place.municipality, firm.sector.label), {})) for firm in firms
    ]
    spoiled = [
        replace(firm, reduction=WORSE[firm.number]) if firm.number in WORSE else firm for firm in spoiled
    ]
    return [in_one_cell(firm) if firm.number in IN_ONE_CELL else firm for firm in spoiled]


def in_one_cell(firm: Firm) -> Firm:
    """Write the firm's coordinates into one cell, in degrees, minutes and seconds as read from a GPS."""
    written = []
    for angle, side in ((firm.latitude, "N"), (firm.longitude, "O")):
        minutes, tenths = divmod(round(abs(angle or 0.0) * 36_000), 600)
        written.append(f"{minutes // 60}° {minutes % 60:02d}' {tenths / 10:04.1f}\" {side}")
    return replace(firm, latitude=None, longitude=None, coordinates=", ".join(written))


def make_samples(firm: Firm, draw: random.Random) -> list[Sample]:
    """Draw the samples of a firm before and after, one for each pollutant and phase."""
    before = dt.date(2018, 3, 1) + dt.timedelta(days=draw.randrange(480))
    after = before + dt.timedelta(days=draw.randrange(183, 426))
    grades = draw.choice(EVIDENCE), draw.choice(EVIDENCE)
    flow = firm.flow_m3_d, firm.flow_m3_d * (1 - 0.4 * firm.reduction)
    output = firm.output, round(firm.output * draw.uniform(0.94, 1.08), 1)
    samples = []
    for pollutant, ratio in {"BOD5": 1.0, **firm.sector.per_bod}.items():
        raw = firm.bod_mg_l * ratio * draw.uniform(0.85, 1.15)
        left = (1 - firm.reduction + draw.uniform(-0.04, 0.04)) * flow[0] / flow[1]
        for turn, (phase, date, value) in enumerate(
            (("línea base", before, raw), ("seguimiento", after, raw * left))
        ):
            samples.append(
                report(
                    Sample(
                        firm,
                        draw.choice(NAMES[pollutant]),
                        phase,
                        date,
                        value,
                        "mg/L",
                        flow=flow[turn],
                        production=output[turn],
                        evidence=grades[turn],
                        uncertainty=UNCERTAINTY.get(grades[turn]),
                    ),
                    limit=LIMITS.get(pollutant, 0.0),
                )
            )
    return samples


def report(sample: Sample, *, limit: float) -> Sample:
    """Write a sample as its firm does: its units, rounded, and as a limit where the value is below it."""
    if sample.value < limit:
        sample = replace(sample, value=limit, qualifier="<")
    style, flow = sample.firm.style, sample.flow or 0.0
    if style in CONCENTRATIONS:
        unit, factor, flow_unit, flow_factor = CONCENTRATIONS[style]
        value = rounded(sample.value * factor)
        return replace(sample, value=value, unit=unit, flow=round(flow * flow_factor, 2), flow_unit=flow_unit)
    unit, factor = LOADS[style]
    load_kg_d = sample.value * flow / 1000
    value = rounded(load_kg_d * (factor or sample.firm.days))
    return replace(sample, value=value, unit=unit, flow=None)


def rounded(value: float) -> float:
    """Round to three figures, as a lab sheet does."""
    return float(f"{value:.3g}")


def scaled(sample: Sample, factor: float) -> dict[str, float]:
    """Give what changes when the firm makes `factor` times as much in the same way."""
    changes = {"production": round((sample.production or 0.0) * factor, 1)}
    if sample.flow is None:
        return changes | {"value": rounded(sample.value * factor)}
    return changes | {"flow": round(sample.flow * factor, 2)}


def spoil_samples(samples: list[Sample]) -> list[Sample]:
    """Put the usual mess into the audits: none, twice, too late, no flow, no documents, other business."""
    spoiled: list[Sample] = []
    for sample in samples:
        number, later = sample.firm.number, sample.phase == "seguimiento"
        if later and number in NO_FOLLOW_UP:
            continue
        changes: dict[str, Any] = {}
        if number == NO_FLOW and sample.pollutant in NAMES["FOG"]:
            changes = {"flow": None, "flow_unit": ""}
        elif later and number == LATE:
            changes = {"date": dt.date(2021, 2, 11)}
        elif later and number == UNDOCUMENTED:
            changes = {"evidence": "E"}
        elif later and number in BUSINESS:
            changes = scaled(sample, BUSINESS[number])
        spoiled.append(replace(sample, **changes))
        if later and number == TWICE and sample.pollutant in NAMES["BOD5"]:
            spoiled.append(sample)
        elif later and number == AGAIN:
            later_date = sample.date + dt.timedelta(days=150)
            spoiled.append(replace(sample, date=later_date, value=rounded(sample.value * 0.97)))
    return spoiled


STATUS = (
    "verificada",
    "implementada",
    "implementada",
    "implementada",
    "aceptada",
    "recomendada",
    "rechazada",
    "abandonada",
)
RECOMMENDATIONS = 120
LOAN_FROM_USD = 900


def make_recommendations(
    firms: list[Firm], samples: list[Sample], draw: random.Random
) -> list[dict[str, Any]]:
    """Draw 120 recommendations: two or three for each firm, the first about water."""
    first = {sample.firm.number: sample.date for sample in reversed(samples) if sample.phase == "línea base"}
    turns = (firms * 3)[:RECOMMENDATIONS]
    rows: list[dict[str, Any]] = []
    for number, firm in enumerate(turns, start=1):
        resource = "agua" if number <= len(firms) else firm.sector.resource
        measure, category, investment = draw.choice(MEASURES[resource])
        status = draw.choice(STATUS)
        done = status in ("verificada", "implementada", "abandonada")
        advised = first[firm.number] + dt.timedelta(days=30)
        size = draw.uniform(0.4, 1.6)
        rows.append(
            {
                "Código de recomendación": f"R-{number:03d}",
                "Código de empresa": firm.code,
                "Medida": measure,
                "Categoría": category,
                "Recurso": resource,
                "Estado": status,
                "Fecha de recomendación": advised,
                "Fecha de implementación": advised + dt.timedelta(days=draw.randrange(30, 140))
                if done
                else None,
                "Vida útil (años)": draw.choice((3, 5, 8, 10)),
                "Inversión (USD)": round(investment * size, -1),
                "Ahorro anual (USD)": None,
                "Ahorro": 0 if done else None,
                "Unidad del ahorro": UNITS[resource],
                "Código de préstamo": f"P-{number:02d}" if done and investment >= LOAN_FROM_USD else "",
                "Sintético": SYNTHETIC,
            }
        )
    return rows


def firm_row(firm: Firm) -> dict[str, Any]:
    """Give a firm's row of the register, with the office's own headers."""
    outfall = firm.discharge or (None, None)
    return {
        "Código de empresa": firm.code,
        "Nombre de la empresa": firm.name,
        "Sintético": SYNTHETIC,
        "País": {"SV": "El Salvador", "GT": "Guatemala", "HN": "Honduras", "PA": "Panamá"}[
            firm.place.country
        ],
        "Departamento": firm.place.department,
        "Municipio": firm.place.municipality,
        "Rubro": firm.sector.label,
        "CIIU": firm.sector.ciiu,
        "Empleados": 4 + int(firm.flow_m3_d * 0.4) + firm.number % 7,
        "Latitud (°)": firm.latitude,
        "Longitud (°)": firm.longitude,
        "Coordenadas": firm.coordinates,
        "Exactitud de la ubicación (m)": firm.accuracy_m,
        "Latitud de la descarga": outfall[0],
        "Longitud de la descarga": outfall[1],
        "Descarga a": firm.discharge_to,
    }


def sample_row(number: int, sample: Sample, measures: dict[str, str]) -> dict[str, Any]:
    """Give a sample's row of the audits; a follow-up names the measure behind it."""
    in_cell = sample.qualifier and sample.firm.number % 2  # some labs write the sign before the number
    return {
        "Código de auditoría": f"A-{number:04d}",
        "Código de empresa": sample.firm.code,
        "Parámetro": sample.pollutant,
        "Fase": sample.phase,
        "Fecha de muestreo": sample.date,
        "Calificador": "" if in_cell else sample.qualifier,
        "Resultado": f"<{in_spanish(sample.value)}" if in_cell else sample.value,
        "Unidad": sample.unit,
        "Caudal": sample.flow,
        "Unidad del caudal": sample.flow_unit if sample.flow is not None else "",
        "Días de operación al año": sample.firm.days,
        "Producción": sample.production,
        "Unidad de producción": sample.firm.sector.unit,
        "Incertidumbre relativa": sample.uncertainty,
        "Evidencia": sample.evidence,
        "Verificado por": "Verificador sintético" if sample.evidence == "A" else "",
        "Código de recomendación": measures.get(sample.firm.code, "")
        if sample.phase == "seguimiento"
        else "",
        "Sintético": SYNTHETIC,
    }


def write_register(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the register as a workbook with a title above the table, as offices keep it."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties({"title": TITLE, "created": dt.datetime(2020, 1, 15, tzinfo=dt.UTC)})
        sheet = book.add_worksheet("Empresas")
        sheet.write(0, 0, TITLE, book.add_format({"bold": True, "font_size": 14}))
        sheet.write(1, 0, "Registro de empresas. Ninguna empresa de esta lista existe.")
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for column, name in enumerate(rows[0]):
            sheet.write(3, column, name, header)
            sheet.set_column(column, column, 36 if name == "Nombre de la empresa" else 14)
        for line, row in enumerate(rows, start=4):
            for column, value in enumerate(row.values()):
                if value not in (None, ""):
                    sheet.write(line, column, value)
        sheet.freeze_panes(4, 2)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a table as a spreadsheet set to Spanish exports it: semicolons, decimal commas, day first."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(rows[0])
        writer.writerows([in_spanish(value) for value in row.values()] for row in rows)


def in_spanish(value: Any) -> str:
    """Write a cell with decimal comma and the day before the month."""
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    return "" if value is None else str(value)


def build(folder: Path, seed: int = SEED) -> None:
    """Write the tables of the demonstration."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    firms = spoil_firms(make_firms(draw))
    samples = spoil_samples([sample for firm in firms for sample in make_samples(firm, draw)])
    recommendations = make_recommendations(firms, samples, draw)
    sizes = {firm.code: (firm.flow_m3_d, firm.days) for firm in firms}
    for row in recommendations:
        registers.size_measure(row, *sizes[row["Código de empresa"]], draw)
    done = [row for row in recommendations if row["Estado"] in ("verificada", "implementada")]
    measures = {row["Código de empresa"]: row["Código de recomendación"] for row in reversed(done)}
    write_register(folder / "empresas.xlsx", [firm_row(firm) for firm in firms])
    audits = [sample_row(number, sample, measures) for number, sample in enumerate(samples, start=1)]
    codes = [firm.code for firm in firms]
    events, attendance = registers.make_events(draw, codes)
    discharges = [(firm.code, firm.bod_mg_l, firm.discharge_to) for firm in firms]
    tables = {
        "auditorias": audits,
        "recommendations": recommendations,
        "events": events,
        "attendance": attendance,
        "stakeholders": registers.make_stakeholders(draw, codes),
        "loans": registers.make_loans(recommendations, draw),
        "consultants": registers.make_consultants(),
        "limits": registers.make_limits(),
        "inspections": registers.make_inspections(discharges, draw),
    }
    neighbours = make_neighbours(random.Random(seed + 1), beside=len(firms))  # noqa: S311 - as above
    tables["registro"] = [firm_row(firm) for firm in (*firms, *neighbours)]
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    print(f"{len(firms)} firms, {len(audits)} audit rows, {len(recommendations)} recommendations")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
