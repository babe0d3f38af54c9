"""What is told about the programme: its indicators, and what was claimed of it."""

from __future__ import annotations

from watershed_cp.tables.columns import Table, choice, number, text, whole

DIMENSIONS = ("programme", "year", "country", "basin_id", "sex", "sector", "published")
NOTES = ("several_units", "unit_unknown", "uses_differ")
"""What may keep a sum from being all it should be, the gravest first."""

_PER_FIRM = (
    number(
        "value_per_firm",
        "",
        "Lo propio por empresa: el número, o el numerador de un porcentaje",
        "One's own per firm: the number, or the numerator of a share",
    ),
    number(
        "published_low",
        "",
        "Lo menos por empresa de otros programas: sumas, no siempre de un año, en dólares de su tiempo",
        "Least per firm of other programmes: sums, not always of a year, in dollars of their day",
    ),
    number(
        "published_high", "", "Lo más por empresa de otros programas", "Most per firm of other programmes"
    ),
)

INDICATORS = Table(
    "indicators",
    (
        text("objective_es", "Objetivo, en español", "Objective, in Spanish"),
        text("objective_en", "Objetivo, en inglés", "Objective, in English"),
        text("indicator_id", "Identificador del indicador", "Identifier of the indicator"),
        text("name_es", "Indicador, en español", "Indicator, in Spanish"),
        text("name_en", "Indicador, en inglés", "Indicator, in English"),
        choice(
            "dimension",
            DIMENSIONS,
            "De qué es la fila: todo el programa, un año, una parte, o lo publicado por el programa real",
            "What the row is of: the whole programme, a year, a part, or what the real programme published",
        ),
        text("place", "Año, país, cuenca, sexo o sector", "Year, country, watershed, sex or sector"),
        choice(
            "counting",
            ("cumulative", "incremental"),
            "Acumulado, o lo que agrega el año",
            "Cumulative, or what the year adds",
        ),
        number("baseline", "", "Valor de partida, en la unidad de la fila", "Baseline, in the row's unit"),
        number("target", "", "Meta, en la unidad de la fila", "Target, in the row's unit"),
        number("value", "", "Valor, en la unidad de la fila", "Value, in the row's unit"),
        number("low", "", "Extremo bajo, donde hay rango", "Low end, where there is a range"),
        number("high", "", "Extremo alto, donde hay rango", "High end, where there is a range"),
        text("unit", "Unidad del valor", "Unit of the value"),
        number(
            "progress_pct",
            "%",
            "Avance de la línea de base a la meta",
            "Progress from the baseline to the target",
        ),
        number("numerator", "", "Numerador de un porcentaje", "Numerator of a share"),
        number("denominator", "", "Denominador de un porcentaje", "Denominator of a share"),
        *_PER_FIRM,
        text("unit_per_firm", "Unidad de lo que es por empresa", "Unit of what is per firm"),
        whole("rows", "Filas que se usaron", "Rows that were used"),
        whole(
            "left_out",
            "Filas sin número o sin código de persona",
            "Rows without a number, or without the code of a person",
        ),
        choice(
            "note",
            ("no_table", *NOTES, "attendances", "some_blank"),
            "Qué hay que saber del valor",
            "What to know about the value",
        ),
        text("rule", "Regla con que se calcula", "Rule that computes it"),
        text("source", "Fuente de lo publicado", "Source of what was published"),
    ),
)

CLAIMS = Table(
    "claims",
    (
        text("claim_id", "Identificador de la afirmación", "Identifier of the claim"),
        text("claim_es", "Afirmación, en español", "Claim, in Spanish"),
        text("claim_en", "Afirmación, en inglés", "Claim, in English"),
        choice("outcome", ("reproduced", "contradicted", "not_reproducible"), "Resultado", "Outcome"),
        number("printed", "", "Número impreso", "Number printed"),
        number("tolerance", "", "Media unidad de su última cifra", "Half a unit of its last digit"),
        number(
            "value",
            "",
            "Número calculado; si es un porcentaje, ponderado",
            "Number computed; a percentage is weighted",
        ),
        number("simple_mean_pct", "%", "Media simple de los porcentajes", "Simple mean of the percentages"),
        number("low", "", "Extremo bajo, donde hay rango", "Low end, where there is a range"),
        number("high", "", "Extremo alto, donde hay rango", "High end, where there is a range"),
        text("unit", "Unidad de los números", "Unit of the numbers"),
        number("numerator", "", "Numerador de un porcentaje", "Numerator of a share"),
        number("denominator", "", "Denominador de un porcentaje", "Denominator of a share"),
        whole("rows", "Filas que se usaron", "Rows that were used"),
        whole(
            "left_out",
            "Filas sin número o sin código de persona",
            "Rows without a number, or without the code of a person",
        ),
        *_PER_FIRM,
        choice(
            "note",
            ("no_table", "no_rows", *NOTES, "attendances", "some_blank", "simple_mean"),
            "Qué hay que saber del número",
            "What to know about the number",
        ),
        text("rule", "Regla con que se calcula", "Rule that computes it"),
        text("source", "Dónde se imprimió", "Where it was printed"),
    ),
)
