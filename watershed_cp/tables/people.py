"""The tables about people and partners: what was learned, where events were, who works with whom."""

from __future__ import annotations

from watershed_cp.tables.columns import BASIN_ID, Table, number, text, whole
from watershed_cp.tables.inputs import EVENTS, STAKEHOLDERS

TRAINING = Table(
    "training",
    (
        text(
            "dimension",
            "Por qué se desglosa; en blanco el total",
            "What it is told apart by; blank is the total",
        ),
        text("part", "De cuál; en blanco lo que no se sabe", "Of which one; blank is what is not known"),
        whole("attendances", "Asistencias", "Attendances"),
        whole(
            "people", "Personas, una vez cada una donde hay lista", "People, each once where there is a list"
        ),
        whole("unlisted", "De ellas, asistencias sin lista", "Of them, attendances without a list"),
        whole("women", "Mujeres en las listas", "Women on the lists"),
        number(
            "women_pct",
            "%",
            "Mujeres entre las personas de las listas cuyo sexo se anotó; el conteo de cada evento está en sus filas",
            "Women among the people on the lists whose sex was noted; what each event counted stands in its row",
        ),
        whole("tested", "Personas con nota antes y después", "People with a score before and after"),
        EVENTS["score_before"],
        EVENTS["score_after"],
        number("gain", "", "Mejora media de la nota", "Mean gain of the score"),
        number("gain_low", "", "Mejora, extremo bajo (90 %)", "Gain, low end (90 %)"),
        number("gain_high", "", "Mejora, extremo alto (90 %)", "Gain, high end (90 %)"),
        number(
            "effect_size",
            "",
            "Tamaño del efecto (g de Hedges): 0.2 pequeño, 0.5 mediano, 0.8 grande",
            "Effect size (Hedges' g): 0.2 small, 0.5 medium, 0.8 large",
        ),
        number("effect_low", "", "Tamaño del efecto, extremo bajo (90 %)", "Effect size, low end (90 %)"),
        number("effect_high", "", "Tamaño del efecto, extremo alto (90 %)", "Effect size, high end (90 %)"),
    ),
)

EVENT_PLACES = Table(
    "event_places",
    (
        *(EVENTS[name] for name in ("event_id", "title", "date", "kind", "country", "municipality")),
        *(EVENTS[name] for name in ("longitude", "latitude")),
        BASIN_ID,
        EVENTS["hours"],
        whole("people", "Asistencias", "Attendances"),
        whole(
            "women",
            "Mujeres, según el conteo del evento; sin él, según su lista",
            "Women, as the event counted; without that, on its list",
        ),
    ),
)

ALLIANCES = Table(
    "alliances",
    (
        *(STAKEHOLDERS[name] for name in ("stakeholder_id", "name", "organisation_kind", "country")),
        text("partner_id", "Con quién colabora", "Whom it works with"),
        text("partner_name", "Nombre de la otra parte", "Name of the other party"),
        text("partner_kind", "Tipo de la otra parte", "Kind of the other party"),
        text("partner_country", "País de la otra parte", "Country of the other party"),
        STAKEHOLDERS["agreement"],
        STAKEHOLDERS["since"],
    ),
)
