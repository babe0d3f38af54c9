"""The account of each load in words and numbers, as an auditor would write it.

Tables hold it in English; ``[equation]`` in ``messages.toml`` says its words in Spanish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["written_loads", "written_mean", "written_reductions"]

_ONE = 1e-12  # a factor that differs from one by less is one
_LOAD, _WET = "load", "concentration × flow × days"


def written_loads(
    rows: pd.DataFrame,
    *,
    wet: NDArray[np.bool_],
    counted: NDArray[np.float64],
    days: NDArray[np.float64],
    factors: NDArray[np.float64],
    passing: NDArray[np.float64],
) -> list[str]:
    """Write how each load came about; where there is no load, only what was measured.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Columns of :data:`watershed_cp.tables.AUDITS`, and ``load_kg_yr``.
    wet : numpy.ndarray of bool, shape (n,)
        Whether the value is a concentration, so that flow and days count.
    counted, days, factors, passing : numpy.ndarray, shape (n,)
        What the value counts as, operating days a year, the factor of all units together, and the share that a
        treatment plant lets through.

    Returns
    -------
    list of str, length n

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"qualifier": [""], "value": 250.0, "unit": "mg/L", "flow": 12.0, "flow_unit": "m3/d",
    ...                      "load_kg_yr": 900.0})
    >>> one = np.ones(1)
    >>> written_loads(rows, wet=one > 0, counted=250 * one, days=300 * one, factors=one / 1e3, passing=one)
    ['concentration × flow × days × unit factor = 250 mg/L × 12 m3/d × 300 d/yr × 0.001 = 900 kg/yr']
    """
    converted, treated = np.abs(factors - 1) > _ONE, passing < 1
    heads = [
        f"{words}{' × unit factor' * convert}{' × what the plant lets through' * plant} = "
        for words in (_LOAD, _WET)
        for convert in (False, True)
        for plant in (False, True)
    ]
    tails = zip(
        _each(days, " × {:g} d/yr", where=wet),
        _each(factors, " × {:,.6g}", where=converted),
        _each(passing, " × {:.4g}", where=treated),
        strict=True,
    )
    names = ["qualifier", "value", "unit", "flow", "flow_unit", "load_kg_yr"]
    cells = (rows[name].tolist() for name in names)
    kinds = (4 * wet + 2 * converted + treated).tolist()
    return [
        f"{qualifier}{value:,.10g} {unit}"
        if load != load  # noqa: PLR0124 - it is not a number
        else f"{heads[kind]}{qualifier}{value:,.10g} {unit}{f' → {count:,.6g}' if qualifier == '<' else ''}"
        f"{f' × {flow:,.10g} {flow_unit}' if kind & 4 else ''}{''.join(tail)} = {load:,.6g} kg/yr"
        for kind, tail, count, qualifier, value, unit, flow, flow_unit, load in zip(
            kinds, tails, counted.tolist(), *cells, strict=True
        )
    ]


def written_mean(equations: Iterable[str], mean_kg_yr: float) -> str:
    """Write the mean of the samples of one campaign.

    Examples
    --------
    >>> written_mean(["load = 1 kg/yr = 1 kg/yr", "load = 3 kg/yr = 3 kg/yr"], 2.0)
    'mean of [load = 1 kg/yr = 1 kg/yr; load = 3 kg/yr = 3 kg/yr] = 2 kg/yr'
    """
    return f"mean of [{'; '.join(equations)}] = {mean_kg_yr:,.6g} kg/yr"


def written_reductions(pairs: pd.DataFrame) -> list[str]:
    """Write each reduction as baseline less follow-up, both with their own account.

    Parameters
    ----------
    pairs : pandas.DataFrame, n rows
        ``equation`` and ``load_kg_yr`` of the follow-up, and the same of the ``_baseline``.

    Returns
    -------
    list of str, length n

    Examples
    --------
    >>> import pandas as pd
    >>> written_reductions(pd.DataFrame({"equation": ["b"], "load_kg_yr": 2.0, "equation_baseline": "a",
    ...                                  "load_kg_yr_baseline": 5.0}))
    ['baseline: a; follow-up: b; reduction = 5 − 2 = 3 kg/yr']
    """
    columns = ("equation_baseline", "equation", "load_kg_yr_baseline", "load_kg_yr")
    return [
        f"baseline: {first}; follow-up: {second}; "
        f"reduction = {before:,.6g} − {after:,.6g} = {before - after:,.6g} kg/yr"
        for first, second, before, after in zip(*(pairs[name].tolist() for name in columns), strict=True)
    ]


def _each(values: NDArray[np.float64], form: str, *, where: NDArray[np.bool_]) -> list[str]:
    """Write numbers of which there are few kinds, each kind once; blank elsewhere."""
    known, places = np.unique(np.where(where, values, np.nan), return_inverse=True)
    texts = np.array(["" if np.isnan(one) else form.format(one) for one in known], dtype=object)
    written: list[str] = texts[places].tolist()
    return written
