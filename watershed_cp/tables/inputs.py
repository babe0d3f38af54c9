"""The tables that an office keeps."""

from __future__ import annotations

from watershed_cp.tables.columns import (
    COUNTRY,
    EVIDENCE_GRADE,
    MSME_ID,
    POLLUTANT,
    SYNTHETIC,
    Table,
    choice,
    date,
    number,
    text,
    whole,
)

_QUALIFIER = choice(
    "qualifier", ("<", ">"), "< bajo el límite, > sobre el rango", "< below the limit, > above the range"
)
_DISCHARGE_TO = choice(
    "discharge_to",
    ("river", "lake", "sea", "sewer", "soil", "none"),
    "Adónde descarga: río, lago, mar, alcantarillado, suelo o ninguno",
    "Where it discharges: river, lake, sea, sewer, soil or none",
)
_LATITUDE = number("latitude", "degrees", "Latitud (WGS 84)", "Latitude (WGS 84)", low=-90, high=90)
_LONGITUDE = number("longitude", "degrees", "Longitud (WGS 84)", "Longitude (WGS 84)", low=-180, high=180)
_MUNICIPALITY = text("municipality", "Municipio o distrito", "Municipality or district")
_SEWER_REMOVAL = number(
    "sewer_removal_pct",
    "%",
    "Lo que remueve la planta al final del alcantarillado; el de una medición vale antes que el de la empresa",
    "What the plant at the end of the sewer removes; that of a measurement comes before that of the firm",
    low=0,
    high=100,
)
_SCORES = (
    number("score_before", "", "Nota antes", "Score before", low=0),
    number("score_after", "", "Nota después", "Score after", low=0),
)

MSMES = Table(
    "msmes",
    (
        MSME_ID,
        text("name", "Nombre de la empresa", "Name of the firm"),
        COUNTRY,
        text("department", "Departamento o provincia", "Department or province"),
        _MUNICIPALITY,
        text("address", "Dirección", "Address"),
        text("ciiu", "Código CIIU Rev. 4", "ISIC Rev. 4 code"),
        whole("employees", "Personas empleadas", "People employed"),
        _LATITUDE,
        _LONGITUDE,
        text("coordinates", "Coordenadas como texto libre", "Coordinates as free text"),
        text("crs", "Sistema de coordenadas, si no es WGS 84", "Coordinate system, if not WGS 84"),
        number(
            "location_accuracy_m",
            "m",
            "Exactitud de la ubicación",
            "Accuracy of the location",
            low=0,
            high=1e6,
        ),
        number(
            "discharge_latitude",
            "degrees",
            "Latitud de la descarga",
            "Latitude of the discharge",
            low=-90,
            high=90,
        ),
        number(
            "discharge_longitude",
            "degrees",
            "Longitud de la descarga",
            "Longitude of the discharge",
            low=-180,
            high=180,
        ),
        _DISCHARGE_TO,
        _SEWER_REMOVAL,
        SYNTHETIC,
    ),
    unique=True,
)

