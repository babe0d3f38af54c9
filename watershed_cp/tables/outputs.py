"""The tables that a run writes."""

from __future__ import annotations

from watershed_cp.tables.columns import BASIN_ID, EVIDENCE, MSME_ID, Table, choice, date, number, text, whole
from watershed_cp.tables.economy import (
    BRANCH_MEASURES,
    CONSULTANT_COVERAGE,
    CONSULTANT_MATCHES,
    CREDIT,
    LEND_NEXT,
    LOAN_COSTS,
    MEASURES,
    PORTFOLIO,
)
from watershed_cp.tables.inputs import MSMES
from watershed_cp.tables.monitoring import COMPLIANCE, NEXT_INSPECTIONS, RANKING

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

_RELEASED = number("released_kg_yr", "kg/yr", "Carga vertida", "Load released")
_DELIVERED = (
    number(
        "delivered_kg_yr",
        "kg/yr",
        "Carga que llega, con degradación de primer orden en el camino; vacía donde no hay tasa con fuente",
        "Load that arrives, with first-order decay on the way; blank where no rate has a source",
    ),
    number("delivered_low_kg_yr", "kg/yr", "Carga que llega, extremo bajo", "Load that arrives, low end"),
    number("delivered_high_kg_yr", "kg/yr", "Carga que llega, extremo alto", "Load that arrives, high end"),
)

ASSIGNMENTS = Table(
    "assignments",
    (
        MSME_ID,
        number(
            "longitude",
            "degrees",
            "Longitud del punto que decide (WGS 84)",
            "Longitude of the deciding point (WGS 84)",
        ),
        number(
            "latitude",
            "degrees",
            "Latitud del punto que decide (WGS 84)",
            "Latitude of the deciding point (WGS 84)",
        ),
        number("location_accuracy_m", "m", "Exactitud de la ubicación", "Accuracy of the location"),
        BASIN_ID,
        choice(
            "status",
            ("inside", "outside", "unlocated"),
            "Dentro de una cuenca, fuera, o sin ubicación",
            "Inside a watershed, outside, or not located",
        ),
        choice(
            "confidence",
            ("sure", "likely", "ambiguous"),
            "Segura (0.95 o más), probable (0.75 o más), dudosa",
            "Sure (0.95 or more), likely (0.75 or more), ambiguous",
        ),
        number(
            "probability", "", "Probabilidad de la asignación", "Probability of the assignment", low=0, high=1
        ),
        number(
            "distance_to_divide_m",
            "m",
            "Distancia a la divisoria, positiva adentro, negativa afuera",
            "Distance to the divide, positive inside, negative outside",
        ),
        text("nearest_basin_id", "Cuenca más cercana", "Nearest watershed"),
        text(
            "repairs", "Lo que se corrigió o decidió al ubicarla", "What was mended or decided in placing it"
        ),
    ),
)

BASIN_PROBABILITIES = Table(
    "basin_probabilities",
    (
        MSME_ID,
        BASIN_ID,
        number(
            "probability",
            "",
            "Probabilidad de que la empresa esté en la cuenca; sin cuenca: fuera de todas",
            "Probability that the firm is in the watershed; without one: outside all of them",
            low=0,
            high=1,
        ),
    ),
)

NEARBY = Table(
    "nearby",
    (
        *MSMES.columns,
        choice(
            "size_class",
            ("", "micro", "small", "medium"),
            "Tamaño según la ley del país, por personas empleadas",
            "Size by the country's law, by people employed",
        ),
        text("near", "Cerca de qué: cuenca, río o lugar", "Near what: watershed, river or place"),
        number(
            "distance_m",
            "m",
            "Distancia, 0 dentro de la cuenca",
            "Distance, 0 inside the watershed",
            low=0,
        ),
        BASIN_ID,
        *(ASSIGNMENTS[name] for name in ("status", "confidence", "probability")),
        choice(
            "placed_by",
            ("", "coordinates", "discharge", "correction", "address", "municipality"),
            "Cómo se ubicó",
            "How it was placed",
        ),
        choice(
            "reason",
            (
                "no_coordinates",
                "half_coordinates",
                "unreadable",
                "zero",
                "off_earth",
                "ambiguous",
                "elsewhere",
                "swapped",
                "municipality_unclear",
                "undecided",
                "repeated",
            ),
            "Por qué no se pudo ubicar",
            "Why it could not be placed",
        ),
        text("explanation", "Por qué no se pudo ubicar", "Why it could not be placed"),
        text("sub_basin_1", "Subcuenca, nivel 1", "Sub-basin, level 1"),
        text("sub_basin_2", "Subcuenca, nivel 2", "Sub-basin, level 2"),
        text("repairs", "Lo que se corrigió al leerla", "What was mended in reading it"),
        text("source_file", "Archivo", "File"),
        text("source_sheet", "Hoja", "Sheet"),
        whole("source_row", "Fila", "Row"),
    ),
)

