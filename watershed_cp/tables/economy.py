"""The tables that a run writes about measures, their money and who pays for them."""

from __future__ import annotations

from watershed_cp.tables.columns import BASIN_ID, COUNTRY, MSME_ID, Table, choice, number, text, whole
from watershed_cp.tables.inputs import RECOMMENDATIONS

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
SAVINGS = (
    number("water_m3_yr", "m3/yr", "Agua ahorrada", "Water saved"),
    number("energy_kwh_yr", "kWh/yr", "Energía ahorrada", "Energy saved"),
    number("materials_kg_yr", "kg/yr", "Materiales ahorrados", "Materials saved"),
    number("waste_kg_yr", "kg/yr", "Residuos evitados", "Waste avoided"),
)

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
        *SAVINGS,
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
