"""A made-up programme for the page tests: firms near towns of the four watersheds, audited before and after."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from watershed_cp.errors import Text
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.reference import data_path

POLLUTANTS = ("BOD5", "COD", "TSS", "TN", "TP", "OG")
TOWNS = {
    ("acelhuate", "SV", "San Salvador", "San Salvador"): (-89.19, 13.70, 18),
    ("acelhuate", "SV", "San Salvador", "Apopa"): (-89.18, 13.81, 5),
    ("motagua", "GT", "Guatemala", "Guatemala"): (-90.50, 14.66, 6),
    ("motagua", "GT", "Zacapa", "Zacapa"): (-89.53, 14.97, 5),
    ("chamelecon", "HN", "Cortés", "San Pedro Sula"): (-88.02, 15.50, 9),
    ("panama_canal", "PA", "Colón", "Cristóbal"): (-79.87, 9.27, 4),
    ("panama_canal", "PA", "Panamá", "Chilibre"): (-79.62, 9.15, 6),
}
SECTORS = ("1010", "1050", "1511", "2023", "1313", "1061", "2395", "5610")
KINDS = (
    "Lácteos",
    "Tenería",
    "Rastro",
    "Textiles",
    "Beneficio de café",
    "Panadería",
    "Galvanizados",
    "Embutidos",
)
NAMES = (
    "El Sol",
    "Santa Ana",
    "Los Volcanes",
    "La Esperanza",
    "Río Claro",
    "San José",
    "La Ceiba",
    "Monte Verde",
)


def programme(
    *, firms: int = 58, pollutants: tuple[str, ...] = POLLUTANTS, synthetic: bool = True
) -> Accounts:
    """Give the accounts of a made-up programme of so many firms; the same number gives the same accounts."""
    chance = np.random.default_rng(7)
    basins = gpd.read_file(data_path("basins", "basins.geojson")).set_index("basin_id")
    msmes = _firms(firms, chance)
    placed = _assignments(msmes, chance)
    title = Text("Programa de producción más limpia", "Cleaner production programme")
    accounts = close_accounts(_claims(msmes, pollutants, chance), placed, basins, msmes=msmes, title=title)
    return replace(accounts, synthetic=synthetic)


def _firms(size: int, chance: np.random.Generator) -> pd.DataFrame:
    weights = np.array([count for _, _, count in TOWNS.values()], float)
    town = chance.choice(len(TOWNS), size, p=weights / weights.sum())
    keys, places = list(TOWNS), np.array(list(TOWNS.values()))
    spread = chance.normal(0, 0.03 if size < 5000 else 0.25, (size, 2))
    return pd.DataFrame(
        {
            "msme_id": [f"F{i + 1:04d}" for i in range(size)],
            "name": [
                f"{KINDS[i % 8]} {NAMES[(i * 5 + i // 8) % 8]} {i + 1 if size > 64 else ''}".strip()
                for i in range(size)
            ],
            "country": [keys[i][1] for i in town],
            "department": [keys[i][2] for i in town],
            "municipality": [keys[i][3] for i in town],
            "ciiu": [SECTORS[i % 8] for i in range(size)],
            "employees": chance.integers(2, 90, size),
            "longitude": places[town, 0] + spread[:, 0],
            "latitude": places[town, 1] + spread[:, 1],
            "location_accuracy_m": chance.choice([20.0, 150.0, 3000.0], size),
            "home": [keys[i][0] for i in town],
        }
    )


def _assignments(msmes: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    size = len(msmes)
    status = chance.choice(["inside", "outside", "unlocated"], size, p=[0.82, 0.06, 0.12])
    confidence = chance.choice(["sure", "likely", "ambiguous"], size, p=[0.7, 0.2, 0.1])
    inside, located = status == "inside", status != "unlocated"
    probability = pd.Series(confidence).map({"sure": 0.99, "likely": 0.84, "ambiguous": 0.58})
    return pd.DataFrame(
        {
            "msme_id": msmes["msme_id"],
            "longitude": msmes["longitude"].where(located),
            "latitude": msmes["latitude"].where(located),
            "location_accuracy_m": msmes["location_accuracy_m"].where(located),
            "basin_id": msmes["home"].where(inside),
            "status": status,
            "confidence": pd.Series(confidence).where(inside),
            "probability": probability.where(inside),
            "distance_to_divide_m": pd.Series(chance.uniform(200, 9000, size)).where(located)
            * np.where(inside, 1, -0.1),
            "nearest_basin_id": msmes["home"].where(located),
            "repairs": pd.Series("", index=msmes.index),
        }
    )


def _claims(msmes: pd.DataFrame, pollutants: tuple[str, ...], chance: np.random.Generator) -> pd.DataFrame:
    size = len(msmes)
    parts = []
    for place, pollutant in enumerate(pollutants):
        baseline = chance.lognormal(6.4 - 0.5 * place, 0.9, size)
        follow_up = baseline * chance.uniform(0.45, 1.02, size)
        spread = 0.06 * baseline
        fate = chance.choice(
            ["credited", "unpaired", "unverified", "duplicate", "expired"],
            size,
            p=[0.86, 0.05, 0.04, 0.02, 0.03],
        )
        lone = fate == "unpaired"
        reduction = np.where(lone, np.nan, baseline - follow_up)
        parts.append(
            pd.DataFrame(
                {
                    "msme_id": msmes["msme_id"],
                    "pollutant": pollutant,
                    "fate": fate,
                    "reason": np.where(lone, "falta el seguimiento", ""),
                    "baseline_kg_yr": baseline,
                    "follow_up_kg_yr": np.where(lone, np.nan, follow_up),
                    "reduction_kg_yr": reduction,
                    "reduction_low_kg_yr": reduction - 1.645 * spread,
                    "reduction_high_kg_yr": reduction + 1.645 * spread,
                    "standard_uncertainty_kg_yr": np.where(lone, np.nan, spread),
                    "evidence": chance.choice(list("ABCD"), size),
                    "baseline_rows": "",
                    "follow_up_rows": "",
                    "equation": [
                        f"{before:.1f} - {after:.1f} kg/yr"
                        for before, after in zip(baseline, follow_up, strict=True)
                    ],
                    "date": pd.Timestamp("2018-03-05") + pd.to_timedelta(chance.integers(0, 1800, size), "D"),
                }
            )
        )
    keep = chance.random(size * len(pollutants)) < (0.75 if size < 5000 else 1)
    return pd.concat(parts, ignore_index=True)[keep].reset_index(drop=True)