BASIN_LOADS = Table(
    "basin_loads",
    (
        BASIN_ID,
        text("basin_name", "Nombre de la cuenca", "Name of the watershed"),
        text("pollutant", "Contaminante", "Pollutant"),
        whole("msmes", "Empresas con reducción acreditada", "Firms with a credited reduction"),
        number("baseline_kg_yr", "kg/yr", "Carga de línea base", "Baseline load"),
        number("follow_up_kg_yr", "kg/yr", "Carga de seguimiento", "Follow-up load"),
        number("reduction_kg_yr", "kg/yr", "Reducción acreditada", "Credited reduction"),
        number("reduction_low_kg_yr", "kg/yr", "Reducción, extremo bajo", "Reduction, low end"),
        number("reduction_high_kg_yr", "kg/yr", "Reducción, extremo alto", "Reduction, high end"),
        number(
            "expected_reduction_kg_yr",
            "kg/yr",
            "Reducción esperada por probabilidad",
            "Reduction expected by probability",
        ),
        number("reduction_pct", "%", "Reducción sobre la línea base", "Reduction relative to the baseline"),
    ),
)

PUBLIC_LOADS = Table(
    "public_loads",
    (
        text(
            "level",
            "Nivel: todo el programa (programme), cuenca (basin_id) o subcuenca",
            "Level: whole programme (programme), watershed (basin_id) or sub-basin",
        ),
        text("place", "Identificador del lugar", "Identifier of the place"),
        text("basin_name", "Nombre del lugar o de su río", "Name of the place or of its river"),
        *(column for column in BASIN_LOADS.columns[2:] if not column.name.startswith("expected")),
        choice(
            "kept_back",
            ("few", "dominated", "beside"),
            "Por qué no se publica: pocas empresas, una sola domina, o protege al lugar vecino",
            "Why it is not published: few firms, one of them dominates, or it protects a place beside it",
        ),
    ),
)

TOTALS = Table(
    "totals",
    (
        text("dimension", "Por qué se suma", "What it is added up by"),
        text(
            "value",
            "De cuál; en blanco lo que no se sabe y, por cuenca, lo esperado fuera de todas",
            "Of which one; blank is what is not known and, by watershed, what is expected outside all of them",
        ),
        text("pollutant", "Contaminante", "Pollutant"),
        *BASIN_LOADS.columns[3:10],
        number(
            "weighted_reduction_pct",
            "%",
            "Todo lo evitado sobre todo lo que había: porcentaje ponderado",
            "All that was avoided over all that there was: the weighted percentage",
        ),
        number(
            "mean_reduction_pct",
            "%",
            "Promedio simple de los porcentajes de las empresas",
            "Simple mean of the firms' own percentages",
        ),
        number(
            "population_equivalents",
            "inhabitants",
            "Habitantes equivalentes: 60 g de DBO5 por persona y día",
            "Population equivalents: 60 g of BOD5 a person and day",
        ),
        number("reduction_kg_yr_km2", "kg/yr/km2", "Reducción por área", "Reduction per area"),
    ),
)

