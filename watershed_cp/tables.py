"""The columns of every table: name, kind, unit and meaning, declared once.

This one declaration feeds reading, validation, the written tables, the sheet that explains the columns and
the documentation, so that they cannot disagree. Header aliases (``DBO``, ``Municipio`` …) are reference data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watershed_cp.errors import Text

Kind = Literal["text", "number", "whole", "date", "choice"]

COUNTRIES = ("SV", "GT", "HN", "PA")
EVIDENCE = ("A", "B", "C", "D", "E")
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


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Name in code and in every written table; carries the unit where there is one.
    kind : {"text", "number", "whole", "date", "choice"}
        What a cell holds.
    meaning : Text
        What it means, in Spanish and English.
    unit : str
        Unit of a number, empty for the dimensionless and for text.
    required : bool
        Whether a row without it is at fault.
    choices : tuple of str
        The accepted values of a choice.
    minimum, maximum : float or None
        Range of a number, bounds included.
    """

    name: str
    kind: Kind
    meaning: Text
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """A table of the contract: its name and its columns in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """Give the column called `name`."""
        return next(column for column in self.columns if column.name == name)


def _text(name: str, es: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "text", Text(es, en), required=required)


def _number(
    name: str,
    unit: str,
    es: str,
    en: str,
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> Column:
    return Column(name, "number", Text(es, en), unit, required, minimum=low, maximum=high)


def _whole(name: str, es: str, en: str, *, high: float | None = None) -> Column:
    return Column(name, "whole", Text(es, en), minimum=0, maximum=high)


def _date(name: str, es: str, en: str) -> Column:
    return Column(name, "date", Text(es, en))


def _choice(name: str, choices: tuple[str, ...], es: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "choice", Text(es, en), required=required, choices=choices)


_MSME_ID = _text(
    "msme_id", "Identificador único de la empresa", "Unique identifier of the firm", required=True
)
_BASIN_ID = _text("basin_id", "Identificador de la cuenca", "Identifier of the watershed")
_POLLUTANT = _text(
    "pollutant", "Contaminante, por código o nombre", "Pollutant, by code or name", required=True
)
_EVIDENCE = _choice(
    "evidence",
    EVIDENCE,
    "Evidencia: A medición verificada, B medición, C cálculo, D estimación, E sin documentar",
    "Evidence: A verified measurement, B measurement, C engineering calculation, D estimate, E undocumented",
)
_SYNTHETIC = _choice(
    "synthetic",
    ("yes", "no"),
    "Si la fila es sintética (inventada)",
    "Whether the row is synthetic (made up)",
)
_COUNTRY = _choice(
    "country", COUNTRIES, "País (código ISO de dos letras)", "Country (ISO code of two letters)"
)

_RELEASED = _number("released_kg_yr", "kg/yr", "Carga vertida", "Load released")
_DELIVERED = (
    _number(
        "delivered_kg_yr",
        "kg/yr",
        "Carga que llega, con degradación de primer orden en el camino; vacía donde no hay tasa con fuente",
        "Load that arrives, with first-order decay on the way; blank where no rate has a source",
    ),
    _number("delivered_low_kg_yr", "kg/yr", "Carga que llega, extremo bajo", "Load that arrives, low end"),
    _number("delivered_high_kg_yr", "kg/yr", "Carga que llega, extremo alto", "Load that arrives, high end"),
)

MSMES = Table(
    "msmes",
    (
        _MSME_ID,
        _text("name", "Nombre de la empresa", "Name of the firm"),
        _COUNTRY,
        _text("department", "Departamento o provincia", "Department or province"),
        _text("municipality", "Municipio o distrito", "Municipality or district"),
        _text("address", "Dirección", "Address"),
        _text("ciiu", "Código CIIU Rev. 4", "ISIC Rev. 4 code"),
        _whole("employees", "Personas empleadas", "People employed"),
        _number("latitude", "degrees", "Latitud (WGS 84)", "Latitude (WGS 84)", low=-90, high=90),
        _number("longitude", "degrees", "Longitud (WGS 84)", "Longitude (WGS 84)", low=-180, high=180),
        _text("coordinates", "Coordenadas como texto libre", "Coordinates as free text"),
        _text("crs", "Sistema de coordenadas, si no es WGS 84", "Coordinate system, if not WGS 84"),
        _number(
            "location_accuracy_m",
            "m",
            "Exactitud de la ubicación",
            "Accuracy of the location",
            low=0,
            high=1e6,
        ),
        _number(
            "discharge_latitude",
            "degrees",
            "Latitud de la descarga",
            "Latitude of the discharge",
            low=-90,
            high=90,
        ),
        _number(
            "discharge_longitude",
            "degrees",
            "Longitud de la descarga",
            "Longitude of the discharge",
            low=-180,
            high=180,
        ),
        _choice(
            "discharge_to",
            ("river", "lake", "sea", "sewer", "soil", "none"),
            "Adónde descarga: río, lago, mar, alcantarillado, suelo o ninguno",
            "Where it discharges: river, lake, sea, sewer, soil or none",
        ),
        _number(
            "sewer_removal_pct",
            "%",
            "Lo que remueve la planta al final del alcantarillado",
            "What the plant at the end of the sewer removes",
            low=0,
            high=100,
        ),
        _SYNTHETIC,
    ),
)

AUDITS = Table(
    "audits",
    (
        _text("audit_id", "Identificador de la auditoría", "Identifier of the audit row"),
        _MSME_ID,
        _POLLUTANT,
        _choice(
            "phase",
            ("baseline", "follow_up"),
            "Fase: línea base o seguimiento",
            "Phase: baseline or follow-up",
            required=True,
        ),
        _date("date", "Fecha de la medición", "Date of the measurement"),
        _number("value", "", "Valor medido", "Measured value", required=True, low=0),
        _choice(
            "qualifier",
            ("<", ">"),
            "< bajo el límite, > sobre el rango",
            "< below the limit, > above the range",
        ),
        _text("unit", "Unidad del valor", "Unit of the value", required=True),
        _number("flow", "", "Caudal", "Flow", low=0),
        _text("flow_unit", "Unidad del caudal", "Unit of the flow"),
        _number(
            "operating_days_per_year",
            "d/yr",
            "Días de operación al año",
            "Operating days per year",
            low=0,
            high=366,
        ),
        _number("production", "", "Producción en el período", "Output in the period", low=0),
        _text("production_unit", "Unidad de la producción", "Unit of the output"),
        _number(
            "relative_uncertainty",
            "",
            "Incertidumbre relativa (0.1 = 10 %)",
            "Relative uncertainty (0.1 = 10 %)",
            low=0,
        ),
        _EVIDENCE,
        _text("verified_by", "Quién verificó", "Who verified it"),
        _text("recommendation_id", "Recomendación que lo explica", "Recommendation behind it"),
        _SYNTHETIC,
    ),
)

REDUCTIONS = Table(
    "reductions",
    (
        _text("reduction_id", "Identificador de la reducción", "Identifier of the reduction"),
        _MSME_ID,
        _POLLUTANT,
        _number("value", "", "Reducción", "Reduction", required=True),
        _text("unit", "Unidad (masa por tiempo)", "Unit (mass per time)", required=True),
        _date("date", "Fecha", "Date"),
        _EVIDENCE,
        _SYNTHETIC,
    ),
)

RECOMMENDATIONS = Table(
    "recommendations",
    (
        _text(
            "recommendation_id",
            "Identificador de la recomendación",
            "Identifier of the recommendation",
            required=True,
        ),
        _MSME_ID,
        _text("measure", "Medida de producción más limpia", "Cleaner-production measure"),
        _text("category", "Categoría de la medida", "Category of the measure"),
        _choice(
            "resource",
            ("water", "energy", "materials", "waste"),
            "Recurso que ahorra: agua, energía, materiales o residuos",
            "Resource it saves: water, energy, materials or waste",
        ),
        _choice(
            "status",
            ("recommended", "accepted", "implemented", "verified", "lapsed", "rejected"),
            "Estado: recomendada, aceptada, implementada, verificada, abandonada o rechazada",
            "Status: recommended, accepted, implemented, verified, lapsed or rejected",
            required=True,
        ),
        _date("date_recommended", "Fecha de la recomendación", "Date of the recommendation"),
        _date("date_implemented", "Fecha de implementación", "Date of implementation"),
        _number("lifetime_years", "yr", "Vida útil de la medida", "Lifetime of the measure", low=0),
        _number("investment_usd", "USD", "Inversión", "Investment", low=0),
        _number("saving_usd_yr", "USD/yr", "Ahorro anual", "Yearly saving"),
        _number("saving", "", "Ahorro del recurso", "Saving of the resource"),
        _text("saving_unit", "Unidad del ahorro", "Unit of the saving"),
        _number(
            "baseline_use",
            "",
            "Uso del recurso antes de la medida",
            "Use of the resource before the measure",
            low=0,
        ),
        _text("loan_id", "Préstamo que la financió", "Loan that financed it"),
        _SYNTHETIC,
    ),
)

ASSIGNMENTS = Table(
    "assignments",
    (
        _MSME_ID,
        _number(
            "longitude",
            "degrees",
            "Longitud del punto que decide (WGS 84)",
            "Longitude of the deciding point (WGS 84)",
        ),
        _number(
            "latitude",
            "degrees",
            "Latitud del punto que decide (WGS 84)",
            "Latitude of the deciding point (WGS 84)",
        ),
        _number("location_accuracy_m", "m", "Exactitud de la ubicación", "Accuracy of the location"),
        _BASIN_ID,
        _choice(
            "status",
            ("inside", "outside", "unlocated"),
            "Dentro de una cuenca, fuera, o sin ubicación",
            "Inside a watershed, outside, or not located",
        ),
        _choice(
            "confidence",
            ("sure", "likely", "ambiguous"),
            "Segura (0.95 o más), probable (0.75 o más), dudosa",
            "Sure (0.95 or more), likely (0.75 or more), ambiguous",
        ),
        _number(
            "probability", "", "Probabilidad de la asignación", "Probability of the assignment", low=0, high=1
        ),
        _number(
            "distance_to_divide_m",
            "m",
            "Distancia a la divisoria, positiva adentro, negativa afuera",
            "Distance to the divide, positive inside, negative outside",
        ),
        _text("nearest_basin_id", "Cuenca más cercana", "Nearest watershed"),
        _text(
            "repairs", "Lo que se corrigió o decidió al ubicarla", "What was mended or decided in placing it"
        ),
    ),
)

BASIN_PROBABILITIES = Table(
    "basin_probabilities",
    (
        _MSME_ID,
        _BASIN_ID,
        _number(
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
        _choice(
            "size_class",
            ("", "micro", "small", "medium"),
            "Tamaño según la ley del país, por personas empleadas",
            "Size by the country's law, by people employed",
        ),
        _text("near", "Cerca de qué: cuenca, río o lugar", "Near what: watershed, river or place"),
        _number(
            "distance_m",
            "m",
            "Distancia, 0 dentro de la cuenca",
            "Distance, 0 inside the watershed",
            low=0,
        ),
        _BASIN_ID,
        _choice(
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
                "repeated",
            ),
            "Por qué no se pudo ubicar",
            "Why it could not be placed",
        ),
        _text("explanation", "Por qué no se pudo ubicar", "Why it could not be placed"),
        _text("sub_basin_1", "Subcuenca, nivel 1", "Sub-basin, level 1"),
        _text("sub_basin_2", "Subcuenca, nivel 2", "Sub-basin, level 2"),
        _text("repairs", "Lo que se corrigió al leerla", "What was mended in reading it"),
        _text("source_file", "Archivo", "File"),
        _text("source_sheet", "Hoja", "Sheet"),
        _whole("source_row", "Fila", "Row"),
    ),
)

BASIN_LOADS = Table(
    "basin_loads",
    (
        _BASIN_ID,
        _text("basin_name", "Nombre de la cuenca", "Name of the watershed"),
        _text("pollutant", "Contaminante", "Pollutant"),
        _whole("msmes", "Empresas con reducción acreditada", "Firms with a credited reduction"),
        _number("baseline_kg_yr", "kg/yr", "Carga de línea base", "Baseline load"),
        _number("follow_up_kg_yr", "kg/yr", "Carga de seguimiento", "Follow-up load"),
        _number("reduction_kg_yr", "kg/yr", "Reducción acreditada", "Credited reduction"),
        _number("reduction_low_kg_yr", "kg/yr", "Reducción, extremo bajo", "Reduction, low end"),
        _number("reduction_high_kg_yr", "kg/yr", "Reducción, extremo alto", "Reduction, high end"),
        _number(
            "expected_reduction_kg_yr",
            "kg/yr",
            "Reducción esperada por probabilidad",
            "Reduction expected by probability",
        ),
        _number("reduction_pct", "%", "Reducción sobre la línea base", "Reduction relative to the baseline"),
    ),
)

PUBLIC_LOADS = Table(
    "public_loads",
    (
        _text(
            "level",
            "Nivel: todo el programa (programme), cuenca (basin_id) o subcuenca",
            "Level: whole programme (programme), watershed (basin_id) or sub-basin",
        ),
        _text("place", "Identificador del lugar", "Identifier of the place"),
        _text("basin_name", "Nombre del lugar o de su río", "Name of the place or of its river"),
        *(column for column in BASIN_LOADS.columns[2:] if not column.name.startswith("expected")),
        _choice(
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
        _text("dimension", "Por qué se suma", "What it is added up by"),
        _text(
            "value",
            "De cuál; en blanco lo que no se sabe y, por cuenca, lo esperado fuera de todas",
            "Of which one; blank is what is not known and, by watershed, what is expected outside all of them",
        ),
        _text("pollutant", "Contaminante", "Pollutant"),
        *BASIN_LOADS.columns[3:10],
        _number(
            "weighted_reduction_pct",
            "%",
            "Todo lo evitado sobre todo lo que había: porcentaje ponderado",
            "All that was avoided over all that there was: the weighted percentage",
        ),
        _number(
            "mean_reduction_pct",
            "%",
            "Promedio simple de los porcentajes de las empresas",
            "Simple mean of the firms' own percentages",
        ),
        _number(
            "population_equivalents",
            "",
            "Habitantes equivalentes: 60 g de DBO5 por persona y día",
            "Population equivalents: 60 g of BOD5 a person and day",
        ),
        _number("reduction_kg_yr_km2", "kg/yr/km2", "Reducción por área", "Reduction per area"),
    ),
)

RANGE_SHARES = Table(
    "range_shares",
    (
        _text("pollutant", "Contaminante", "Pollutant"),
        _text("msme_id", "Empresa cuya carga conviene medir primero", "Firm whose load to measure first"),
        _BASIN_ID,
        _number("reduction_kg_yr", "kg/yr", "Reducción acreditada", "Credited reduction"),
        _number("range_kg_yr", "kg/yr", "Ancho de su rango de 90 %", "Width of its 90 % range"),
        _number(
            "share_pct",
            "%",
            "Parte de la incertidumbre del total del contaminante en el programa",
            "Share of the uncertainty of the pollutant's total over the programme",
        ),
        _number(
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
        _text("pollutant", "Contaminante", "Pollutant"),
        _choice(
            "rule",
            ("same_firm", "same_measure", "same_amount"),
            "Por qué puede ser lo mismo",
            "Why the two may be one",
        ),
        _MSME_ID,
        _text("rows", "Filas de su seguimiento", "Rows of its follow-up"),
        _number("reduction_kg_yr", "kg/yr", "Su reducción acreditada", "Its credited reduction"),
        _text("other_msme_id", "La otra empresa", "The other firm"),
        _text("other_rows", "Filas de la otra", "Rows of the other"),
        _number(
            "other_reduction_kg_yr",
            "kg/yr",
            "Reducción acreditada de la otra",
            "Credited reduction of the other",
        ),
        _number(
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
        _MSME_ID,
        _text("pollutant", "Contaminante", "Pollutant"),
        _text("basin_id", "Cuenca que recibe el crédito", "Watershed that is credited"),
        _choice("fate", FATES, "Destino de la fila", "Fate of the row"),
        _text("reason", "Por qué tiene ese destino", "Why it has that fate"),
        _number("baseline_kg_yr", "kg/yr", "Carga de línea base", "Baseline load"),
        _number("follow_up_kg_yr", "kg/yr", "Carga de seguimiento", "Follow-up load"),
        _number("reduction_kg_yr", "kg/yr", "Reducción", "Reduction"),
        _number("reduction_low_kg_yr", "kg/yr", "Reducción, extremo bajo", "Reduction, low end"),
        _number("reduction_high_kg_yr", "kg/yr", "Reducción, extremo alto", "Reduction, high end"),
        _choice("evidence", EVIDENCE, "Evidencia de A a E", "Evidence from A to E"),
        _number(
            "standard_uncertainty_kg_yr",
            "kg/yr",
            "Incertidumbre típica de la reducción",
            "Standard uncertainty of the reduction",
        ),
        _date("date", "Fecha del seguimiento", "Date of the follow-up"),
        _text(
            "baseline_rows",
            "Filas de la línea base (identificador o fila)",
            "Rows of the baseline (identifier or row)",
        ),
        _text(
            "follow_up_rows",
            "Filas del seguimiento (identificador o fila)",
            "Rows of the follow-up (identifier or row)",
        ),
        _text("equation", "Cuenta con sus números", "The sum with its numbers"),
        _number(
            "normalised_reduction_kg_yr",
            "kg/yr",
            "Reducción a producción igual (la del seguimiento)",
            "Reduction at equal output (that of the follow-up)",
        ),
        _text("recommendation_id", "Recomendación que la explica", "Recommendation behind it"),
        _text("flags", "Avisos para revisar; avisar no quita la fila", "What to check; a flag drops nothing"),
    ),
)

CHANGES = Table(
    "changes",
    (
        _MSME_ID,
        _text("pollutant", "Contaminante", "Pollutant"),
        _choice(
            "change",
            ("new", "gone", "new_fate", "moved_basin", "value_changed", "rule_changed"),
            "Qué cambió",
            "What changed",
        ),
        *(
            column
            for side, es, en in (("before", "antes", "before"), ("after", "después", "after"))
            for column in (
                _choice(f"fate_{side}", FATES, f"Destino {es}", f"Fate {en}"),
                _text(f"basin_id_{side}", f"Cuenca {es}", f"Watershed {en}"),
                _number(f"reduction_{side}_kg_yr", "kg/yr", f"Reducción {es}", f"Reduction {en}"),
            )
        ),
        _number(
            "credited_change_kg_yr",
            "kg/yr",
            "Cambio de lo acreditado en el programa",
            "Change of what is credited over the programme",
        ),
        LEDGER["baseline_rows"],
        LEDGER["follow_up_rows"],
    ),
)

LEDGER_SUMMARY = Table(
    "ledger_summary",
    (
        _text("pollutant", "Contaminante", "Pollutant"),
        _choice("fate", FATES, "Destino", "Fate"),
        _whole("rows", "Filas del registro", "Ledger rows"),
        _number("reduction_kg_yr", "kg/yr", "Reducción", "Reduction"),
        _number("baseline_kg_yr", "kg/yr", "Carga de línea base", "Baseline load"),
        _number("follow_up_kg_yr", "kg/yr", "Carga de seguimiento", "Follow-up load"),
    ),
)

COURSE = Table(
    "course",
    (
        _choice(
            "kind",
            ("river", "lake", "town", "basin", "municipality", "end"),
            "Río, lago, lugar, cuenca, municipio, o el final del recorrido",
            "River, lake, town, watershed, municipality, or the end of the course",
        ),
        _text("name", "Nombre", "Name"),
        _number("at_km", "km", "Distancia hasta donde el agua llega a él", "Way until the water meets it"),
        _number("length_km", "km", "Recorrido por él", "Way along or through it"),
        _RELEASED,
        *_DELIVERED,
    ),
)

DELIVERED_LOADS = Table(
    "delivered_loads",
    (
        _BASIN_ID,
        _text("basin_name", "Nombre de la cuenca", "Name of the watershed"),
        _text("pollutant", "Contaminante", "Pollutant"),
        _choice(
            "place",
            ("outlet", "end"),
            "Adónde llega: la salida de la cuenca, o el final de su agua (el mar, o la represa)",
            "Where it arrives: the outlet of the watershed, or the end of its water (the sea, or the dam)",
        ),
        _whole("msmes", "Empresas con reducción acreditada", "Firms with a credited reduction"),
        _number(
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
        _text("name_es", "Nombre en español", "Name in Spanish"),
        _text("name_en", "Nombre en inglés", "Name in English"),
        _text(
            "countries",
            "Países que toca, códigos ISO separados por espacio",
            "Countries it touches, ISO codes, spaces between",
        ),
        _number("area_km2", "km2", "Área de este contorno", "Area of this outline"),
        _number("published_area_km2", "km2", "Área publicada", "Published area"),
        _text("published_source", "Fuente del área publicada", "Source of the published area"),
        _number("outlet_longitude", "degrees", "Longitud de la salida", "Longitude of the outlet"),
        _number("outlet_latitude", "degrees", "Latitud de la salida", "Latitude of the outlet"),
        _number("accuracy_m", "m", "Exactitud del contorno", "Accuracy of the outline", low=0),
        _text("method", "Cómo se obtuvo", "How it was made"),
        _text("credit", "Crédito", "Credit"),
    ),
)

INPUTS = (MSMES, AUDITS, REDUCTIONS, RECOMMENDATIONS)
OUTPUTS = (
    ASSIGNMENTS,
    BASIN_PROBABILITIES,
    NEARBY,
    BASIN_LOADS,
    TOTALS,
    RANGE_SHARES,
    DELIVERED_LOADS,
    DOUBLES,
    CHANGES,
    LEDGER,
    LEDGER_SUMMARY,
)
