"""The columns of every table: name, kind, unit and meaning, declared once.

This one declaration feeds reading, validation, the written tables, the sheet that explains the columns and
the documentation, so that they cannot disagree. Header aliases (``DBO``, ``Municipio`` …) are reference data.
"""

from watershed_cp.tables.columns import COUNTRIES, EVIDENCE, Column, Table, listed
from watershed_cp.tables.economy import BRANCH_MEASURES, MEASURES
from watershed_cp.tables.inputs import (
    ATTENDANCE,
    AUDITS,
    CONSULTANTS,
    EVENTS,
    INPUTS,
    INSPECTIONS,
    LIMITS,
    LOANS,
    MSMES,
    RECOMMENDATIONS,
    REDUCTIONS,
    STAKEHOLDERS,
)
from watershed_cp.tables.outputs import (
    ASSIGNMENTS,
    BASIN_LOADS,
    BASIN_PROBABILITIES,
    BASINS,
    CHANGES,
    COMPLIANCE,
    COURSE,
    DELIVERED_LOADS,
    DOUBLES,
    FATES,
    LEDGER,
    LEDGER_SUMMARY,
    NEARBY,
    NEXT_INSPECTIONS,
    OUTPUTS,
    PUBLIC_LOADS,
    RANGE_SHARES,
    TOTALS,
)
from watershed_cp.tables.programme import INDICATORS

__all__ = [
    "ASSIGNMENTS",
    "ATTENDANCE",
    "AUDITS",
    "BASINS",
    "BASIN_LOADS",
    "BASIN_PROBABILITIES",
    "BRANCH_MEASURES",
    "CHANGES",
    "COMPLIANCE",
    "CONSULTANTS",
    "COUNTRIES",
    "COURSE",
    "DELIVERED_LOADS",
    "DOUBLES",
    "EVENTS",
    "EVIDENCE",
    "FATES",
    "INDICATORS",
    "INPUTS",
    "INSPECTIONS",
    "LEDGER",
    "LEDGER_SUMMARY",
    "LIMITS",
    "LOANS",
    "MEASURES",
    "MSMES",
    "NEARBY",
    "NEXT_INSPECTIONS",
    "OUTPUTS",
    "PUBLIC_LOADS",
    "RANGE_SHARES",
    "RECOMMENDATIONS",
    "REDUCTIONS",
    "STAKEHOLDERS",
    "TOTALS",
    "Column",
    "Table",
    "listed",
]