AUDITS = Table(
    "audits",
    (
        text("audit_id", "Identificador de la auditoría", "Identifier of the audit row"),
        MSME_ID,
        POLLUTANT,
        choice(
            "phase",
            ("baseline", "follow_up"),
            "Fase: línea base o seguimiento",
            "Phase: baseline or follow-up",
            required=True,
        ),
        date("date", "Fecha de la medición", "Date of the measurement"),
        number("value", "", "Valor medido", "Measured value", required=True, low=0),
        _QUALIFIER,
        text("unit", "Unidad del valor", "Unit of the value", required=True),
        number("flow", "", "Caudal", "Flow", low=0),
        text("flow_unit", "Unidad del caudal", "Unit of the flow"),
        number(
            "operating_days_per_year",
            "d/yr",
            "Días de operación al año",
            "Operating days per year",
            low=0,
            high=366,
        ),
        number("production", "", "Producción en el período", "Output in the period", low=0),
        text("production_unit", "Unidad de la producción", "Unit of the output"),
        number(
            "relative_uncertainty",
            "",
            "Incertidumbre relativa de la carga (0.1 = 10 %), una desviación estándar",
            "Relative uncertainty of the load (0.1 = 10 %), one standard deviation",
            low=0,
        ),
        number(
            "analysis_uncertainty_pct",
            "%",
            "Incertidumbre de la concentración, una desviación estándar: la mitad de una U con k = 2",
            "Uncertainty of the concentration, one standard deviation: half of a U with k = 2",
            low=0,
        ),
        number(
            "flow_uncertainty_pct",
            "%",
            "Incertidumbre del caudal, una desviación estándar",
            "Uncertainty of the flow, one standard deviation",
            low=0,
        ),
        choice(
            "flow_method",
            ("water_meter", "weir", "current_meter", "tracer", "container", "other"),
            "Cómo se midió el caudal: medidor de agua, vertedero, molinete, trazador, recipiente u otro",
            "How the flow was measured: water meter, weir, current meter, tracer, container or other",
        ),
        _SEWER_REMOVAL,
        EVIDENCE_GRADE,
        text("verified_by", "Quién verificó", "Who verified it"),
        text(
            "recommendation_id",
            "Recomendación que lo explica",
            "Recommendation behind it",
            refers_to=("recommendations",),
        ),
        SYNTHETIC,
    ),
)

REDUCTIONS = Table(
    "reductions",
    (
        text("reduction_id", "Identificador de la reducción", "Identifier of the reduction"),
        MSME_ID,
        POLLUTANT,
        number("value", "", "Reducción", "Reduction", required=True),
        text("unit", "Unidad (masa por tiempo)", "Unit (mass per time)", required=True),
        date("date", "Fecha", "Date"),
        _SEWER_REMOVAL,
        EVIDENCE_GRADE,
        SYNTHETIC,
    ),
)

RECOMMENDATIONS = Table(
    "recommendations",
    (
        text(
            "recommendation_id",
            "Identificador de la recomendación",
            "Identifier of the recommendation",
            required=True,
        ),
        MSME_ID,
        text("measure", "Medida de producción más limpia", "Cleaner-production measure"),
        text("category", "Categoría de la medida", "Category of the measure"),
        choice(
            "resource",
            ("water", "energy", "materials", "waste"),
            "Recurso que ahorra: agua, energía, materiales o residuos",
            "Resource it saves: water, energy, materials or waste",
        ),
        choice(
            "status",
            ("recommended", "accepted", "implemented", "verified", "lapsed", "rejected"),
            "Estado: recomendada, aceptada, implementada, verificada, abandonada o rechazada",
            "Status: recommended, accepted, implemented, verified, lapsed or rejected",
            required=True,
        ),
        date("date_recommended", "Fecha de la recomendación", "Date of the recommendation"),
        date("date_implemented", "Fecha de implementación", "Date of implementation"),
        number("lifetime_years", "yr", "Vida útil de la medida", "Lifetime of the measure", low=0, high=100),
        number("investment_usd", "USD", "Inversión", "Investment", low=0),
        number("saving_usd_yr", "USD/yr", "Ahorro anual", "Yearly saving"),
        number("saving", "", "Ahorro del recurso", "Saving of the resource"),
        text("saving_unit", "Unidad del ahorro", "Unit of the saving"),
        number(
            "baseline_use",
            "",
            "Uso del recurso en la empresa antes de la medida, en la unidad del ahorro",
            "Use of the resource in the firm before the measure, in the unit of the saving",
            low=0,
        ),
        choice(
            "energy_source",
            ("electricity", "diesel", "fuel_oil", "lpg", "natural_gas", "firewood", "bagasse", "charcoal"),
            "Energético que ahorra, si ahorra energía",
            "Energy carrier it saves, if it saves energy",
        ),
        choice(
            "financing",
            ("own_funds", "loan", "grant", "supplier_credit", "leasing"),
            "Cómo se financió: fondos propios, préstamo, donación, crédito de proveedor o arrendamiento",
            "How it was financed: own funds, loan, grant, supplier credit or leasing",
        ),
        text("loan_id", "Préstamo que la financió", "Loan that financed it", refers_to=("loans",)),
        SYNTHETIC,
    ),
    unique=True,
)

