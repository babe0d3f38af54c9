"""Courses, internships and awareness: who came, and what they learned.

Scores before and after stand in one row, so they are pairs. The effect size is Hedges' g: the mean gain over the
root mean square of both standard deviations, corrected for small groups; its interval comes from the noncentral t
distribution (Algina and Keselman 2003, Educ. Psychol. Meas. 63, 537-553).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp.basins.locator import BasinLocator
from watershed_cp.impact.indicators import countable_tables, join_attendance
from watershed_cp.tables import EVENT_PLACES, TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from watershed_cp.impact.aggregation import Accounts


__all__ = ["Gain", "event_places", "score_gain", "training_table"]

_DIMENSIONS = ("kind", "role", "sex", "country", "event_id")
_TAILS = (0.95, 0.05)  # of a 90 % interval


class Gain(NamedTuple):
    """What a group learned: scores before and after, their difference and Hedges' g, with 90 % intervals."""

    tested: int
    before: float
    after: float
    gain: float
    gain_low: float
    gain_high: float
    effect: float
    effect_low: float
    effect_high: float


def score_gain(before: ArrayLike, after: ArrayLike) -> Gain:
    """Compare paired scores.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Scores of the same people; a pair of which one is NaN is left out.

    Returns
    -------
    Gain
        Intervals and effect are NaN for fewer than three pairs, and where all gained the same.

    Examples
    --------
    >>> gain = score_gain([4, 5, 6, 5], [6, 8, 9, 7])
    >>> gain.tested, gain.gain, round(gain.effect, 2)
    (4, 2.5, 1.67)
    """
    pairs = np.column_stack([np.asarray(before, float), np.asarray(after, float)])
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    pairs = pairs[np.lexsort(pairs.T)]  # so that the order of the rows makes no difference
    tested = len(pairs)
    if not tested:
        return Gain(0, *[math.nan] * 8)
    means = pairs.mean(axis=0)
    gains = pairs[:, 1] - pairs[:, 0]
    mean = float(gains.mean())
    known = (tested, float(means[0]), float(means[1]), mean)
    if tested < 3 or not gains.std() > 0:  # noqa: PLR2004 - two pairs make no spread
        return Gain(*known, *[math.nan] * 5)
    error = float(gains.std(ddof=1)) / math.sqrt(tested)
    half = _quantile(tested - 1) * error
    return Gain(*known, mean - half, mean + half, *_effect(pairs, mean / error, error))


def _quantile(freedom: int) -> float:
    from scipy import special  # scipy.stats says the same, and takes a second to load

    return float(special.stdtrit(freedom, _TAILS[0]))


def _effect(pairs: np.ndarray, t: float, error: float) -> tuple[float, float, float]:
    """Give Hedges' g and its interval: the ends of the noncentrality, in standard deviations of a score."""
    from scipy import special

    freedom = len(pairs) - 1
    spread = math.sqrt(float(pairs.var(axis=0, ddof=1).mean()))
    log = special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)
    scale = math.exp(log) / math.sqrt(freedom / 2) * error / spread
    ends = [scale * _noncentrality(abs(t), freedom, tail) for tail in _TAILS]
    return (t * scale, ends[0], ends[1]) if t >= 0 else (t * scale, -ends[1], -ends[0])


def _noncentrality(t: float, freedom: int, tail: float) -> float:
    """Give the noncentrality of which `tail` of the distribution lies below a `t` that is not negative."""
    from scipy import special

    near = math.sqrt(1 + t * t / (2 * freedom))  # its standard error, nearly
    guess = t + float(special.ndtri(1 - tail)) * near
    low, high = guess - 3 * near, guess + 3 * near
    while low < (centre := (low + high) / 2) < high:  # to the last bit; scipy.optimize takes long to load
        # far below t SciPy gives NaN where all of the distribution lies below
        below = np.nan_to_num(special.nctdtr(freedom, centre, t), nan=1.0)
        low, high = (centre, high) if below > tail else (low, centre)
    return centre


def training_table(accounts: Accounts) -> pd.DataFrame:
    """Tell who came and what they learned: in all, and by kind of event, role, sex, country and event.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.TRAINING`; empty without events or attendance. Scores are those of
        each person's first test in the group.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> table = training_table(run(data_path("demo", "project.toml")))
    >>> bool(table["people"].iloc[0] < table["attendances"].iloc[0])
    True
    """
    came = countable_tables(accounts).get("attendance")
    rows = [] if came is None else list(_training_rows(came))
    return pd.DataFrame(rows, columns=list(TRAINING.names))


def _training_rows(came: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    needed = [*_DIMENSIONS, "person_id", "score_before", "score_after", "date"]
    ordered = came.reindex(columns=needed).sort_values(
        ["date", "event_id", "role"], kind="stable", na_position="last"
    )
    yield "", "", *_training(ordered)
    for dimension in _DIMENSIONS:
        column = ordered[dimension].astype(object)
        for part, rows in ordered.groupby(column.where(column.notna(), ""), sort=True):
            yield dimension, part, *_training(rows)


def _training(rows: pd.DataFrame) -> tuple[float, ...]:
    """Count the attendances of a group, earliest first, and the people behind them, each once."""
    unlisted = rows["person_id"].isna()
    people = rows[unlisted | ~rows["person_id"].duplicated()]
    women, men = (int((people["sex"] == sex).sum()) for sex in ("female", "male"))
    tests = rows[rows["score_before"].notna() & rows["score_after"].notna()]
    tests = tests[tests["person_id"].isna() | ~tests["person_id"].duplicated()]
    share = 100 * women / (women + men) if women + men else math.nan
    gain = score_gain(tests["score_before"], tests["score_after"])
    return len(rows), len(people), int(unlisted.sum()), women, share, *gain


def event_places(accounts: Accounts) -> pd.DataFrame:
    """Give each event its place, its watershed, and how many came: the table behind a map.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.EVENT_PLACES`, one row an event; empty without events.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> event_places(run(data_path("demo", "project.toml")))["basin_id"].iloc[0]
    'acelhuate'
    """
    events = accounts.registers.get("events")
    if events is None:
        return pd.DataFrame(columns=list(EVENT_PLACES.names))
    came = join_attendance(accounts.registers.get("attendance"), events)
    where = BasinLocator(accounts.basins).locate(
        events["longitude"].to_numpy(float), events["latitude"].to_numpy(float)
    )
    names = [*accounts.basins.index, None]
    women = came[came["sex"] == "female"].groupby("event_id").size()
    return (
        pd.DataFrame(events)
        .assign(
            basin_id=[names[position] for position in where],
            people=events["event_id"].map(came.groupby("event_id").size()).fillna(0).astype(int),
            women=events["women"].astype(float).fillna(events["event_id"].map(women)),
        )
        .reindex(columns=list(EVENT_PLACES.names))
    )
