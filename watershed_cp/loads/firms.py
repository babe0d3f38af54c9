"""What the register of firms says of a load: the sector, and the treatment plant at the end of the sewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["passing_shares", "sectors"]


def passing_shares(firm: pd.Series, msmes: pd.DataFrame | None) -> NDArray[np.float64]:
    """Give the share of a firm's load that reaches the water: what a plant at the end of the sewer does not remove.

    The plant removes its share before as after the measure, so both loads are those at its outfall and the kilograms
    that it would have kept anyway are nobody's reduction.

    Parameters
    ----------
    firm : pandas.Series, n rows
        ``msme_id`` of each row.
    msmes : pandas.DataFrame or None
        Columns ``msme_id``, ``discharge_to`` and ``sewer_removal_pct``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        From 0 to 1; 1 where the firm does not discharge to a sewer or its plant's removal is not known.

    Examples
    --------
    >>> msmes = pd.DataFrame({"msme_id": ["F1", "F2"], "discharge_to": ["sewer", "river"], "sewer_removal_pct": 85.0})
    >>> passing_shares(pd.Series(["F1", "F2", "F3"]), msmes)
    array([0.15, 1.  , 1.  ])
    """
    if msmes is None or not {"discharge_to", "sewer_removal_pct"} <= set(msmes.columns):
        return np.ones(len(firm))
    removal = msmes["sewer_removal_pct"].where(msmes["discharge_to"] == "sewer").fillna(0.0)
    passing = (100 - removal.astype(float)) / 100
    return _of_firm(firm, msmes, passing).fillna(1.0).to_numpy(float)


def sectors(firm: pd.Series, msmes: pd.DataFrame | None) -> pd.Series:
    """Give each row the ISIC Rev. 4 code of its firm, blank where it is not known.

    Examples
    --------
    >>> sectors(pd.Series(["F1", "F2"]), pd.DataFrame({"msme_id": ["F1"], "ciiu": ["1050"]})).tolist()
    ['1050', '']
    """
    if msmes is None or "ciiu" not in msmes:
        return pd.Series("", index=firm.index)
    return _of_firm(firm, msmes, msmes["ciiu"].astype(object)).fillna("").astype(str)


def _of_firm(firm: pd.Series, msmes: pd.DataFrame, values: pd.Series) -> pd.Series:
    known = ~msmes["msme_id"].duplicated()
    return firm.map(pd.Series(values[known].to_numpy(), index=msmes.loc[known, "msme_id"].to_numpy()))
