"""Fetch official layers to the user's own machine: resumed, verified, then moved into place.

HydroBASINS may be used freely but not passed on, so it is never shipped: each user downloads it under its licence.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.aside import checksum
from watershed_cp.errors import InputError, Text
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["HYDROBASINS_LICENCE", "HYDROBASINS_URL", "fetch_hydrobasins", "official_basins"]

HYDROBASINS_URL = "https://data.hydrosheds.org/file/hydrobasins/standard/hybas_na_lev{level:02d}_v1c.zip"
HYDROBASINS_LICENCE = Text(
    "HydroBASINS (Lehner y Grill 2013, doi:10.1002/hyp.9740): uso libre científico, educativo y comercial con cita; "
    "no se permite redistribuirlo. Texto completo: https://www.hydrosheds.org/products/hydrobasins",
    "HydroBASINS (Lehner and Grill 2013, doi:10.1002/hyp.9740): free for scientific, educational and commercial use "
    "with citation; not to be redistributed. Full text: https://www.hydrosheds.org/products/hydrobasins",
)
_LEVELS = range(1, 13)
_TIMEOUT_S = 60
_CHUNK_BYTES = 1 << 16
_PARTIAL, _WHOLE = 206, 200
_NEAR_DEGREES = 0.05  # a mouth may lie in the unit next door
_MOST_APART = 1.5  # ratio of areas beyond which a unit is another river's


def fetch_hydrobasins(
    level: int,
    folder: str | Path,
    *,
    url: str = HYDROBASINS_URL,
    sha256: str | None = None,
    progress: bool = False,
) -> Path:
    """Download HydroBASINS for North and Central America at one level.

    Parameters
    ----------
    level : int
        1 to 12; 8 has units of some 500 km2, 12 of some 130 km2.
    folder : str or Path
        Where the file goes. What an interrupted download left there is continued.
    url : str
        Address with ``{level:02d}`` in it.
    sha256 : str, optional
        Checksum expected; by default that of the first complete download, kept beside the file.
    progress : bool
        Whether to show how far the download is.

    Returns
    -------
    Path
        The verified zip archive.

    Raises
    ------
    InputError
        If the level does not exist, the server fails, the file is truncated, no archive, or has another checksum.
        Nothing unverified is left under the final name.

    Examples
    --------
    >>> fetch_hydrobasins(13, ".")
    Traceback (most recent call last):
    watershed_cp.errors.InputError: HydroBASINS has no level 13. Choose 1 to 12, for example 8.
    """
    import pooch

    if level not in _LEVELS:
        raise InputError(fault("hydrobasins_level", level=level))
    address = url.format(level=level)
    target = Path(folder) / address.rsplit("/", 1)[-1]
    target.parent.mkdir(parents=True, exist_ok=True)
    note = target.with_suffix(".sha256")
    expected = sha256 or (note.read_text(encoding="ascii").strip() if note.exists() else None)
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(
            address,
            expected,
            fname=target.name,
            path=target.parent,
            downloader=_Resuming(target, progress=progress),
        )
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        rule = "download_wrong_hash"
        raise InputError(
            fault(rule, file=target.name, url=address, expected=expected, got=_got(error))
        ) from error
    if not _is_sound(target):
        target.unlink()
        raise InputError(fault("download_not_archive", file=target.name, url=address))
    note.write_text(checksum(target) + "\n", encoding="ascii")
    return target


class _Resuming:
    """A pooch downloader that continues what an earlier try left behind."""

    def __init__(self, target: Path, *, progress: bool) -> None:
        self.part = target.with_suffix(target.suffix + ".part")
        self.progress = progress

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:  # noqa: ARG002 - pooch's signature
        import requests

        have = self.part.stat().st_size if self.part.exists() else 0
        try:
            onward = {
                "Range": f"bytes={have}-",
                "Accept-Encoding": "identity",
            }  # so that bytes can be counted
            with requests.get(url, headers=onward, stream=True, timeout=_TIMEOUT_S) as answer:
                if answer.status_code not in (_PARTIAL, _WHOLE):
                    self.part.unlink(missing_ok=True)
                    answer.raise_for_status()
                have = have if answer.status_code == _PARTIAL else 0
                length = int(answer.headers.get("Content-Length", 0))
                whole = have + length if length else 0  # 0 if the server does not say
                self._write(answer, have, whole)
        except (requests.RequestException, OSError) as error:
            kept = self.part.stat().st_size if self.part.exists() else 0
            reason = type(error).__name__
            raise InputError(fault("download_failed", url=url, reason=reason, kept=f"{kept:,}")) from error
        if whole and self.part.stat().st_size != whole:
            got = f"{self.part.stat().st_size:,}"
            raise InputError(fault("download_truncated", url=url, got=got, whole=f"{whole:,}"))
        self.part.replace(output_file)

    def _write(self, answer: Any, have: int, whole: int) -> None:
        import sys

        with self.part.open("ab" if have else "wb") as file:
            for chunk in answer.iter_content(_CHUNK_BYTES):
                have += file.write(chunk)
                if self.progress:
                    sys.stderr.write(f"\r{have / 1e6:,.1f} / {whole / 1e6:,.1f} MB")
        if self.progress:
            sys.stderr.write("\n")


def _is_sound(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return archive.testzip() is None


def _got(error: ValueError) -> str:
    """Read from pooch's message which checksum the download had."""
    import re

    found = re.search(r"downloaded file \((\w+)\)", str(error)) or re.search(r"got:? *'?(\w{64})", str(error))
    return found[1] if found else "?"


