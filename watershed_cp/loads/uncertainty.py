"""How far a load may be off: relative standard uncertainty of a row, and the 90 % range of a sum.

Standard uncertainties of independent rows add as squares; the intervals of non-detects add as they are.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp import reference

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

COVERAGE_90 = 1.6448536269514722
"""Standard normal quantile of 0.95: half the width of a 90 % range, in standard uncertainties."""


@functools.cache
def _default(quantity: str) -> float:
    for row in reference.read_reference("measurement_uncertainty"):
        if row["quantity"] == quantity and row["default"] == "yes":
            return float(row["relative_standard_uncertainty"])
    return 0.0


def relative(rows: pd.DataFrame, *, concentration: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give the relative standard uncertainty of each row's load.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        With ``relative_uncertainty`` (a fraction, NaN where not given).
    concentration : numpy.ndarray of bool, shape (n,)
        Whether the row is a concentration times a flow; both then bring their default from
        ``data/reference/measurement_uncertainty.csv``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The given value, else the default.

    Examples
    --------
    >>> import pandas as pd
    >>> relative(pd.DataFrame({"relative_uncertainty": [0.2]}), concentration=np.array([True]))
    array([0.2])
    """
    analysis, flow = _default("concentration"), _default("flow")
    default = np.where(concentration, np.hypot(analysis, flow), max(analysis, flow))
    given = rows["relative_uncertainty"].to_numpy(float)
    return np.where(np.isnan(given), default, given)
