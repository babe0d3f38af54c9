"""The tables that a run writes about measures, their money and who pays for them."""

from __future__ import annotations

from watershed_cp.tables.columns import (
    BASIN_ID,
    COUNTRY,
    EVIDENCE_GRADE,
    MSME_ID,
    Table,
    choice,
    number,
    text,
    whole,
)
from watershed_cp.tables.inputs import CONSULTANTS, LOANS, RECOMMENDATIONS

_DOLLARS_OF = whole(
    "dollars_of", "Año de los dólares, por el IPC de EE. UU.", "Year of the dollars, by the US CPI-U"
)
_BRANCH = (
    text("branch", "Rama: división CIIU Rev. 4", "Branch: ISIC Rev. 4 division"),
    text("measure", "Medida de producción más limpia", "Cleaner-production measure"),
)
_COUNTS = choice(
    "counts",
    ("yes", "no"),
    "Si cuenta: implementada o verificada, y aún vigente",
    "Whether it counts: implemented or verified, and still working",
)
SAVING_OF = {
    "water": number("water_m3_yr", "m3/yr", "Agua ahorrada", "Water saved"),
    "energy": number("energy_kwh_yr", "kWh/yr", "Energía ahorrada", "Energy saved"),
    "materials": number("materials_kg_yr", "kg/yr", "Materiales ahorrados", "Materials saved"),
    "waste": number("waste_kg_yr", "kg/yr", "Residuos evitados", "Waste avoided"),
}
"""For each resource, the column of what was saved of it in the house's unit."""

MEASURES = Table(
    "measures",
    (
        RECOMMENDATIONS["recommendation_id"],
        MSME_ID,
        BASIN_ID,
        COUNTRY,
        *_BRANCH,
        *(RECOMMENDATIONS[name] for name in ("category", "resource")),
        RECOMMENDATIONS["status"],
        _COUNTS,
        text("reason", "Por qué no cuenta", "Why it does not count"),
        RECOMMENDATIONS["date_implemented"],
        RECOMMENDATIONS["lifetime_years"],
        _DOLLARS_OF,
        RECOMMENDATIONS["investment_usd"],
        RECOMMENDATIONS["saving_usd_yr"],
        number("payback_years", "yr", "Retorno simple", "Simple payback", low=0),
        number(
            "npv_usd",
            "USD",
            "Valor actual neto a la tasa de descuento del proyecto",
            "Net present value at the project's discount rate",
        ),
        number("irr_pct", "%", "Tasa interna de retorno anual", "Internal rate of return, a year"),
        *SAVING_OF.values(),
        number(
            "saving_pct",
            "%",
            "Ahorro respecto del uso anterior del recurso",
            "Saving as a share of what was used before",
        ),
        RECOMMENDATIONS["energy_source"],
        number(
            "co2e_kg_yr",
            "kg/yr",
            "CO2e evitado: solo CO2, sin metano ni óxido nitroso",
            "CO2e avoided: CO2 only, without methane and nitrous oxide",
        ),
        whole("factor_year", "Año del factor de la red", "Year of the grid's factor"),
        RECOMMENDATIONS["financing"],
        RECOMMENDATIONS["loan_id"],
        text("notes", "Lo que no se pudo calcular, y por qué", "What could not be computed, and why"),
    ),
)

BRANCH_MEASURES = Table(
    "branch_measures",
    (
        *_BRANCH,
        text(
            "quantity",
            "Qué se mide: inversión, ahorro, retorno, recurso o contaminante evitado",
            "What is measured: investment, saving, payback, resource or pollutant avoided",
        ),
        whole("measures", "Medidas de que se conoce", "Measures of which it is known"),
        number("median", "", "Mediana", "Median"),
        number("low", "", "Menor", "Least"),
        number("high", "", "Mayor", "Most"),
        choice(
            "enough",
            ("yes", "no"),
            "Si son tres o más; con menos no hay patrón",
            "Whether they are three or more; fewer show no pattern",
        ),
    ),
)

_OF_LOAN = (LOANS["loan_id"], MSME_ID, BASIN_ID, LOANS["lender"])

CREDIT = Table(
    "credit",
    (
        *_OF_LOAN,
        LOANS["loan_status"],
        choice(
            "lent",
            ("yes", "no"),
            "Si se desembolsó; lo solicitado, aprobado o denegado no cuenta",
            "Whether it was paid out; what was requested, approved or denied does not count",
        ),
        _DOLLARS_OF,
        *(LOANS[name] for name in ("amount_usd", "outstanding_usd", "rate_pct_yr", "term_months")),
        whole("measures", "Medidas que financió y que cuentan", "Measures financed that count"),
        RECOMMENDATIONS["investment_usd"],
        RECOMMENDATIONS["saving_usd_yr"],
        number("service_usd_yr", "USD/yr", "Cuotas de un año", "Instalments of one year"),
        number(
            "cover",
            "",
            "Ahorro entre cuotas: desde 1, la medida paga su préstamo",
            "Saving over instalments: from 1 on, the measure pays its loan",
        ),
        text("notes", "Lo que no se pudo calcular, y por qué", "What could not be computed, and why"),
    ),
)

