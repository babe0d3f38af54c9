"""What the demonstration is drawn from: real municipalities, branches, raw loads, measures.

Population equivalents per unit of output are those of ``data/reference/population_equivalents.csv`` (von
Sperling and Chernicharo 2005), 54 g of BOD5 each. Pollutants per kg of BOD5: raw sewage of Guatemala for
hotels and restaurants (means of 30 studies, Peralta Salgado 2015), whey recovery at Misr Dairy (El-Haggar
2007), highest raw values of meat plants (2016), all in ``data/reference/programme_results.csv``. Output,
water per unit of output, the other ratios and costs are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A municipality: where firms stand within `reach_km` of a point."""

    country: str
    department: str
    municipality: str
    latitude: float
    longitude: float
    reach_km: float


@dataclass(frozen=True)
class Sector:
    """A branch: population equivalents and water per unit of output, and pollutants per kg of BOD5."""

    label: str
    ciiu: str
    unit: str
    daily_output: tuple[float, float]
    equivalents: tuple[float, float]
    water_m3: float
    per_bod: dict[str, float]
    resource: str = "agua"


PLACES = {
    place.municipality: place
    for place in (
        Place("SV", "San Salvador", "San Salvador", 13.700, -89.195, 1.8),
        Place("SV", "San Salvador", "Soyapango", 13.720, -89.150, 1.0),
        Place("SV", "San Salvador", "Ilopango", 13.705, -89.125, 0.6),
        Place("SV", "San Salvador", "Apopa", 13.807, -89.179, 1.2),
        Place("SV", "San Salvador", "Nejapa", 13.815, -89.220, 0.7),
        Place("SV", "San Salvador", "Mejicanos", 13.740, -89.210, 0.9),
        Place("SV", "San Salvador", "Ciudad Delgado", 13.724, -89.170, 0.9),
        Place("SV", "San Salvador", "Cuscatancingo", 13.736, -89.181, 0.6),
        Place("SV", "San Salvador", "Ayutuxtepeque", 13.746, -89.206, 0.6),
        Place("SV", "San Salvador", "San Marcos", 13.665, -89.183, 0.5),
        Place("SV", "La Libertad", "Antiguo Cuscatlán", 13.676, -89.240, 0.6),
        Place("SV", "La Libertad", "Santa Tecla", 13.682, -89.278, 0.3),
        Place("GT", "Guatemala", "Guatemala", 14.655, -90.500, 1.5),
        Place("GT", "Zacapa", "Zacapa", 14.970, -89.530, 2.0),
        Place("GT", "El Progreso", "Guastatoya", 14.850, -90.070, 1.5),
        Place("GT", "Zacapa", "Gualán", 15.120, -89.360, 1.5),
        Place("GT", "Zacapa", "Río Hondo", 15.040, -89.585, 1.5),
        Place("GT", "Izabal", "Los Amates", 15.255, -89.105, 1.2),
        Place("GT", "Izabal", "Morales", 15.475, -88.835, 1.2),
        Place("GT", "El Progreso", "Sanarate", 14.790, -90.190, 1.5),
        Place("GT", "El Progreso", "San Agustín Acasaguastlán", 14.950, -89.970, 1.2),
        Place("GT", "Quiché", "Chichicastenango", 14.940, -91.110, 1.0),
        Place("GT", "Quiché", "Joyabaj", 14.995, -90.805, 1.0),
        Place("GT", "Izabal", "Puerto Barrios", 15.720, -88.595, 0.8),
        Place("HN", "Cortés", "San Pedro Sula", 15.500, -88.020, 2.0),
        Place("HN", "Cortés", "Choloma", 15.610, -87.950, 1.5),
        Place("HN", "Cortés", "La Lima", 15.433, -87.915, 0.8),
        Place("HN", "Cortés", "Cofradía", 15.410, -88.160, 1.2),
        Place("HN", "Santa Bárbara", "Quimistán", 15.395, -88.400, 1.0),
        Place("HN", "Santa Bárbara", "Macuelizo", 15.310, -88.555, 0.8),
        Place("HN", "Santa Bárbara", "Petoa", 15.270, -88.280, 1.0),
        Place("PA", "Panamá", "Chilibre", 9.155, -79.620, 1.2),
        Place("PA", "Panamá", "Alcalde Díaz", 9.122, -79.556, 0.4),
        Place("PA", "Panamá", "Las Cumbres", 9.085, -79.530, 0.5),
        Place("PA", "Colón", "Gamboa", 9.122, -79.697, 0.4),
    )
}

BOD_G = 54  # per population equivalent and day

