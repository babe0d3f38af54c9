"""What a column and a table are, and the columns that several tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watershed_cp.errors import Text

Kind = Literal["text", "number", "whole", "date", "choice"]

COUNTRIES = ("SV", "GT", "HN", "PA")
EVIDENCE = ("A", "B", "C", "D", "E")


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
    refers_to : tuple of str
        Tables one of which must know the identifier in a cell; the cell may hold several, see :func:`listed`.
    """

    name: str
    kind: Kind
    meaning: Text
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of the contract: its name and its columns in order.

    Attributes
    ----------
    name : str
        Name of the table, and of its section in the project file.
    columns : tuple of Column
        Its columns.
    unique : bool
        Whether its identifier names one row only.
    """

    name: str
    columns: tuple[Column, ...]
    unique: bool = False

    @property
    def identifier(self) -> str:
        """The first required column of identifiers: what an office calls a row by."""
        return next(column.name for column in self.columns if column.required and column.name.endswith("_id"))

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """Give the column called `name`."""
        return next(column for column in self.columns if column.name == name)


def text(name: str, es: str, en: str, *, required: bool = False, refers_to: tuple[str, ...] = ()) -> Column:
    """Declare a column of text."""
    return Column(name, "text", Text(es, en), required=required, refers_to=refers_to)


def number(
    name: str,
    unit: str,
    es: str,
    en: str,
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> Column:
    """Declare a column of numbers."""
    return Column(name, "number", Text(es, en), unit, required, minimum=low, maximum=high)


def whole(name: str, es: str, en: str, *, high: float | None = None) -> Column:
    """Declare a column of counts."""
    return Column(name, "whole", Text(es, en), minimum=0, maximum=high)


def date(name: str, es: str, en: str) -> Column:
    """Declare a column of dates."""
    return Column(name, "date", Text(es, en))


def choice(name: str, choices: tuple[str, ...], es: str, en: str, *, required: bool = False) -> Column:
    """Declare a column of choices."""
    return Column(name, "choice", Text(es, en), required=required, choices=choices)


def listed(cell: object) -> tuple[str, ...]:
    """Give what a cell lists, separated by semicolons.

    Examples
    --------
    >>> listed("U-1; C-2;"), listed(None)
    (('U-1', 'C-2'), ())
    """
    return tuple(filter(None, map(str.strip, cell.split(";")))) if isinstance(cell, str) else ()


MSME_ID = text(
    "msme_id",
    "Identificador único de la empresa",
    "Unique identifier of the firm",
    required=True,
    refers_to=("msmes",),
)
BASIN_ID = text("basin_id", "Identificador de la cuenca", "Identifier of the watershed")
POLLUTANT = text(
    "pollutant", "Contaminante, por código o nombre", "Pollutant, by code or name", required=True
)
EVIDENCE_GRADE = choice(
    "evidence",
    EVIDENCE,
    "Evidencia: A medición verificada, B medición, C cálculo, D estimación, E sin documentar",
    "Evidence: A verified measurement, B measurement, C engineering calculation, D estimate, E undocumented",
)
SYNTHETIC = choice(
    "synthetic",
    ("yes", "no"),
    "Si la fila es sintética (inventada)",
    "Whether the row is synthetic (made up)",
)
COUNTRY = choice("country", COUNTRIES, "País (código ISO de dos letras)", "Country (ISO code of two letters)")
