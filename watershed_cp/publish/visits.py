"""What a search for firms near water says of itself: on the terminal, in a workbook, a layer and on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watershed_cp.basins.gathering import FILTERED, UNPLACED
from watershed_cp.errors import Text
from watershed_cp.messages import label, number

if TYPE_CHECKING:
    from watershed_cp.basins.gathering import Nearby
    from watershed_cp.errors import Language

__all__ = ["Search", "tell_counts", "tell_search"]

_KILOMETRE = 1000.0


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was searched.

    Attributes
    ----------
    register : str
        Name of the file.
    kind : {"basins", "rivers", "upstream"}
        Near what.
    what : Text
        The watersheds, the least order of the rivers, or the place.
    distance_m : float or None
        How near; None for what is usual.
    filters : str
        Sectors, sizes and countries asked for, as they were written.
    corrections : str
        Name of the workbook by which firms were placed by hand; empty for none.
    """

    register: str
    kind: str
    what: Text
    distance_m: float | None = None
    filters: str = ""
    corrections: str = ""


def tell_search(search: Search, found: Nearby) -> list[Text]:
    """Say what was searched, what became of every row, in which order the firms stand, and what is cut off.

    Parameters
    ----------
    search : Search
        What was searched.
    found : Nearby
        What was found.

    Returns
    -------
    list of Text
        Sentences, those that a reader asks for first at the top.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.basins.gathering import Nearby
    >>> found = Nearby(firms=pd.DataFrame({"msme_id": ["1"]}), counts={"near": 1}, unplaced=pd.DataFrame())
    >>> search = Search(register="a.csv", kind="basins", what=Text("Motagua", "Motagua"), distance_m=500.0)
    >>> [text.en for text in tell_search(search, found)][0]
    'a.csv: firms inside Motagua or up to 500 m from there.'
    """
    far = "" if search.distance_m is None else _length(search.distance_m)
    kind = f"{search.kind}_{'within' if search.distance_m else 'usual'}"
    lines = [_both(kind, register=search.register, what=search.what, far=far)]
    if search.filters:
        lines.append(_both("filters", filters=search.filters))
    lines += tell_counts(found)
    if search.corrections:
        lines.append(_both("corrections", file=search.corrections))
    return [*lines, _both("order"), *_cut(found)]


def tell_counts(found: Nearby) -> list[Text]:
    """Say what became of every row, so that all of them are accounted for, and how surely the firms are placed.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.basins.gathering import Nearby
    >>> nobody = pd.DataFrame({"msme_id": []})
    >>> [text.en for text in tell_counts(Nearby(firms=nobody, counts={"too_far": 2}, unplaced=nobody))]
    ['2 rows = 0 inside or near + 2 left out + 0 not placed', '2 too far']
    """
    counts = found.counts
    filtered, unplaced = (sum(counts.get(reason, 0) for reason in some) for some in (FILTERED, UNPLACED))
    totals = {
        "rows": sum(counts.values()),
        "near": counts.get("near", 0),
        "filtered": filtered,
        "unplaced": unplaced,
    }
    lines = [_both("total", **{name: number(rows) for name, rows in totals.items()})]
    for reason, rows in counts.items():
        if reason != "near":
            block = "unplaced" if reason in UNPLACED else "near"
            lines.append(
                Text(*(f"{number(rows)} {label(block, reason, language)}" for language in ("es", "en")))
            )
    by_name = int((found.firms["placed_by"] == "municipality").sum()) if "placed_by" in found.firms else 0
    return [*lines, *([_both("by_municipality", firms=number(by_name))] if by_name else [])]


def _cut(found: Nearby) -> list[Text]:
    """Say what is left off for its number, and how to have it."""
    near = found.counts.get("near", 0)
    unplaced = sum(found.counts.get(reason, 0) for reason in UNPLACED)
    lines = []
    if len(found.firms) < near:
        lines.append(_both("cut", rows=number(len(found.firms)), all=number(near)))
    if len(found.unplaced) < unplaced:
        lines.append(_both("cut_unplaced", rows=number(len(found.unplaced)), all=number(unplaced)))
    return lines if found.compared else [*lines, _both("not_compared")]


def _both(key: str, **data: Any) -> Text:
    languages: tuple[Language, Language] = ("es", "en")
    said = (
        label(
            "search",
            key,
            language,
            **{
                name: value.speak(language) if isinstance(value, Text) else value
                for name, value in data.items()
            },
        )
        for language in languages
    )
    return Text(*said)


def _length(metres: float) -> str:
    return f"{metres / _KILOMETRE:,.4g} km" if metres >= _KILOMETRE else f"{metres:,.4g} m"
