"""The WGS 84 ellipsoid: places in space, metres per degree, and geodesics that end on a straight edge."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Geod

    Floats = NDArray[np.float64]

__all__ = ["geocentric", "geodesic", "local_metres", "metres_between", "metres_per_degree"]


@functools.cache
def geodesic() -> Geod:
    """Give the geodesics of WGS 84.

    Examples
    --------
    >>> round(geodesic().a)
    6378137
    """
    from pyproj import Geod

    return Geod(ellps="WGS84")


def metres_between(start: Floats, end: Floats) -> Floats:
    """Measure the geodesic from each place to its counterpart.

    Parameters
    ----------
    start, end : ndarray
        Shape (n, 2), longitude and latitude in degrees, WGS 84.

    Returns
    -------
    ndarray
        Shape (n,), metres; NaN where either place is not known.

    Examples
    --------
    >>> metres_between(np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [np.nan, 0.0]])).round()
    array([111319.,     nan])
    """
    metres = np.full(len(start), np.nan)
    known = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1)
    metres[known] = geodesic().inv(*start[known].T, *end[known].T)[2]
    return metres


def metres_per_degree(latitude: Floats) -> tuple[Floats, Floats]:
    """Tell how many metres one degree measures eastward and northward.

    Parameters
    ----------
    latitude : ndarray
        Degrees north, WGS 84.

    Returns
    -------
    eastward, northward : ndarray
        Metres per degree of longitude and of latitude, by the radii of curvature in the prime vertical and in
        the meridian.

    Examples
    --------
    >>> [round(float(metres)) for metres in metres_per_degree(np.float64(0))]
    [111319, 110574]
    """
    ellipsoid = geodesic()
    sine = np.sin(np.radians(latitude))
    squeeze = 1 - ellipsoid.es * sine**2
    prime_vertical = ellipsoid.a / np.sqrt(squeeze)
    eastward = np.radians(prime_vertical * np.cos(np.radians(latitude)))
    return eastward, np.radians(prime_vertical * (1 - ellipsoid.es) / squeeze)


def geocentric(points: Floats) -> Floats:
    """Place points of the ellipsoid in space, where straight distances are cheap and have no seam.

    Parameters
    ----------
    points : ndarray
        Shape (n, 2), longitude and latitude in degrees, WGS 84.

    Returns
    -------
    ndarray
        Shape (n, 3), earth-centred and earth-fixed coordinates in metres.

    Examples
    --------
    >>> geocentric(np.zeros((1, 2))).tolist()
    [[6378137.0, 0.0, 0.0]]
    """
    ellipsoid = geodesic()
    east, north = np.radians(points[:, 0]), np.radians(points[:, 1])
    prime_vertical = ellipsoid.a / np.sqrt(1 - ellipsoid.es * np.sin(north) ** 2)
    across = prime_vertical * np.cos(north)
    return np.stack(
        [across * np.cos(east), across * np.sin(east), prime_vertical * (1 - ellipsoid.es) * np.sin(north)],
        axis=-1,
    )


def local_metres(origin: Floats, place: Floats) -> Floats:
    """Tell how far east and north places lie of their origins, by the scale half way between.

    Parameters
    ----------
    origin, place : ndarray
        Shape (n, 2), longitude and latitude in degrees.

    Returns
    -------
    ndarray
        Shape (n, 2), metres east and north; good to 1 in 10,000 up to 50 km.

    Examples
    --------
    >>> local_metres(np.array([[179.9, 0.0]]), np.array([[-179.9, 0.0]])).round().tolist()
    [[22264.0, 0.0]]
    """
    eastward, northward = metres_per_degree((origin[:, 1] + place[:, 1]) / 2)
    east = (place[:, 0] - origin[:, 0] + 180) % 360 - 180
    return np.stack([east * eastward, (place[:, 1] - origin[:, 1]) * northward], axis=-1)