RANGE_SHARES = Table(
    "range_shares",
    (
        text("pollutant", "Contaminante", "Pollutant"),
        text("msme_id", "Empresa cuya carga conviene medir primero", "Firm whose load to measure first"),
        BASIN_ID,
        number("reduction_kg_yr", "kg/yr", "Reducción acreditada", "Credited reduction"),
        number("range_kg_yr", "kg/yr", "Ancho de su rango de 90 %", "Width of its 90 % range"),
        number(
            "share_pct",
            "%",
            "Parte de la incertidumbre del total del contaminante en el programa",
            "Share of the uncertainty of the pollutant's total over the programme",
        ),
        number(
            "basin_share_pct",
            "%",
            "Parte de la incertidumbre del total del contaminante en su cuenca",
            "Share of the uncertainty of the pollutant's total in its watershed",
        ),
    ),
)

DOUBLES = Table(
    "doubles",
    (
        text("pollutant", "Contaminante", "Pollutant"),
        choice(
            "rule",
            ("same_firm", "same_measure", "same_amount"),
            "Por qué puede ser lo mismo",
            "Why the two may be one",
        ),
        MSME_ID,
        text("rows", "Filas de su seguimiento", "Rows of its follow-up"),
        number("reduction_kg_yr", "kg/yr", "Su reducción acreditada", "Its credited reduction"),
        text("other_msme_id", "La otra empresa", "The other firm"),
        text("other_rows", "Filas de la otra", "Rows of the other"),
        number(
            "other_reduction_kg_yr",
            "kg/yr",
            "Reducción acreditada de la otra",
            "Credited reduction of the other",
        ),
        number(
            "at_stake_kg_yr",
            "kg/yr",
            "Lo que se contaría dos veces si son lo mismo: la menor de las dos, sin signo",
            "What would count twice if the two are one: the smaller of them, without its sign",
        ),
    ),
)

LEDGER = Table(
    "ledger",
    (
        MSME_ID,
        text("pollutant", "Contaminante", "Pollutant"),
        text("basin_id", "Cuenca que recibe el crédito", "Watershed that is credited"),
        choice("fate", FATES, "Destino de la fila", "Fate of the row"),
        text("reason", "Por qué tiene ese destino", "Why it has that fate"),
        number("baseline_kg_yr", "kg/yr", "Carga de línea base", "Baseline load"),
        number("follow_up_kg_yr", "kg/yr", "Carga de seguimiento", "Follow-up load"),
        number("reduction_kg_yr", "kg/yr", "Reducción", "Reduction"),
        number("reduction_low_kg_yr", "kg/yr", "Reducción, extremo bajo", "Reduction, low end"),
        number("reduction_high_kg_yr", "kg/yr", "Reducción, extremo alto", "Reduction, high end"),
        choice("evidence", EVIDENCE, "Evidencia de A a E", "Evidence from A to E"),
        number(
            "standard_uncertainty_kg_yr",
            "kg/yr",
            "Incertidumbre típica de la reducción",
            "Standard uncertainty of the reduction",
        ),
        date("date", "Fecha del seguimiento", "Date of the follow-up"),
        text(
            "baseline_rows",
            "Filas de la línea base (identificador o fila)",
            "Rows of the baseline (identifier or row)",
        ),
        text(
            "follow_up_rows",
            "Filas del seguimiento (identificador o fila)",
            "Rows of the follow-up (identifier or row)",
        ),
        text("equation", "Cuenta con sus números", "The sum with its numbers"),
        number(
            "normalised_reduction_kg_yr",
            "kg/yr",
            "Reducción a producción igual (la del seguimiento)",
            "Reduction at equal output (that of the follow-up)",
        ),
        text("recommendation_id", "Recomendación que la explica", "Recommendation behind it"),
        text("flags", "Avisos para revisar; avisar no quita la fila", "What to check; a flag drops nothing"),
    ),
)

