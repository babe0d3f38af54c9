"""How far a load may be off: standard uncertainties from laboratory and flow meter, and the 90 % range of a sum.

An error that two campaigns of a firm share cancels in their difference: the same laboratory has the same bias,
the same meter the same calibration. Firms are independent of one another.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from watershed_cp import reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Component = Literal["analysis", "flow"]

COMPONENTS: tuple[Component, ...] = ("analysis", "flow")

COVERAGE_90 = 1.6448536269514722
"""Standard normal quantile of 0.95: half the width of a 90 % range, in standard uncertainties."""


def relative(rows: pd.DataFrame, *, concentration: NDArray[np.bool_]) -> dict[Component, NDArray[np.float64]]:
    """Give the relative standard uncertainty that laboratory and flow meter bring to each row's load.

    What a row gives comes first, then the figure published for its pollutant or for the way its flow was measured,
    then the general one: all of ``data/reference/measurement_uncertainty.csv``.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        With ``relative_uncertainty`` of the load (a fraction), ``analysis_uncertainty_pct`` of the concentration and
        ``flow_uncertainty_pct`` (percent), ``pollutant`` and ``flow_method``; NaN and None where not given.
    concentration : numpy.ndarray of bool, shape (n,)
        Whether the row is a concentration times a flow; a load given as such brings the two in one.

    Returns
    -------
    dict of numpy.ndarray, shape (n,)
        Per component. The uncertainty of a whole load is counted to the analysis.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"relative_uncertainty": np.nan, "analysis_uncertainty_pct": [5.0, np.nan],
    ...                      "flow_uncertainty_pct": np.nan, "pollutant": "COD", "flow_method": ["weir", None]})
    >>> {name: share.tolist() for name, share in relative(rows, concentration=np.array([True, True])).items()}
    {'analysis': [0.05, 0.154], 'flow': [0.087, 0.107]}
    """
    load = rows["relative_uncertainty"].to_numpy(float)
    analysis = _given_or_published(rows, "analysis", quantity="concentration", kind="pollutant")
    flow = _given_or_published(rows, "flow", quantity="flow", kind="flow_method")
    unknown = np.isnan(load)
    return {
        "analysis": np.where(unknown, np.where(concentration, analysis, np.hypot(analysis, flow)), load),
        "flow": np.where(unknown & concentration, flow, 0.0),
    }


def of_difference(baseline: pd.DataFrame, follow_up: pd.DataFrame) -> NDArray[np.float64]:
    """Give the standard uncertainty of ``baseline - follow_up``, errors in common cancelling.

    For each component with standard uncertainties b and f and correlation r: b² + f² - 2 r b f.

    Parameters
    ----------
    baseline, follow_up : pandas.DataFrame, n rows
        Columns ``analysis_kg_yr`` and ``flow_kg_yr``: standard uncertainties of the loads.

    Returns
    -------
    numpy.ndarray, shape (n,)
        In kg/yr.

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame({"analysis_kg_yr": [3.0], "flow_kg_yr": [0.0]})
    >>> of_difference(one, one)  # sqrt(9 + 9 - 2 * 0.5 * 9)
    array([3.])
    """
    variance = np.zeros(len(baseline))
    for component in COMPONENTS:
        before, after = (side[f"{component}_kg_yr"].to_numpy(float) for side in (baseline, follow_up))
        variance += before**2 + after**2 - 2 * _correlation(component) * before * after
    return np.sqrt(variance)


def _given_or_published(
    rows: pd.DataFrame, component: Component, *, quantity: str, kind: str
) -> NDArray[np.float64]:
    """Give what each row tells of a component, else what is published for its kind of measurement."""
    given = rows[f"{component}_uncertainty_pct"].to_numpy(float) / 100
    codes, kinds = pd.factorize(rows[kind])
    published = np.array([_share(quantity, one) for one in [*kinds, ""]])  # the last is for what is not told
    return np.where(np.isnan(given), published[codes], given)


@functools.cache
def _share(quantity: str, kind: str) -> float:
    """Give the relative standard uncertainty published for a pollutant or a flow method, or the general one."""
    rows = [row for row in reference.read_reference("measurement_uncertainty") if row["quantity"] == quantity]
    own = [row for row in rows if kind and kind in (row["pollutant"], row["flow_method"])]
    general = next(row for row in rows if row["default"] == "yes")
    return float((own or [general])[0]["relative_standard_uncertainty"])


@functools.cache
def _correlation(component: Component) -> float:
    rows = reference.read_reference("uncertainty_correlation")
    return float(next(row["correlation"] for row in rows if row["component"] == component))