def official_basins(archive: str | Path, outlets: gpd.GeoDataFrame, target: str | Path) -> gpd.GeoDataFrame:
    """Pick the units of HydroBASINS upstream of each outlet and write them as a layer of basins.

    Parameters
    ----------
    archive : str or Path
        As :func:`fetch_hydrobasins` gives it, or any layer with ``HYBAS_ID``, ``NEXT_DOWN`` and ``UP_AREA``.
    outlets : geopandas.GeoDataFrame
        Index ``basin_id``; ``outlet_longitude``, ``outlet_latitude``, ``area_km2`` and the names, as
        :func:`watershed_cp.read_basins` gives them.
    target : str or Path
        GeoPackage to write; name it as ``source`` in the project file.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of :data:`watershed_cp.tables.BASINS`; ``area_km2`` is that of the official outline.

    Raises
    ------
    InputError
        If the file is no such layer, or its units are too coarse for a watershed: each is named.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> official_basins("nowhere.zip", read_basins(), "official.gpkg")
    Traceback (most recent call last):
    watershed_cp.errors.MissingFileError: nowhere.zip: There is no such file. Check the name and the folder.
    """
    import shapely

    from watershed_cp.basins.geometry import area_km2
    from watershed_cp.basins.topology import Topology

    units = _read_units(Path(archive), outlets)
    rivers = Topology(
        {unit: below if below in units.index else "" for unit, below in units["next_down"].items()}
    )
    faults, shapes = [], {}
    for basin, outlet in outlets.iterrows():
        mouth = shapely.Point(outlet["outlet_longitude"], outlet["outlet_latitude"])
        near = units[shapely.distance(units.geometry.to_numpy(), mouth) < _NEAR_DEGREES]
        apart = (near["up_area"] / outlet["area_km2"]).map(
            lambda ratio: max(ratio, 1 / ratio) if ratio > 0 else 1e9
        )
        if near.empty or apart.min() > _MOST_APART:
            best = f"{near['up_area'][apart.idxmin()]:,.0f}" if len(near) else "–"
            faults.append(fault("hydrobasins_too_coarse", file=Path(archive).name, value=basin, best=best,
                                area=f"{outlet['area_km2']:,.0f}"))  # fmt: skip
            continue
        shapes[basin] = shapely.union_all(units.geometry[list(rivers.upstream_of(apart.idxmin()))].to_numpy())
    if faults:
        raise InputError(*faults)
    table = outlets.set_geometry([shapes[basin] for basin in outlets.index], crs="EPSG:4326")
    table["area_km2"] = area_km2(table.geometry)
    table["accuracy_m"] = float("nan")
    table["method"], table["credit"] = "HydroBASINS v1.c", HYDROBASINS_LICENCE.en
    table.reset_index().to_file(target, driver="GPKG")
    return table


def _read_units(archive: Path, outlets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    from watershed_cp.basins.layers import open_layer

    west, south, east, north = outlets.total_bounds
    layer = open_layer(archive, bbox=(west - 1, south - 1, east + 1, north + 1))
    missing = [name for name in ("HYBAS_ID", "NEXT_DOWN", "UP_AREA") if name not in layer.columns]
    if missing:
        raise InputError(fault("hydrobasins_columns", file=archive.name, columns=", ".join(missing)))
    columns = {
        "next_down": layer["NEXT_DOWN"].astype("int64").astype(str).to_numpy(),
        "up_area": layer["UP_AREA"].to_numpy(),
    }
    index = layer["HYBAS_ID"].astype("int64").astype(str).to_numpy()
    return gpd.GeoDataFrame(columns, geometry=layer.geometry.to_numpy(), index=index, crs=layer.crs)