_SEWAGE = {"COD": 1.664, "TSS": 1.115, "TN": 0.160, "TP": 0.046}
_DAIRY = {"COD": 1.26, "TSS": 0.14, "FOG": 0.145, "TN": 0.05, "TP": 0.012}
_MEAT = {"COD": 2.03, "TSS": 0.5, "FOG": 0.22, "TN": 0.12, "TP": 0.012}
SECTORS = {
    sector.label: sector
    for sector in (
        Sector("quesería", "1050", "t de leche/d", (0.5, 3), (150, 450), 5, _DAIRY, "materiales"),
        Sector("rastro", "1010", "reses/d", (4, 20), (30, 80), 1.2, _MEAT),
        Sector("procesadora avícola", "1010", "t/d", (0.8, 4), (300, 700), 14, _MEAT),
        Sector(
            "tenería",
            "1511",
            "t de piel/d",
            (0.2, 1),
            (1200, 2600),
            35,
            {"COD": 2.2, "TSS": 1.2, "Cr": 0.03, "TN": 0.1},
        ),
        Sector(
            "tintorería",
            "1313",
            "t de tela/d",
            (0.2, 0.9),
            (2000, 3000),
            110,
            {"COD": 2.6, "TSS": 0.35},
            "energía",
        ),
        Sector(
            "cervecería artesanal",
            "1103",
            "m3/d",
            (0.3, 2),
            (150, 300),
            7,
            {"COD": 1.6, "TSS": 0.4, "TP": 0.01},
        ),
        Sector(
            "embotelladora",
            "1104",
            "m3/d",
            (3, 15),
            (50, 100),
            3,
            {"COD": 1.5, "TSS": 0.2, "FOG": 0.0083, "TP": 0.00036},
        ),
        Sector(
            "conservas de fruta",
            "1030",
            "t/d",
            (0.5, 3),
            (450, 550),
            16,
            {"COD": 1.5, "TSS": 0.4},
            "residuos",
        ),
        Sector(
            "jabones",
            "2023",
            "t/d",
            (0.2, 1),
            (900, 1100),
            25,
            {"COD": 1.8, "FOG": 0.35, "TP": 0.00025},
            "materiales",
        ),
        Sector(
            "papel y cartón",
            "1702",
            "t/d",
            (0.5, 3),
            (100, 300),
            25,
            {"COD": 2.8, "TSS": 1.6, "TP": 0.00095},
            "energía",
        ),
        Sector("hotel", "5510", "huéspedes/d", (10, 80), (0.8, 1.1), 0.2, {**_SEWAGE, "FOG": 0.15}),
        Sector("restaurante", "5610", "comidas/d", (60, 300), (0.13, 0.18), 0.03, {**_SEWAGE, "FOG": 0.3}),
    )
}

# Country by country: municipality and branch of each firm.
FIRMS = """
San Salvador: hotel, restaurante, restaurante, tintorería
Soyapango: tintorería, jabones
Ilopango: conservas de fruta
Apopa: procesadora avícola, papel y cartón
Nejapa: embotelladora
Mejicanos: restaurante
Ciudad Delgado: tenería
Cuscatancingo: quesería
Ayutuxtepeque: cervecería artesanal
San Marcos: rastro
Antiguo Cuscatlán: hotel
Santa Tecla: quesería
Guatemala: tintorería, cervecería artesanal
Zacapa: quesería, conservas de fruta, hotel
Guastatoya: rastro
Gualán: tenería, quesería
Río Hondo: hotel, conservas de fruta
Los Amates: rastro
Morales: procesadora avícola
Sanarate: quesería
San Agustín Acasaguastlán: jabones
Chichicastenango: hotel
Joyabaj: tenería
Puerto Barrios: restaurante
San Pedro Sula: tintorería, procesadora avícola, restaurante, hotel
Choloma: tintorería, papel y cartón, tintorería
La Lima: embotelladora
Cofradía: procesadora avícola, jabones
Quimistán: quesería
Macuelizo: rastro
Petoa: quesería, conservas de fruta
Chilibre: procesadora avícola, rastro, conservas de fruta, embotelladora
Gamboa: restaurante, hotel, hotel
Alcalde Díaz: cervecería artesanal, quesería
Las Cumbres: conservas de fruta
"""

# Measure, kind and investment in dollars, by the resource saved.
MEASURES = {
    "agua": (
        ("Limpieza en seco antes del lavado", "buenas prácticas", 0),
        ("Pistolas de cierre en mangueras", "equipo", 120),
        ("Reúso del último enjuague", "reúso", 900),
        ("Trampa de grasa con limpieza programada", "equipo", 650),
    ),
    "energía": (
        ("Aislamiento de tuberías de vapor", "equipo", 1100),
        ("Recuperación de condensados", "reúso", 2400),
        ("Iluminación LED", "equipo", 800),
    ),
    "materiales": (
        ("Recuperación de suero", "reúso", 3200),
        ("Dosificación medida de químicos", "buenas prácticas", 150),
    ),
    "residuos": (("Separación y venta de sólidos orgánicos", "buenas prácticas", 90),),
}
UNITS = {"agua": "m3/año", "energía": "kWh/año", "materiales": "kg/año", "residuos": "kg/año"}
