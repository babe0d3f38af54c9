"""What sister programmes published per firm: a range of sanity for one's own figures, never a target.

They printed sums, not sums a year, in dollars of their day, and over all the firms they worked with.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from watershed_cp import reference, units

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Published", "Quantity", "beside_sisters", "published_per_firm"]

Quantity = Literal["savings", "investment", "water", "electricity", "fuel", "co2"]


class Published(NamedTuple):
    """The least and the most per firm that sister programmes published, how many they are, and where they did."""

    low: float
    high: float
    programmes: int
    sources: tuple[str, ...]


def published_per_firm(quantity: Quantity, unit: str) -> Published:
    """Give between what and what the sister programmes' figures per firm lie.

    Parameters
    ----------
    quantity : {"savings", "investment", "water", "electricity", "fuel", "co2"}
        What was saved, spent or avoided.
    unit : str
        Unit to give it in; what it says of time is left out.

    Returns
    -------
    Published
        NaN where no programme printed it in a unit that can be compared.

    Examples
    --------
    >>> found = published_per_firm("water", "m3/yr")
    >>> round(found.low), round(found.high), found.programmes
    (433, 1099, 2)
    """
    rows = [row for row in reference.read_reference("programme_results") if row["quantity"]]
    firms = {
        name: math.fsum(_amounts(rows, name, "firms", "firms")) for name in {row["sister"] for row in rows}
    }
    each = {
        name: math.fsum(amounts) / count
        for name, count in firms.items()
        if (amounts := list(_amounts(rows, name, quantity, unit.partition("/")[0]))) and count
    }
    known = {name: value for name, value in sorted(each.items()) if math.isfinite(value)}
    told = (row["source"] for row in rows if row["sister"] in known and row["quantity"] == quantity)
    low, high = min(known.values(), default=math.nan), max(known.values(), default=math.nan)
    return Published(low, high, len(known), tuple(dict.fromkeys(told)))


def beside_sisters(value: float, firms: int, published: Published) -> dict[str, Any]:
    """Set a number, per firm, beside the range that sister programmes published.

    Examples
    --------
    >>> beside_sisters(600.0, 2, Published(100.0, 400.0, 3, ()))
    {'value_per_firm': 300.0, 'published_low': 100.0, 'published_high': 400.0}
    """
    return {"value_per_firm": value / firms, "published_low": published.low, "published_high": published.high}


def _amounts(rows: Iterable[dict[str, str]], sister: str, quantity: str, unit: str) -> Iterable[float]:
    """Give what a programme printed of a quantity, in `unit`."""
    return (
        float(row["amount"]) * units.ratio(row["amount_unit"], unit)
        for row in rows
        if (row["sister"], row["quantity"]) == (sister, quantity)
    )
