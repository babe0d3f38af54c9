"""What a programme has promised: indicators declared in a file, each with the rule that computes it.

A rule is made of a few declared words, a table and its columns; nothing in the file is ever run.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from watershed_cp import tables
from watershed_cp.impact.sisters import Quantity  # noqa: TC001 - pydantic reads the annotations
from watershed_cp.intake.cells import known_choice
from watershed_cp.intake.measurements import pollutant_code
from watershed_cp.project import read_settings
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DERIVED", "ONCE", "UNIT_OF", "Indicator", "Measure", "Programme", "read_programme"]

DERIVED = {"attendance": ("kind", "date", "improved")}
"""Columns that a table gains from others: kind and date of the event, and whether the score rose."""
ONCE = {"baseline_use": ("msme_id", "resource")}
"""Columns that say the same on several rows, and of what: the water a firm used is that of all its measures."""
UNIT_OF = {
    "saving": "saving_unit",
    "baseline_use": "saving_unit",
    "value": "unit",
    "flow": "flow_unit",
    "production": "production_unit",
}
"""Columns whose unit stands in another column of the row."""
_OF_FIRMS = ("country", "basin_id", "sector")
_COUNTED = {table.name: table for table in (*tables.INPUTS, tables.LEDGER)}
TableName = Literal[
    "msmes",
    "audits",
    "reductions",
    "recommendations",
    "events",
    "attendance",
    "stakeholders",
    "loans",
    "consultants",
    "limits",
    "inspections",
    "ledger",
]
Words = dict[Literal["es", "en"], str]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Section):
    """How a number is computed from one table."""

    table: TableName
    """Table of the programme, or its ledger."""
    how: Literal["count", "distinct", "sum", "share"]
    """Rows; different values of a column; sum of a column; one sum as percent of another."""
    column: str = ""
    """Column that is counted or added up."""
    of: str = ""
    """For a share, the column that it is a share of."""
    unit: str = ""
    """Unit of the value; a sum is given in it."""
    where: dict[str, str | tuple[str, ...]] = {}
    """Columns and the value, or values, that a row must have."""
    dated: str = "date"
    """Column with the date that puts a row into a year and a period."""
    period: tuple[dt.date, dt.date] | None = None
    """First and last day that counts."""

    @field_validator("where")
    @classmethod
    def _in_codes(
        cls, where: dict[str, str | tuple[str, ...]], info: ValidationInfo
    ) -> dict[str, str | tuple[str, ...]]:
        """Read pollutants and choices by any of their names, as the tables are read."""
        table = info.data.get("table", "")
        return {
            column: _code(table, column, values)
            if isinstance(values, str)
            else tuple(_code(table, column, value) for value in values)
            for column, values in where.items()
        }

    @model_validator(mode="after")
    def _columns_exist(self) -> Measure:
        needed = {"count": (), "distinct": ("column",), "sum": ("column",), "share": ("column", "of")}
        for name in needed[self.how]:
            if not getattr(self, name):
                raise PydanticCustomError("missing", "a column is missing", {"lacks": [name]})
        known = {*_COUNTED[self.table].names, *DERIVED.get(self.table, ()), *_OF_FIRMS}
        for column in filter(None, (self.column, self.of, *self.where)):
            if column not in known:
                told = {"expected": ", ".join(sorted(known)), "written": column}
                raise PydanticCustomError("literal", "no such column", told)
        return self

    @property
    def rule(self) -> str:
        """The rule in one line: ``distinct person_id of attendance where role = student``."""
        what = {"count": "", "share": f" {self.column} / {self.of}"}.get(self.how, f" {self.column}")
        once = [
            f"{name} once per {' and '.join(ONCE[name])}" for name in (self.column, self.of) if name in ONCE
        ]
        what += f" ({', '.join(once)}, the largest figure)" if once and self.how in ("sum", "share") else ""
        filters = [
            f"{column} = {values if isinstance(values, str) else ' | '.join(values)}"
            for column, values in self.where.items()
        ]
        told = f"{self.how}{what} of {self.table}" + (f" where {', '.join(filters)}" if filters else "")
        return told + (f" from {self.period[0]} to {self.period[1]}" if self.period else "")

    @property
    def declared_unit(self) -> str:
        """Unit in which the table keeps the column that is added up; blank where it has none of its own."""
        known = {one.name: one.unit for one in _COUNTED[self.table].columns}
        return known.get(self.column, "")


def _code(table: str, column: str, value: str) -> str:
    """Give the code of a pollutant or choice that a value names; what is neither stays as it is."""
    if column == "pollutant":
        code, known = pollutant_code(value), [row["pollutant"] for row in read_reference("pollutants")]
    else:
        declared = (*_COUNTED[table].columns, *(tables.EVENTS.columns if table in DERIVED else ()))
        one = next((one for one in declared if one.name == column and one.kind == "choice"), None)
        if one is None:
            return value
        code, known = known_choice(one, value), list(one.choices)
    if code is None:
        raise PydanticCustomError(
            "literal", "no such value", {"expected": ", ".join(known), "written": value}
        )
    return code


class Indicator(Measure):
    """One indicator: what it is called, what was promised, and how it is computed."""

    id: Annotated[str, Field(min_length=1)]
    """Identifier of the indicator."""
    objective: str
    """Identifier of the objective it belongs to."""
    name: Words
    """What it counts, in Spanish and English."""
    unit: str
    """Unit of the value; a sum is given in it."""
    baseline: float = 0
    """Value before the programme began."""
    target: float | None = None
    """Value promised for the end of the programme."""
    by: tuple[Literal["country", "basin_id", "sex", "sector"], ...] = ()
    """What it is split by."""
    published: str = ""
    """Metric in ``data/reference/programme_results.csv`` that the real programme published."""
    sisters: Quantity | Literal[""] = ""
    """Quantity that sister programmes published, with whose figures per firm this one is compared: a sum itself, a
    share by its numerator."""


class Programme(_Section):
    """All that a programme has promised."""

    publisher: str = ""
    """Whose published results stand beside: how its rows of ``data/reference/programme_results.csv`` begin."""
    objectives: dict[str, Words]
    """Objectives by identifier."""
    indicator: tuple[Indicator, ...]
    """Indicators in the order of the report."""

    @model_validator(mode="after")
    def _objectives_exist(self) -> Programme:
        for one in self.indicator:
            if one.objective not in self.objectives:
                told = {"expected": ", ".join(self.objectives), "written": one.objective}
                raise PydanticCustomError("literal", "no such objective", told)
        return self

    @model_validator(mode="after")
    def _publisher_known(self) -> Programme:
        if not self.publisher and any(one.published for one in self.indicator):
            raise PydanticCustomError("missing", "nobody published", {"lacks": ["publisher"]})
        return self


def read_programme(path: str | Path) -> Programme:
    """Read the indicators of a programme and tell every fault at once.

    Parameters
    ----------
    path : str or pathlib.Path
        A TOML file with ``[objectives]`` and a list of ``[[indicator]]``.

    Returns
    -------
    Programme
        Frozen; each column named exists in its table.

    Raises
    ------
    MissingFileError
        If there is no such file.
    InputError
        If it is no TOML, lacks a key, has an unknown one, or names a column that its table lacks.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> read_programme(data_path("reference", "programme.toml")).indicator[0].rule
    'distinct person_id of attendance where role = student, kind = course | workshop | visit'
    """
    return read_settings(path, Programme)
