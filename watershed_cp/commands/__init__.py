"""What each command of ``watershed-cp`` does: call the library, write what was asked for, tell what was found."""

from watershed_cp.commands.places import (
    basins_check,
    basins_delineate,
    basins_facts,
    basins_fetch,
    basins_list,
    trace,
)
from watershed_cp.commands.programme import check, claims, compare, demo, run, template
from watershed_cp.commands.registers import near, rank

__all__ = [
    "basins_check",
    "basins_delineate",
    "basins_facts",
    "basins_fetch",
    "basins_list",
    "check",
    "claims",
    "compare",
    "demo",
    "near",
    "rank",
    "run",
    "template",
    "trace",
]
