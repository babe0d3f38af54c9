"""What the register of firms says of a load: the sector, and the treatment plant at the end of the sewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["passing_shares", "sectors"]


def passing_shares(rows: pd.DataFrame, msmes: pd.DataFrame | None) -> NDArray[np.float64]:
    """Give the share of each row's load that reaches the water: what a plant at the end of the sewer does not remove.

    The plant removes its share before as after the measure, so both loads are those at its outfall and the kilograms
    that it would have kept anyway are nobody's reduction. It removes of each pollutant another share: what a row says
    of its own comes before what the register says of the firm.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Columns ``msme_id`` and ``sewer_removal_pct``.
    msmes : pandas.DataFrame or None
        Columns ``msme_id``, ``discharge_to`` and ``sewer_removal_pct``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        From 0 to 1; NaN where no plant is known that removes anything.

    Examples
    --------
    >>> import numpy as np
    >>> msmes = pd.DataFrame({"msme_id": ["F1", "F2"], "discharge_to": ["sewer", "river"], "sewer_removal_pct": 85.0})
    >>> rows = pd.DataFrame({"msme_id": ["F1", "F1", "F2"], "sewer_removal_pct": [np.nan, 40, np.nan]})
    >>> passing_shares(rows, msmes)
    array([0.15, 0.6 ,  nan])
    """
    removal = rows["sewer_removal_pct"].astype(float)
    if msmes is not None and {"discharge_to", "sewer_removal_pct"} <= set(msmes.columns):
        into_sewer = msmes["sewer_removal_pct"].astype(float).where(msmes["discharge_to"] == "sewer")
        removal = removal.fillna(_of_firm(rows["msme_id"], msmes, into_sewer))
    return (100 - removal.to_numpy(float)) / 100


def sectors(firm: pd.Series, msmes: pd.DataFrame | None) -> pd.Series:
    """Give each row the ISIC Rev. 4 code of its firm, blank where it is not known.

    Examples
    --------
    >>> sectors(pd.Series(["F1", "F2"]), pd.DataFrame({"msme_id": ["F1"], "ciiu": ["1050"]})).tolist()
    ['1050', '']
    """
    if msmes is None or "ciiu" not in msmes:
        return pd.Series("", index=firm.index)
    return _of_firm(firm, msmes, msmes["ciiu"]).astype("str").fillna("")


def _of_firm(firm: pd.Series, msmes: pd.DataFrame, values: pd.Series) -> pd.Series:
    known = ~msmes["msme_id"].duplicated()
    return firm.map(pd.Series(values[known].to_numpy(), index=msmes.loc[known, "msme_id"].to_numpy()))
