"""The account of each load in words and numbers, as an auditor would write it.

Tables hold it in English; ``[equation]`` in ``messages.toml`` says its words in Spanish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["written_loads", "written_mean", "written_reductions"]

_ONE = 1e-12  # a factor that differs from one by less is one
_LOAD, _WET = "load", "concentration × flow × days"
_KILOGRAMS = "{:,.6g}"


def written_loads(
    rows: pd.DataFrame,
    *,
    wet: NDArray[np.bool_],
    counted: NDArray[np.float64],
    days: NDArray[np.float64],
    factors: NDArray[np.float64],
    passing: NDArray[np.float64],
) -> pd.Series[str]:
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
    pandas.Series of str, n rows
        With the index of the rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"qualifier": [""], "value": 250.0, "unit": "mg/L", "flow": 12.0, "flow_unit": "m3/d",
    ...                      "load_kg_yr": 900.0})
    >>> one = np.ones(1)
    >>> written_loads(rows, wet=one > 0, counted=250 * one, days=300 * one, factors=one / 1e3, passing=one).iloc[0]
    'concentration × flow × days × unit factor = 250 mg/L × 12 m3/d × 300 d/yr × 0.001 = 900 kg/yr'
    """
    load = rows["load_kg_yr"].to_numpy(float)
    known = ~np.isnan(load)
    converted, treated = np.abs(factors - 1) > _ONE, passing < 1
    heads = [
        f"{words}{' × unit factor' * convert}{' × what the plant lets through' * plant} = "
        for words in (_LOAD, _WET)
        for convert in (False, True)
        for plant in (False, True)
    ]
    below = (rows["qualifier"] == "<").to_numpy()
    return _joined(
        rows.index,
        _chosen(heads, 4 * wet + 2 * converted + treated, where=known),
        _text(rows["qualifier"]),
        _numbers(rows["value"].to_numpy(float), "{:,.10g} "),
        _text(rows["unit"]),
        _numbers(counted, " → {:,.6g}", where=known & below),
        _numbers(rows["flow"].to_numpy(float), " × {:,.10g} ", where=known & wet),
        _text(rows["flow_unit"].where(known & wet)),
        _numbers(days, " × {:g} d/yr", where=known & wet),
        _numbers(factors, " × {:,.6g}", where=known & converted),
        _numbers(passing, " × {:.4g}", where=known & treated),
        _numbers(load, f" = {_KILOGRAMS} kg/yr", where=known),
    )


def written_mean(equations: Iterable[str], mean_kg_yr: float) -> str:
    """Write the mean of the samples of one campaign.

    Examples
    --------
    >>> written_mean(["load = 1 kg/yr = 1 kg/yr", "load = 3 kg/yr = 3 kg/yr"], 2.0)
    'mean of [load = 1 kg/yr = 1 kg/yr; load = 3 kg/yr = 3 kg/yr] = 2 kg/yr'
    """
    return f"mean of [{'; '.join(equations)}] = {mean_kg_yr:,.6g} kg/yr"


def written_reductions(pairs: pd.DataFrame) -> pd.Series[str]:
    """Write each reduction as baseline less follow-up, both with their own account and the load at its end.

    Parameters
    ----------
    pairs : pandas.DataFrame, n rows
        ``equation`` and ``load_kg_yr`` of the follow-up, and the same of the ``_baseline``; no load is unknown.

    Returns
    -------
    pandas.Series of str, n rows
        With the index of the pairs.

    Examples
    --------
    >>> pairs = pd.DataFrame({"equation": ["b = 2 kg/yr"], "load_kg_yr": 2.0,
    ...                       "equation_baseline": ["a = 5 kg/yr"], "load_kg_yr_baseline": 5.0})
    >>> written_reductions(pairs).iloc[0]
    'baseline: a = 5 kg/yr; follow-up: b = 2 kg/yr; reduction = 5 − 2 = 3 kg/yr'
    """
    before, after = (_text(pairs[name]) for name in ("equation_baseline", "equation"))
    reduction = (pairs["load_kg_yr_baseline"] - pairs["load_kg_yr"]).to_numpy(float)
    return _joined(
        pairs.index,
        *("baseline: ", before, "; follow-up: ", after),
        *("; reduction = ", _result(before), " − ", _result(after)),
        _numbers(reduction, f" = {_KILOGRAMS} kg/yr"),
    )


def _joined(index: pd.Index, *parts: Any) -> pd.Series[str]:
    """Join columns of text, and texts that all rows share, row by row."""
    import pyarrow.compute as pc

    return pd.Series(pc.binary_join_element_wise(*parts, "").to_pandas().array, index=index, dtype="str")


def _result(equation: Any) -> Any:
    """Give the number at the end of each account, as it is written there."""
    import pyarrow.compute as pc

    parts = pc.split_pattern(equation, " = ", max_splits=1, reverse=True)
    return pc.utf8_rtrim(pc.list_element(parts, 1), " kg/yr")


def _text(column: pd.Series) -> Any:
    """Give a column as Arrow text, blank where it is missing."""
    import pyarrow as pa

    return pa.array(column, type=pa.string(), from_pandas=True).fill_null("")


def _numbers(values: NDArray[np.float64], form: str, *, where: NDArray[np.bool_] | None = None) -> Any:
    """Write numbers, each that occurs once; blank elsewhere."""
    codes, known = pd.factorize(values, use_na_sentinel=False)
    return _chosen([form.format(one) for one in known.tolist()], codes, where=where)


def _chosen(texts: list[str], codes: NDArray[np.int64], *, where: NDArray[np.bool_] | None) -> Any:
    """Give for each row one of a few texts; blank elsewhere."""
    import pyarrow as pa

    places = codes if where is None else np.where(where, codes, len(texts))
    return pa.array([*texts, ""], type=pa.string()).take(pa.array(places))
