"""Firms that may be one and the same under two identifiers: candidates for a person to judge, never merged here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from watershed_cp.intake.angles import METRES_PER_DEGREE
from watershed_cp.intake.headers import fold
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

__all__ = ["find_duplicates", "firm_key", "review_pairs"]

SAME_NAME = 92  # percent of likeness; the worst pair of two real firms in the trial reached 53
ALIKE_NAME = 75  # enough where both stand on one spot
FAR_M = 2_000.0  # beyond this, two firms of one name are two branches
SPOT_M = 60.0
_BLOCK = 1_000
_MOST_COMPARED = 5_000
_FORMS = re.compile(
    r"\b(sociedad anonima|(s ?a( ?s)?|(s ?de ?)?r ?l|s ?r ?l)( de c ?v)?|de c ?v|ltda|limitada|(y )?(cia|compania)"
    r"|corp|inc|llc|e ?i ?r ?l|asociacion cooperativa|acps)\b"
)
_NUMBERS = re.compile(r"\d+")
_FILLERS = frozenset({"de", "del", "la", "el", "los", "las", "y", "e"})

_TOLD = ("municipality", "address", "source_row")

COLUMNS = (
    "msme_id",
    "other_msme_id",
    "name",
    "other_name",
    "likeness_pct",
    "distance_m",
    "same_municipality",
)


def firm_key(name: str) -> str:
    """Reduce a firm's name to what tells it apart: without its legal form, articles, accents and case.

    Examples
    --------
    >>> firm_key("Lácteos La Esperanza, S.A. de C.V."), firm_key("LACTEOS ESPERANZA S. A.")
    ('lacteos esperanza', 'lacteos esperanza')
    """
    plain = fold(name, brackets=True)
    bare = _FORMS.sub(" ", plain).split()
    words = [word for word in bare if word not in _FILLERS]
    return " ".join(words) or plain


def find_duplicates(msmes: gpd.GeoDataFrame) -> pd.DataFrame:
    """List pairs of firms whose names are alike and that nothing tells apart.

    Names must agree to 92 % within one country, unless the two stand more than 2 km apart; within 60 m of one
    another 75 % is enough. Numbers in a name are never alike: ``Local 1`` is not ``Local 2``.

    Parameters
    ----------
    msmes : GeoDataFrame
        As :func:`watershed_cp.read_msmes` gives it.

    Returns
    -------
    DataFrame
        One row a pair, the likeliest first: both identifiers and names, ``likeness_pct`` (%), ``distance_m``
        (m, NaN where a location is not known), ``same_municipality``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> names = ["Café Luz, S.A. de C.V.", "CAFE LUZ SA", "Tenería Sur"]
    >>> firms = gpd.GeoDataFrame({"msme_id": ["1", "2", "3"], "name": names}, geometry=[None] * 3, crs=4326)
    >>> find_duplicates(firms)[["msme_id", "other_msme_id"]].to_numpy().tolist()
    [['1', '2']]
    """
    named = msmes[msmes["name"].notna()].reset_index(drop=True)
    country, municipality = (_column(named, name) for name in ("country", "municipality"))
    points = np.column_stack([named.geometry.x, named.geometry.y]) if len(named) else np.empty((0, 2))
    keys = named["name"].map(firm_key).tolist()
    numbers = np.array([" ".join(sorted(_NUMBERS.findall(key))) for key in keys], dtype=object)
    found = list(_alike(keys, country + "|" + numbers, points))
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    one, two, likeness, apart = (np.concatenate(parts) for parts in zip(*found, strict=True))
    pairs = pd.DataFrame(
        {
            "msme_id": named["msme_id"].to_numpy()[one],
            "other_msme_id": named["msme_id"].to_numpy()[two],
            "name": named["name"].to_numpy()[one],
            "other_name": named["name"].to_numpy()[two],
            "likeness_pct": likeness,
            "distance_m": apart,
            "same_municipality": (municipality[one] == municipality[two]) & (municipality[one] != ""),
        }
    )
    return pairs.sort_values(["likeness_pct", "distance_m"], ascending=[False, True], ignore_index=True)


def review_pairs(msmes: gpd.GeoDataFrame) -> pd.DataFrame:
    """List the pairs as :func:`find_duplicates`, with what else tells two records apart, for a person to judge.

    Above 5,000 firms it would take minutes to compare each with each; then nothing is listed, and ``attrs["notes"]``
    says so. Beside the columns of :func:`find_duplicates` stand ``municipality``, ``address`` and ``source_row`` of
    both firms, those of the second with ``other_`` ahead; blank where the register lacks them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> len(review_pairs(gpd.GeoDataFrame({"msme_id": ["1"], "name": ["x"]}, geometry=[None], crs=4326)))
    0
    """
    if len(msmes) <= _MOST_COMPARED:
        pairs = find_duplicates(msmes)
        known = msmes.drop_duplicates("msme_id").set_index("msme_id").reindex(columns=list(_TOLD))
        for name in _TOLD:
            pairs[name] = pairs["msme_id"].map(known[name])
            pairs[f"other_{name}"] = pairs["other_msme_id"].map(known[name])
        return pairs
    pairs = find_duplicates(msmes.iloc[:0])
    pairs.attrs["notes"] = (
        fault("duplicates_unsought", count=f"{len(msmes):,}", most=f"{_MOST_COMPARED:,}"),
    )
    return pairs


def _column(firms: pd.DataFrame, name: str) -> np.ndarray[Any, Any]:
    values = firms[name] if name in firms else [""] * len(firms)
    return np.array([fold(value) if isinstance(value, str) else "" for value in values], dtype=object)


def _alike(
    keys: list[str], groups: np.ndarray[Any, Any], points: np.ndarray[Any, Any]
) -> Iterator[tuple[np.ndarray[Any, Any], ...]]:
    """Give positions, likeness and distance of the pairs that may be one, block by block to bound the memory."""
    for start in range(0, len(keys), _BLOCK):
        block = keys[start : start + _BLOCK]
        scores = process.cdist(
            block, keys[start:], scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE_NAME, dtype=np.uint8
        )
        one, two = np.nonzero(np.triu(scores, k=1))
        likeness = scores[one, two].astype(float)
        one, two = one + start, two + start
        apart = _distance_m(points[one], points[two])
        near = (apart <= SPOT_M) | (
            (likeness >= SAME_NAME) & ~(apart > FAR_M)
        )  # where unknown, the name decides
        kept = near & (groups[one] == groups[two])
        yield one[kept], two[kept], likeness[kept], apart[kept]


def _distance_m(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give the distances of points (longitude, latitude); a plane is enough for two kilometres."""
    across = (one[:, 0] - two[:, 0]) * np.cos(np.radians((one[:, 1] + two[:, 1]) / 2))
    return np.asarray(np.hypot(across, one[:, 1] - two[:, 1]) * METRES_PER_DEGREE)