EVENTS = Table(
    "events",
    (
        text("event_id", "Identificador del evento", "Identifier of the event", required=True),
        text("title", "Nombre del evento", "Title of the event"),
        date("date", "Fecha del evento o de su inicio", "Date of the event or of its start"),
        COUNTRY,
        _MUNICIPALITY,
        _LATITUDE,
        _LONGITUDE,
        choice(
            "kind",
            ("course", "workshop", "visit", "internship", "awareness", "meeting"),
            "Tipo: curso, taller, visita, pasantía, sensibilización o reunión",
            "Kind: course, workshop, visit, internship, awareness or meeting",
        ),
        number("hours", "h", "Duración", "Duration", low=0),
        whole("students", "Estudiantes", "Students"),
        whole("instructors", "Docentes", "Instructors"),
        whole("msme_personnel", "Personal de empresas", "People of firms"),
        whole("stakeholders", "Otros actores", "Other stakeholders"),
        whole("women", "Mujeres entre todos ellos", "Women among all of them"),
        number("score_before", "", "Nota media antes", "Mean score before", low=0),
        number("score_after", "", "Nota media después", "Mean score after", low=0),
        SYNTHETIC,
    ),
    unique=True,
)

ATTENDANCE = Table(
    "attendance",
    (
        text("event_id", "Evento al que asistió", "Event attended", required=True, refers_to=("events",)),
        text(
            "person_id",
            "Código de la persona, nunca su nombre: quien asiste dos veces cuenta una vez",
            "Code of the person, never a name: who attends twice counts once",
        ),
        choice(
            "role",
            ("student", "instructor", "msme_personnel", "stakeholder"),
            "Papel: estudiante, docente, personal de empresa u otro actor",
            "Role: student, instructor, personnel of a firm or other stakeholder",
            required=True,
        ),
        choice("sex", ("female", "male"), "Sexo: mujer u hombre", "Sex: female or male"),
        COUNTRY,
        text("msme_id", "Empresa de la persona", "Firm of the person", refers_to=("msmes",)),
        text(
            "stakeholder_id",
            "Organización de la persona",
            "Organisation of the person",
            refers_to=("stakeholders",),
        ),
        *_SCORES,
        SYNTHETIC,
    ),
)

STAKEHOLDERS = Table(
    "stakeholders",
    (
        text("stakeholder_id", "Identificador del actor", "Identifier of the stakeholder", required=True),
        text("name", "Nombre de la organización", "Name of the organisation"),
        choice(
            "organisation_kind",
            ("university", "msme", "centre", "authority", "association", "lender", "ngo", "other"),
            "Tipo: universidad, MIPYME, centro de producción más limpia, autoridad, gremial, financiera, ONG u otro",
            "Kind: university, MSME, cleaner-production centre, authority, association, lender, NGO or other",
        ),
        COUNTRY,
        text(
            "partner_of",
            "Con quién colabora: actores o empresas, separados por punto y coma",
            "Whom it works with: stakeholders or firms, separated by semicolons",
            refers_to=("stakeholders", "msmes"),
        ),
        choice(
            "agreement",
            ("signed", "negotiating", "ended"),
            "Convenio: firmado, en negociación o terminado",
            "Agreement: signed, being negotiated or ended",
        ),
        date(
            "since",
            "Desde cuándo colabora",
            "Since when it works together",
        ),
        SYNTHETIC,
    ),
    unique=True,
)

LOANS = Table(
    "loans",
    (
        text("loan_id", "Identificador del préstamo", "Identifier of the loan", required=True),
        MSME_ID,
        text("lender", "Entidad que presta", "Lender"),
        number("amount_usd", "USD", "Monto prestado", "Amount lent", low=0),
        number("rate_pct_yr", "%/yr", "Tasa de interés anual", "Yearly interest rate", low=0, high=200),
        whole("term_months", "Plazo en meses", "Term in months"),
        date("date", "Fecha de desembolso", "Date of disbursement"),
        choice(
            "loan_status",
            ("requested", "approved", "disbursed", "repaid", "in_arrears", "written_off", "denied"),
            "Estado: solicitado, aprobado, desembolsado, cancelado, en mora, castigado o denegado",
            "Status: requested, approved, disbursed, repaid, in arrears, written off or denied",
        ),
        number("outstanding_usd", "USD", "Saldo pendiente", "Outstanding balance", low=0),
        SYNTHETIC,
    ),
    unique=True,
)