LOAN_COSTS = Table(
    "loan_costs",
    (
        text(
            "loan_id",
            "Préstamo; en blanco, todos los de la cuenca",
            "Loan; blank, all those of the watershed",
        ),
        BASIN_ID,
        text(
            "quantity", "Contaminante evitado en kg, o agua en m³", "Pollutant avoided in kg, or water in m³"
        ),
        whole("loans", "Préstamos de que se conoce", "Loans of which it is known"),
        number("amount_usd", "USD", "Lo prestado", "Amount lent"),
        number("avoided", "", "Lo evitado en la vida útil, kg o m³", "Avoided over the lifetime, kg or m³"),
        number(
            "usd_per_unit",
            "USD",
            "Dólares prestados por kg o m³; el monto entero se compara con cada cantidad, no se suman",
            "Dollars lent per kg or m³; the whole amount is set against each quantity, they do not add up",
        ),
    ),
)

PORTFOLIO = Table(
    "portfolio",
    (
        BASIN_ID,
        whole("loans", "Préstamos desembolsados", "Loans paid out"),
        LOANS["amount_usd"],
        LOANS["outstanding_usd"],
        number("in_arrears_usd", "USD", "Saldo en mora o castigado", "Balance in arrears or written off"),
        whole("measures", "Medidas que financió y que cuentan", "Measures financed that count"),
        RECOMMENDATIONS["saving_usd_yr"],
    ),
)

LEND_NEXT = Table(
    "lend_next",
    (
        whole("place", "Lugar en la lista", "Place on the list"),
        RECOMMENDATIONS["recommendation_id"],
        MSME_ID,
        BASIN_ID,
        *_BRANCH,
        RECOMMENDATIONS["status"],
        RECOMMENDATIONS["investment_usd"],
        number("score", "", "Puntaje, de 0 a 1", "Score, 0 to 1", low=0, high=1),
        text("pollutant", "Contaminante de la carga", "Pollutant of the load"),
        number(
            "residual_kg_yr",
            "kg/yr",
            "Carga que aún vierte la empresa",
            "Load that the firm still discharges",
        ),
        number("delivered_share", "", "Parte que llega a la salida", "Share that arrives at the outlet"),
        number("payback_years", "yr", "Retorno simple", "Simple payback", low=0),
        choice(
            "payback_from",
            ("own", "branch", "programme"),
            "De dónde sale el retorno: la medida misma, su rama o todo el programa",
            "Where the payback comes from: the measure itself, its branch or the whole programme",
        ),
        number("probability", "", "Probabilidad de la cuenca", "Probability of the watershed"),
        EVIDENCE_GRADE,
        number(
            "range_pct",
            "%",
            "La mitad del rango del 90 % de la reducción, respecto de la carga que aún vierte",
            "Half of the 90 % range of the reduction, as a part of the load still discharged",
        ),
        *(
            number(f"{part}_points", "", f"Puntos por {es}, de 0 a 1", f"Points for {en}, 0 to 1")
            for part, es, en in (
                ("load", "carga", "load"),
                ("delivery", "llegada", "delivery"),
                ("payback", "retorno", "payback"),
                (
                    "confidence",
                    "certeza: cuenca x evidencia x rango",
                    "confidence: watershed x evidence x range",
                ),
            )
        ),
        number("known_weight", "", "Peso de lo que se conoce", "Weight of what is known"),
    ),
)

CONSULTANT_MATCHES = Table(
    "consultant_matches",
    (
        RECOMMENDATIONS["recommendation_id"],
        MSME_ID,
        BASIN_ID,
        RECOMMENDATIONS["resource"],
        CONSULTANTS["consultant_id"],
        CONSULTANTS["name"],
        number("distance_km", "km", "Distancia a la empresa", "Distance to the firm", low=0),
        choice(
            "knows_branch", ("yes", "no"), "Si conoce la rama (división CIIU)", "Whether it knows the branch"
        ),
    ),
)

CONSULTANT_COVERAGE = Table(
    "consultant_coverage",
    (
        BASIN_ID,
        RECOMMENDATIONS["resource"],
        whole("open_measures", "Medidas por realizar", "Measures yet to be carried out"),
        whole("covered_measures", "Con un consultor apto y cerca", "With a fit consultant near"),
        whole("consultants", "Consultores aptos y cerca", "Fit consultants near"),
        choice("gap", ("yes", "no"), "Si falta quien las atienda", "Whether some have nobody near"),
    ),
)
