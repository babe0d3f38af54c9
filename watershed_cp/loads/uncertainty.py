"""How far a load may be off: standard uncertainties from laboratory and flow meter, and the 90 % range of a sum.

An error that two campaigns of a firm share cancels in their difference: the same laboratory has the same bias,
the same meter the same calibration. Firms are independent of one another.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import numpy as np

from watershed_cp import reference

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Component = Literal["analysis", "flow"]

COMPONENTS: tuple[Component, ...] = ("analysis", "flow")

COVERAGE_90 = 1.6448536269514722
"""Standard normal quantile of 0.95: half the width of a 90 % range, in standard uncertainties."""


def relative(rows: pd.DataFrame, *, concentration: NDArray[np.bool_]) -> dict[Component, NDArray[np.float64]]:
    """Give the relative standard uncertainty that laboratory and flow meter bring to each row's load.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        With ``relative_uncertainty`` of the load (a fraction, NaN where not given).
    concentration : numpy.ndarray of bool, shape (n,)
        Whether the row is a concentration times a flow, so that both bring their default from
        ``data/reference/measurement_uncertainty.csv``; a load given as such brings the two in one.

    Returns
    -------
    dict of numpy.ndarray, shape (n,)
        Per component. An uncertainty that the row gives itself is counted to the analysis.

    Examples
    --------
    >>> import pandas as pd
    >>> relative(pd.DataFrame({"relative_uncertainty": [0.2]}), concentration=np.array([True]))
    {'analysis': array([0.2]), 'flow': array([0.])}
    """
    analysis, flow = _default("concentration"), _default("flow")
    given = rows["relative_uncertainty"].to_numpy(float)
    unknown = np.isnan(given)
    return {
        "analysis": np.where(unknown, np.where(concentration, analysis, np.hypot(analysis, flow)), given),
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


@functools.cache
def _default(quantity: str) -> float:
    rows = reference.read_reference("measurement_uncertainty")
    chosen = next(row for row in rows if row["quantity"] == quantity and row["default"] == "yes")
    return float(chosen["relative_standard_uncertainty"])


@functools.cache
def _correlation(component: Component) -> float:
    rows = reference.read_reference("uncertainty_correlation")
    return float(next(row["correlation"] for row in rows if row["component"] == component))