CHANGES = Table(
    "changes",
    (
        MSME_ID,
        text("pollutant", "Contaminante", "Pollutant"),
        choice(
            "change",
            ("new", "gone", "new_fate", "moved_basin", "value_changed", "rule_changed", "moved_place"),
            "Qué cambió",
            "What changed",
        ),
        *(
            column
            for side, es, en in (("before", "antes", "before"), ("after", "después", "after"))
            for column in (
                choice(f"fate_{side}", FATES, f"Destino {es}", f"Fate {en}"),
                text(f"basin_id_{side}", f"Cuenca {es}", f"Watershed {en}"),
                number(f"reduction_{side}_kg_yr", "kg/yr", f"Reducción {es}", f"Reduction {en}"),
            )
        ),
        number(
            "credited_change_kg_yr",
            "kg/yr",
            "Cambio de lo acreditado en el programa",
            "Change of what is credited over the programme",
        ),
        number(
            "moved_m",
            "m",
            "Lo que se movió la ubicación de la empresa; sin fin si antes o después no se conoce",
            "How far the firm's place moved; infinite if it is not known before or after",
            low=0,
        ),
        LEDGER["baseline_rows"],
        LEDGER["follow_up_rows"],
    ),
)

LEDGER_SUMMARY = Table(
    "ledger_summary",
    (
        text("pollutant", "Contaminante", "Pollutant"),
        choice("fate", FATES, "Destino", "Fate"),
        whole("rows", "Filas del registro", "Ledger rows"),
        number("reduction_kg_yr", "kg/yr", "Reducción", "Reduction"),
    ),
)

COURSE = Table(
    "course",
    (
        choice(
            "kind",
            ("river", "lake", "town", "basin", "municipality", "end"),
            "Río, lago, lugar, cuenca, municipio, o el final del recorrido",
            "River, lake, town, watershed, municipality, or the end of the course",
        ),
        text("name", "Nombre", "Name"),
        number("at_km", "km", "Distancia hasta donde el agua llega a él", "Way until the water meets it"),
        number("length_km", "km", "Recorrido por él", "Way along or through it"),
        text("pollutant", "Contaminante", "Pollutant"),
        _RELEASED,
        *_DELIVERED,
    ),
)

DELIVERED_LOADS = Table(
    "delivered_loads",
    (
        BASIN_ID,
        text("basin_name", "Nombre de la cuenca", "Name of the watershed"),
        text("pollutant", "Contaminante", "Pollutant"),
        choice(
            "place",
            ("outlet", "end"),
            "Adónde llega: la salida de la cuenca, o el final de su agua (el mar, o la represa)",
            "Where it arrives: the outlet of the watershed, or the end of its water (the sea, or the dam)",
        ),
        whole("msmes", "Empresas con reducción acreditada", "Firms with a credited reduction"),
        number(
            "reduction_kg_yr",
            "kg/yr",
            "Reducción acreditada, donde se vierte",
            "Credited reduction, where it is released",
        ),
        *_DELIVERED,
    ),
)

BASINS = Table(
    "basins",
    (
        text("name_es", "Nombre en español", "Name in Spanish"),
        text("name_en", "Nombre en inglés", "Name in English"),
        text(
            "countries",
            "Países que toca, códigos ISO separados por espacio",
            "Countries it touches, ISO codes, spaces between",
        ),
        number("area_km2", "km2", "Área de este contorno", "Area of this outline"),
        number("published_area_km2", "km2", "Área publicada", "Published area"),
        text("published_source", "Fuente del área publicada", "Source of the published area"),
        number("outlet_longitude", "degrees", "Longitud de la salida", "Longitude of the outlet"),
        number("outlet_latitude", "degrees", "Latitud de la salida", "Latitude of the outlet"),
        number("accuracy_m", "m", "Exactitud del contorno", "Accuracy of the outline", low=0),
        text("method", "Cómo se obtuvo", "How it was made"),
        text("credit", "Crédito", "Credit"),
    ),
)

OUTPUTS = (
    ASSIGNMENTS,
    BASIN_PROBABILITIES,
    NEARBY,
    BASIN_LOADS,
    TOTALS,
    RANGE_SHARES,
    DELIVERED_LOADS,
    DOUBLES,
    COMPLIANCE,
    NEXT_INSPECTIONS,
    RANKING,
    CHANGES,
    LEDGER,
    LEDGER_SUMMARY,
    MEASURES,
    BRANCH_MEASURES,
    CREDIT,
    LOAN_COSTS,
    PORTFOLIO,
    LEND_NEXT,
    CONSULTANT_MATCHES,
    CONSULTANT_COVERAGE,
)
