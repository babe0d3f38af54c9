"""The programme around the firms: measures in natural units, events, partners, loans, consultants, inspections.

All of it is made up, persons are codes, and every row says so. Tariffs, uses of energy and materials, scores,
rates of interest and the limits themselves are assumptions; no limit here is that of a country.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

SYNTHETIC = "sí"
Row = dict[str, Any]
COUNTRIES = ("SV", "GT", "HN", "PA")


@dataclass(frozen=True)
class Event:
    """An event: where it was, and how many came in each role, women among them."""

    country: str
    kind: str
    title: str
    municipality: str
    latitude: float
    longitude: float
    hours: int
    students: int = 0
    instructors: int = 0
    personnel: int = 0
    others: int = 0
    women: int = 0
    listed: bool = True


# Students and instructors of the courses are as many as the real programme reported at one date, 173 and 13;
# who they are is made up.
EVENTS = (
    Event("SV", "taller", "Producción más limpia en alimentos", "San Salvador", 13.700, -89.195, 8, 0, 0, 22, 6, 11),
    Event("SV", "curso universitario", "Producción más limpia", "San Salvador", 13.716, -89.204, 40, 52, 4, 0, 0, 27),
    Event("GT", "taller", "Agua y energía en la MIPYME", "Zacapa", 14.970, -89.530, 8, 0, 0, 19, 7, 9),
    Event("GT", "curso universitario", "Producción más limpia", "Guatemala", 14.588, -90.553, 40, 61, 5, 0, 0, 33),
    Event("HN", "taller", "Agua y energía en la MIPYME", "San Pedro Sula", 15.500, -88.020, 8, 0, 0, 14, 5, 8),
    Event("HN", "curso universitario", "Producción más limpia", "San Pedro Sula", 15.529, -88.038, 40, 36, 2, 0, 0, 17),
    Event("PA", "taller", "Producción más limpia en turismo", "Gamboa", 9.122, -79.697, 8, 0, 0, 9, 4, 6),
    Event("PA", "curso universitario", "Producción más limpia", "Panamá", 8.983, -79.532, 40, 24, 2, 0, 0, 13),
    Event("PA", "visita técnica", "Tratamiento de aguas residuales", "Chilibre", 9.155, -79.620, 4, 0, 0, 6, 3, 4),
    Event("SV", "pasantía", "Pasantías en empresas", "Soyapango", 13.720, -89.150, 320, 14, 0, 0, 0, 8),
    Event("GT", "pasantía", "Pasantías en empresas", "Zacapa", 14.970, -89.530, 320, 13, 0, 0, 0, 7),
    Event("HN", "pasantía", "Pasantías en empresas", "Choloma", 15.610, -87.950, 320, 9, 0, 0, 0, 4),
    Event("PA", "pasantía", "Pasantías en empresas", "Chilibre", 9.155, -79.620, 320, 6, 0, 0, 0, 3),
    Event("SV", "taller", "Seguimiento de medidas", "San Salvador", 13.700, -89.195, 6, 0, 0, 18, 0, 9),
    Event("SV", "sensibilización", "La cuenca empieza en casa", "Apopa", 13.807, -89.179, 3, 0, 0, 0, 58, 34),
    Event("GT", "sensibilización", "El Motagua que queremos", "Gualán", 15.120, -89.360, 3, 0, 0, 0, 46, 25),
    Event("HN", "sensibilización", "Feria del agua", "La Lima", 15.433, -87.915, 5, 0, 0, 0, 70, 41, listed=False),
    Event("PA", "sensibilización", "Día de la cuenca", "Las Cumbres", 9.085, -79.530, 3, 0, 0, 0, 35, 19, listed=False),
)  # fmt: skip
ROLES = (
    ("students", "estudiante", "E"),
    ("instructors", "docente", "D"),
    ("personnel", "personal de empresa", "T"),
    ("others", "otro actor", "A"),
)
TESTED = 0.92  # share of those who came that took both tests
AGAIN = {10: 2, 11: 4, 12: 6, 13: 8, 14: 1}  # who came to this event had come to that one before
STAYED = {14: 8}  # so many of them; all, where it does not say


def make_events(draw: random.Random, firms: list[str]) -> tuple[list[Row], list[Row]]:
    """Draw the events, and for those that kept a list, who came."""
    came = make_attendance(draw, firms)
    rows = []
    for number, event in enumerate(EVENTS, 1):
        listed = [row for row in came if row["Código de evento"] == f"E-{number:02d}"]
        scores = [row for row in listed if row["Nota final"] is not None]
        before, after = (
            [row[name] for row in scores] or ([] if event.listed else [mean])
            for name, mean in (("Nota inicial", 5.1), ("Nota final", 6.6))
        )
        rows.append(
            {
                "Código de evento": f"E-{number:02d}",
                "Nombre del evento": f"{event.title} (evento sintético)",
                "Fecha": dt.date(2018, 6, 4) + dt.timedelta(days=44 * number),
                "País": event.country,
                "Municipio": event.municipality,
                "Latitud": event.latitude,
                "Longitud": event.longitude,
                "Tipo de evento": event.kind,
                "Horas": event.hours,
                "Estudiantes": event.students,
                "Docentes": event.instructors,
                "Personal de MIPYME": event.personnel,
                "Actores": event.others,
                "Mujeres": sum(row["Sexo"] == "mujer" for row in listed) if event.listed else event.women,
                "Nota inicial": round(math.fsum(before) / len(before), 1) if before else None,
                "Nota final": round(math.fsum(after) / len(after), 1) if after else None,
                "Sintético": SYNTHETIC,
            }
        )
    return rows, came


def make_attendance(draw: random.Random, firms: list[str]) -> list[Row]:
    """Draw who came to each event that kept a list: codes, sex, the firm of its people, scores before and after."""
    persons: dict[int, list[tuple[str, str]]] = {}
    rows: list[Row] = []
    for number, event in enumerate(EVENTS, 1):
        if not event.listed:
            continue
        roles = [(word, letter) for name, word, letter in ROLES for _ in range(getattr(event, name))]
        known = persons[AGAIN[number]][: STAYED.get(number, len(roles))] if number in AGAIN else []
        women = [person for person in known if person[1] == "mujer"]
        strangers = len(roles) - len(known)
        sexes = ["mujer"] * min(max(event.women - len(women), 0), strangers)
        sexes += ["hombre"] * (strangers - len(sexes))
        draw.shuffle(sexes)
        fresh = [f"{letter}-{number:02d}{place:02d}" for place, (_, letter) in enumerate(roles, 1)][
            len(known) :
        ]
        persons[number] = [*known, *zip(fresh, sexes, strict=True)]
        for (word, _), (person, sex) in zip(roles, persons[number], strict=True):
            before = min(max(draw.gauss(4.9, 1.2), 0.5), 9.0)
            after = min(max(before + draw.gauss(2.3, 1.3), 0.5), 10.0)
            tested = event.kind != "pasantía" and word != "docente" and draw.random() < TESTED
            local = [firm for firm in firms if firm.startswith(event.country)]
            rows.append(
                {
                    "Código de evento": f"E-{number:02d}",
                    "Código de participante": person,
                    "Papel": word,
                    "Sexo": sex,
                    "País": event.country,
                    "Código de empresa": draw.choice(local) if word == "personal de empresa" else "",
                    "Nota inicial": round(before, 1) if tested else None,
                    "Nota final": round(after, 1) if tested else None,
                    "Sintético": SYNTHETIC,
                }
            )
    return rows


# Use of a resource and price of one unit of it: assumptions.
TARIFF = {"agua": 0.65, "energía": 0.17, "materiales": 0.9, "residuos": 0.11}
SHARE = {"agua": (0.06, 0.34), "energía": (0.05, 0.3), "materiales": (0.05, 0.28), "residuos": (0.1, 0.45)}


def size_measure(row: Row, flow_m3_d: float, days: int, draw: random.Random) -> None:
    """Write into a recommendation what the firm used before, what it saves, and how it was paid."""
    resource = row["Recurso"]
    used = {
        "agua": flow_m3_d * days * 1.1,
        "energía": 9_000 + flow_m3_d * days * 1.6,
        "materiales": 6_000 + flow_m3_d * days * 1.4,
        "residuos": 3_000 + flow_m3_d * days * 0.5,
    }[resource]
    saving = round(used * draw.uniform(*SHARE[resource]), -1)
    done = row["Ahorro"] is not None
    row["Uso de línea base"] = round(used, -1)
    row["Ahorro"] = saving if done else None
    row["Ahorro anual (USD)"] = round(saving * TARIFF[resource] * draw.uniform(0.9, 1.1)) if done else None
    steam = "vapor" in row["Medida"] or "condensados" in row["Medida"]
    row["Energético"] = ("búnker" if steam else "electricidad") if resource == "energía" else ""
    own = draw.choice(("fondos propios",) * 8 + ("crédito de proveedor", "donación"))
    row["Financiamiento"] = "" if not done else "préstamo" if row["Código de préstamo"] else own
    row["Sintético"] = row.pop("Sintético")


LATE = 5  # every fifth loan is in arrears


def make_loans(recommendations: list[Row], draw: random.Random) -> list[Row]:
    """Draw a loan for each measure that names one, and two that were never paid out."""
    rows = []
    financed = [row for row in recommendations if row["Código de préstamo"]]
    for number, row in enumerate(financed):
        amount = round(row["Inversión (USD)"] * draw.uniform(0.7, 1.0), -1)
        late = number % LATE == LATE - 1
        left = draw.choice((0, 0.2, 0.45, 0.7)) or 0.6 * late
        rows.append(
            {
                "Código de préstamo": row["Código de préstamo"],
                "Código de empresa": row["Código de empresa"],
                "Entidad financiera": f"Banco sintético {1 + number % 3}",
                "Monto (USD)": amount,
                "Tasa de interés anual (%)": round(draw.uniform(7, 14.5), 1),
                "Plazo (meses)": draw.choice((24, 36, 48)),
                "Fecha de desembolso": row["Fecha de implementación"] - dt.timedelta(days=20),
                "Estado": "en mora" if late else "cancelado" if not left else "desembolsado",
                "Saldo (USD)": round(amount * left, -1),
                "Sintético": SYNTHETIC,
            }
        )
    waiting = [row for row in recommendations if row["Estado"] == "aceptada"][:2]
    for number, row in enumerate(waiting):
        rows.append(
            {
                "Código de préstamo": f"P-S{number + 1}",
                "Código de empresa": row["Código de empresa"],
                "Entidad financiera": "Banco sintético 1",
                "Monto (USD)": row["Inversión (USD)"] or 500,
                "Tasa de interés anual (%)": 11.0,
                "Plazo (meses)": 24,
                "Fecha de desembolso": None,
                "Estado": ("solicitado", "denegado")[number],
                "Saldo (USD)": None,
                "Sintético": SYNTHETIC,
            }
        )
    return rows


# Kind, how many in each country, and how the agreement stands.
ORGANISATIONS = (
    ("universidad", {"GT": 3, "HN": 2}, "firmado"),
    ("universidad", {"SV": 1}, "firmado"),
    ("universidad", {"PA": 1}, "en negociación"),
    ("centro", {"SV": 1, "GT": 1, "HN": 1, "PA": 1}, "firmado"),
    ("autoridad", {"SV": 1, "PA": 1}, "firmado"),
    ("autoridad", {"GT": 1, "HN": 1}, "en negociación"),
    ("gremial", {"SV": 1, "GT": 1, "HN": 1}, "firmado"),
    ("entidad financiera", {"SV": 1, "HN": 1}, "firmado"),
    ("entidad financiera", {"GT": 1}, "en negociación"),
    ("ONG", {"GT": 1}, "firmado"),
    ("ONG", {"PA": 1}, "terminado"),
)


def make_stakeholders(draw: random.Random, firms: list[str]) -> list[Row]:
    """Draw the partners: each works with the centre of its country, universities with the firms of interns too."""
    rows: list[Row] = []
    for kind, countries, agreement in ORGANISATIONS:
        made_up = "sintético" if kind == "centro" else "sintética"
        for country in [code for code, count in countries.items() for _ in range(count)]:
            number = len(rows) + 1
            local = [firm for firm in firms if firm.startswith(country)]
            hosts = draw.sample(local, 3) if kind == "universidad" else []
            since = dt.date(2018, 2, 1) + dt.timedelta(days=31 * number)
            rows.append(
                {
                    "Código de actor": f"S-{number:02d}",
                    "Organización": f"{kind[0].upper()}{kind[1:]} {made_up} {number:02d}",
                    "Tipo de organización": kind,
                    "País": country,
                    "Colabora con": hosts,
                    "Convenio": agreement,
                    "Desde": since if agreement != "en negociación" else None,
                    "Sintético": SYNTHETIC,
                }
            )
    centres = {row["País"]: row["Código de actor"] for row in rows if row["Tipo de organización"] == "centro"}
    for row in rows:
        centre = centres[row["País"]]
        row["Colabora con"] = "; ".join(
            [*([centre] if centre != row["Código de actor"] else []), *row["Colabora con"]]
        )
    return rows


CONSULTANTS = (
    ("SV", "San Salvador", "San Salvador", 13.700, -89.195, "agua; energía", "1050; 1010; 5510", "sí"),
    ("SV", "La Libertad", "Santa Tecla", 13.676, -89.282, "residuos; materiales", "1030; 2023", "sí"),
    ("SV", "San Salvador", "Soyapango", 13.720, -89.150, "agua", "1313; 1511", "no"),
    ("GT", "Guatemala", "Guatemala", 14.630, -90.520, "energía; materiales", "1313; 1103", "sí"),
    ("GT", "Zacapa", "Zacapa", 14.970, -89.530, "agua; residuos", "1010; 1050; 1030", "sí"),
    ("GT", "Izabal", "Morales", 15.475, -88.835, "agua", "1010", "no"),
    ("HN", "Cortés", "San Pedro Sula", 15.500, -88.020, "agua; energía; materiales", "1313; 1702; 2023", "sí"),
    ("HN", "Cortés", "Choloma", 15.610, -87.950, "energía", "1313", "sí"),
    ("PA", "Panamá", "Chilibre", 9.155, -79.620, "agua", "1010; 5510; 5610", "sí"),
)  # fmt: skip


CONSULTANTS_HEADER = (
    "País", "Departamento", "Municipio", "Latitud", "Longitud", "Especialidades", "Ramas (CIIU)", "Disponible",
)  # fmt: skip


def make_consultants() -> list[Row]:
    """Give the registry of consultants; in one watershed nobody knows energy."""
    return [
        {
            "Código de consultor": f"C-{number:02d}",
            "Consultora": f"Consultora sintética {number:02d}",
            **dict(zip(CONSULTANTS_HEADER, consultant, strict=True)),
            "Idiomas": "español" if number % 3 else "español; inglés",
            "Sintético": SYNTHETIC,
        }
        for number, consultant in enumerate(CONSULTANTS, 1)
    ]


# Limits of an invented norm: to a river, to a sewer, and one that nobody has checked.
LIMITS = (
    ("L-R1", "DBO5", "máximo", 700.0, "río", "sí"),
    ("L-R2", "SST", "máximo", 600.0, "río", "sí"),
    ("L-R3", "pH", "máximo", 9.0, "río", "sí"),
    ("L-R4", "pH", "mínimo", 6.0, "río", "sí"),
    ("L-S1", "DBO5", "máximo", 1200.0, "alcantarillado", "sí"),
    ("L-S2", "SST", "máximo", 900.0, "alcantarillado", "sí"),
    ("L-X1", "DQO", "máximo", 1000.0, "río", "no"),
)


def make_limits() -> list[Row]:
    """Give the limits of a norm that does not exist, for the demonstration to compare with."""
    return [
        {
            "Código de límite": code,
            "Norma": "Norma sintética de la demostración",
            "Parámetro": pollutant,
            "Tipo de límite": bound,
            "Límite": value,
            "Unidad": "unidades de pH" if pollutant == "pH" else "mg/L",
            "Descarga a": receiving,
            "Vigente desde": dt.date(2017, 1, 1),
            "Verificado": verified,
            "Fuente": "Inventada para la demostración",
            "Sintético": SYNTHETIC,
        }
        for code, pollutant, bound, value, receiving, verified in LIMITS
    ]


def make_inspections(firms: list[tuple[str, float, str]], draw: random.Random) -> list[Row]:
    """Draw the visits of an authority to every third firm, given its code, its BOD5 in mg/L and where it discharges."""
    rows: list[Row] = []
    limits = {
        (pollutant, receiving): (code, value)
        for code, pollutant, bound, value, receiving, checked in LIMITS
        if bound == "máximo" and checked == "sí"
    }
    for visited, (firm, bod_mg_l, receiving) in enumerate(firms[::3]):
        to = "alcantarillado" if receiving == "alcantarillado" else "río"
        for visit in range(1 + visited % 3):
            day = dt.date(2018, 4, 10) + dt.timedelta(days=19 * visited + 270 * visit)
            number = f"I-{visited + 1:02d}{visit + 1}"
            for pollutant, ratio in (("DBO5", 1.0), ("DQO", 1.8), ("SST", 0.6), ("pH", 0.0)):
                value = (
                    bod_mg_l * ratio * draw.uniform(0.5, 1.1) * 0.85**visit if ratio else draw.gauss(7.4, 0.9)
                )
                unchecked = "L-X1" if (pollutant, to) == ("DQO", "río") else ""
                code, limit = limits.get((pollutant, to), (unchecked, None))
                value = float(f"{value:.3g}")
                finding = "pendiente" if limit is None else "excede" if value > limit else "cumple"
                rows.append(
                    {
                        "Código de inspección": number,
                        "Código de empresa": firm,
                        "Fecha": day,
                        "Parámetro": pollutant,
                        "Resultado": value,
                        "Unidad": "unidades de pH" if pollutant == "pH" else "mg/L",
                        "Código de límite": code,
                        "Dictamen": finding,
                        "Medida tomada": "amonestación" if finding == "excede" else "",
                        "Autoridad": "Autoridad sintética",
                        "Sintético": SYNTHETIC,
                    }
                )
    return rows
