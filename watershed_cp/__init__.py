"""watershed_cp: from a cleaner-production programme's spreadsheets to audited load reductions per watershed.

>>> import watershed_cp as wcp
>>> impact = wcp.run(wcp.data_path("demo", "project.toml"))
>>> impact.basin_loads["basin_id"].unique().tolist()
['acelhuate', 'chamelecon', 'motagua', 'panama_canal']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watershed_cp.basins.assignment import assign, assign_levels, basin_probabilities
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.locator import BasinLocator
    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.errors import InputError, IntakeError, MissingFileError, UnitError, WatershedError
    from watershed_cp.intake.coordinates import Location, parse_location
    from watershed_cp.intake.readers import (
        read_audits,
        read_msmes,
        read_recommendations,
        read_reductions,
        read_register,
    )
    from watershed_cp.loads.audits import audit_loads
    from watershed_cp.pipeline import Impact, aggregate, run
    from watershed_cp.reference import data_path

_HOMES = {
    "BasinLocator": "basins.locator",
    "FlowNetwork": "basins.network",
    "Impact": "pipeline",
    "InputError": "errors",
    "IntakeError": "errors",
    "Location": "intake.coordinates",
    "MissingFileError": "errors",
    "UnitError": "errors",
    "WatershedError": "errors",
    "aggregate": "pipeline",
    "assign": "basins.assignment",
    "assign_levels": "basins.assignment",
    "audit_loads": "loads.audits",
    "basin_probabilities": "basins.assignment",
    "data_path": "reference",
    "parse_location": "intake.coordinates",
    "read_audits": "intake.readers",
    "read_basins": "basins.catalogue",
    "read_msmes": "intake.readers",
    "read_recommendations": "intake.readers",
    "read_reductions": "intake.readers",
    "read_register": "intake.readers",
    "run": "pipeline",
}

__all__ = [
    "BasinLocator",
    "FlowNetwork",
    "Impact",
    "InputError",
    "IntakeError",
    "Location",
    "MissingFileError",
    "UnitError",
    "WatershedError",
    "aggregate",
    "assign",
    "assign_levels",
    "audit_loads",
    "basin_probabilities",
    "data_path",
    "parse_location",
    "read_audits",
    "read_basins",
    "read_msmes",
    "read_recommendations",
    "read_reductions",
    "read_register",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