CONSULTANTS = Table(
    "consultants",
    (
        text("consultant_id", "Identificador del consultor", "Identifier of the consultant", required=True),
        text(
            "name", "Nombre de la persona o firma consultora", "Name of the consultant or firm of consultants"
        ),
        COUNTRY,
        text("department", "Departamento o provincia", "Department or province"),
        _MUNICIPALITY,
        _LATITUDE,
        _LONGITUDE,
        text(
            "specialities",
            "Especialidades separadas por punto y coma: agua, energía, materiales, residuos, o tipo de medida",
            "Specialities separated by semicolons: water, energy, materials, waste, or kind of measure",
        ),
        text(
            "branches",
            "Ramas que conoce, códigos CIIU separados por punto y coma",
            "Branches known, ISIC codes separated by semicolons",
        ),
        text("languages", "Idiomas, separados por punto y coma", "Languages, separated by semicolons"),
        choice("available", ("yes", "no"), "Si está disponible", "Whether available"),
        SYNTHETIC,
    ),
    unique=True,
)

LIMITS = Table(
    "limits",
    (
        text("limit_id", "Identificador del límite", "Identifier of the limit", required=True),
        COUNTRY,
        text("norm", "Norma que lo fija", "Norm that sets it"),
        POLLUTANT,
        choice(
            "bound", ("maximum", "minimum"), "Si es máximo o mínimo", "Whether it is a maximum or a minimum"
        ),
        number("value", "", "Valor del límite", "Value of the limit", required=True, low=0),
        number("value_high", "", "Extremo superior de un rango", "Upper end of a range", low=0),
        text("unit", "Unidad del límite", "Unit of the limit", required=True),
        _DISCHARGE_TO,
        text("ciiu", "Rama a la que se aplica, código CIIU", "Branch it applies to, ISIC code"),
        date("valid_from", "Vigente desde", "In force since"),
        date("valid_until", "Último día en vigor", "Last day in force"),
        choice(
            "averaging",
            ("sample", "day", "month"),
            "A qué se aplica: a cada muestra (en blanco), a la media de un día o de un mes",
            "What it applies to: each sample (blank), the mean of a day or of a month",
        ),
        choice(
            "verified",
            ("yes", "no"),
            "Si se cotejó con el texto oficial; sin ello no hay veredicto",
            "Whether it was checked against the official text; without it there is no verdict",
        ),
        text("source", "Fuente del límite", "Source of the limit"),
        SYNTHETIC,
    ),
    unique=True,
)

INSPECTIONS = Table(
    "inspections",
    (
        text(
            "inspection_id", "Identificador de la inspección", "Identifier of the inspection", required=True
        ),
        MSME_ID,
        date("date", "Fecha de la inspección", "Date of the inspection"),
        POLLUTANT,
        _QUALIFIER,
        number("value", "", "Valor medido", "Measured value", required=True, low=0),
        text("unit", "Unidad del valor", "Unit of the value", required=True),
        text("limit_id", "Límite con que se compara", "Limit it is compared with", refers_to=("limits",)),
        choice(
            "finding",
            ("complies", "exceeds", "pending"),
            "Dictamen de la autoridad: cumple, excede o pendiente",
            "Finding of the authority: complies, exceeds or pending",
        ),
        text("action", "Medida de la autoridad", "Action of the authority"),
        text("authority", "Autoridad que inspeccionó", "Authority that inspected"),
        SYNTHETIC,
    ),
)

INPUTS = (
    MSMES,
    AUDITS,
    REDUCTIONS,
    RECOMMENDATIONS,
    EVENTS,
    ATTENDANCE,
    STAKEHOLDERS,
    LOANS,
    CONSULTANTS,
    LIMITS,
    INSPECTIONS,
)
