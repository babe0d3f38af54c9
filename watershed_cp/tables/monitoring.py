"""The tables that a run writes for those who inspect, visit and rank."""

from __future__ import annotations

from watershed_cp.tables.columns import BASIN_ID, MSME_ID, Table, choice, date, number, text, whole
from watershed_cp.tables.inputs import INSPECTIONS, LIMITS, MSMES

COMPLIANCE = Table(
    "compliance",
    (
        MSME_ID,
        BASIN_ID,
        choice(
            "origin", ("inspection", "audit"), "De dónde viene: inspección o auditoría", "Inspection or audit"
        ),
        text("result_id", "Identificador de la inspección o auditoría", "Identifier of inspection or audit"),
        date("date", "Fecha de la muestra", "Date of the sample"),
        text("pollutant", "Contaminante", "Pollutant"),
        INSPECTIONS["qualifier"],
        number("value", "", "Valor medido", "Measured value"),
        text("unit", "Unidad del valor", "Unit of the value"),
        choice(
            "verdict",
            ("complies", "exceeds", "not_judged"),
            "Resultado frente al límite",
            "Result against the limit",
        ),
        choice(
            "why",
            (
                "no_value",
                "no_limit",
                "unverified",
                "several_limits",
                "other_pollutant",
                "unit",
                "non_detect",
                "over_range",
                "average",
                "not_in_force",
            ),
            "Por qué no se juzga",
            "Why it is not judged",
        ),
        LIMITS["bound"],
        number("limit_value", "", "Valor del límite", "Value of the limit"),
        text("limit_unit", "Unidad del límite", "Unit of the limit"),
        text("norm", "Norma que fija el límite", "Norm that sets the limit"),
        text("limit_source", "Fuente del límite", "Source of the limit"),
        text("limit_id", "Límite de la tabla propia", "Limit of the user's own table"),
        INSPECTIONS["finding"],
    ),
)

_RANKED = (
    whole("rank", "Puesto", "Rank"),
    MSME_ID,
    MSMES["name"],
    BASIN_ID,
    number(
        "score_pct",
        "%",
        "Producto de los factores, en porcentaje del mayor",
        "Product of the factors, percent of the highest",
    ),
    text("pollutant", "Contaminante que más pesa aguas abajo", "Pollutant that weighs most downstream"),
    number("load_kg_yr", "kg/yr", "Carga que aún vierte", "Load that it still releases"),
    number(
        "load_share_pct",
        "%",
        "Factor carga: parte de lo que vierten todas las empresas de ese contaminante",
        "Factor load: share of what all firms release of that pollutant",
    ),
    number(
        "delivery_share",
        "",
        "Factor entrega: parte que llega a la salida de la cuenca; en blanco no se sabe y cuenta 1",
        "Factor delivery: share that arrives at the outlet; blank is not known and counts as 1",
    ),
    number(
        "sensitivity",
        "",
        "Factor sensibilidad: lo que fija el proyecto por cuenca y cuerpo receptor, por lo que dice la capa",
        "Factor sensitivity: what the project sets by watershed and receiving body, times what the layer says",
    ),
    choice(
        "sensitivity_from",
        ("nothing", "project", "layer", "both", "not_known"),
        "Quién dice la sensibilidad: nadie (cuenta 1), el proyecto, la capa, ambos; o la capa no sabe (cuenta 1)",
        "Who says the sensitivity: nobody (counts 1), the project, the layer, both; or the layer does not know (1)",
    ),
    date("last_visit", "Última inspección o auditoría", "Last inspection or audit"),
    number(
        "years_since_visit",
        "yr",
        "Factor tiempo: años desde la última visita, o desde el primer registro si no hay ninguna",
        "Factor time: years since the last visit, or since the first record where there is none",
    ),
)

NEXT_INSPECTIONS = Table(
    "next_inspections",
    (
        *_RANKED,
        whole("results", "Resultados de laboratorio", "Lab results"),
        whole("complies", "Resultados que cumplen", "Results that comply"),
        whole("exceeds", "Resultados que exceden", "Results that exceed"),
        whole("not_judged", "Resultados que no se juzgan", "Results that are not judged"),
        text("unknown", "Lo que no se sabe", "What is not known"),
        text(
            "weights",
            "Cuenta: cada factor elevado a su peso, que se cambia en el proyecto",
            "The sum: each factor to its weight, which the project file changes",
        ),
    ),
)

RANKING = Table(
    "ranking",
    (
        *_RANKED[:5],
        text("explanation", "Por qué ocupa ese puesto", "Why it stands there"),
        *_RANKED[5:],
        choice(
            "basis",
            ("audited", "division_size", "division"),
            "De dónde sale la carga: su auditoría, o la mediana de su rama y tamaño, o de su rama",
            "What the load rests on: its audit, or the median of its branch and size, or of its branch",
        ),
        whole("firms_behind", "Empresas auditadas que la sustentan", "Audited firms behind it"),
        whole("attended", "Veces que su personal asistió", "Times its people attended"),
        number(
            "payback_years",
            "yr",
            "Años en que se paga su mejor medida pendiente",
            "Years in which its best open measure pays back",
        ),
        NEXT_INSPECTIONS["weights"],
    ),
)
