"""Official layers from a server of our own: whole, broken off, truncated, of another checksum, and no archive."""

from __future__ import annotations

import functools
import hashlib
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from watershed_cp.basins import downloads
from watershed_cp.basins.catalogue import read_basins
from watershed_cp.basins.downloads import fetch_hydrobasins, official_basins
from watershed_cp.cli import main
from watershed_cp.errors import InputError
from watershed_cp.tables import BASINS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "hybas_na_lev08_v1c"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make a file of the true shape: units 1 and 2 drain to 3, and 3 to the sea; 4 to 6 are elsewhere."""
    folder = tmp_path_factory.mktemp("hybas")
    units = gpd.GeoDataFrame(
        {
            "HYBAS_ID": [7080000010, 7080000020, 7080000030, 7080000040, 7080000050, 7080000060],
            "NEXT_DOWN": [7080000030, 7080000030, 0, 0, 7080000040, 0],
            "NEXT_SINK": [7080000030, 7080000030, 7080000030, 7080000040, 7080000040, 7080000060],
            "MAIN_BAS": [7080000030, 7080000030, 7080000030, 7080000040, 7080000040, 7080000060],
            "DIST_SINK": [150.5, 160.2, 0.0, 0.0, 140.0, 0.0],
            "DIST_MAIN": [150.5, 160.2, 0.0, 0.0, 140.0, 0.0],
            "SUB_AREA": [12300.0] * 6,
            "UP_AREA": [12300.0, 12300.0, 36900.0, 24600.0, 12300.0, 12300.0],
            "PFAF_ID": [77_230_012, 77_230_011, 77_230_010, 77_230_020, 77_230_021, 77_230_030],
            "ENDO": [0] * 6,
            "COAST": [0, 0, 0, 0, 0, 1],
            "ORDER": [2, 2, 1, 1, 2, 0],
            "SORT": [3, 2, 1, 4, 5, 6],
        },
        geometry=[
            shapely.box(x, y, x + 1, y + 1) for x, y in ((0, 0), (0, 1), (1, 0), (5, 5), (5, 6), (9, 9))
        ],
        crs="EPSG:4326",
    )
    units.to_file(folder / f"{NAME}.shp")
    path = folder / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        for part in sorted(folder.glob(f"{NAME}.*")):
            if part != path:
                zipped.write(part, part.name)
        zipped.writestr("HydroBASINS_TechDoc.txt", "x" * 300_000)  # so that it comes in several pieces
    return path.read_bytes()


class Server:
    """A server that answers as told and keeps the requests."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.status = 200
        self.stop_after: int | None = None
        self.says_length = True
        self.ranges: list[str] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range", "bytes=0-")
                told.ranges.append(asked)
                start = int(re.findall(r"\d+", asked)[0])
                part = told.body[start:]
                self.send_response(told.status if told.status != 200 else 206)
                if told.says_length:
                    self.send_header("Content-Length", str(len(part)))
                self.end_headers()
                self.wfile.write(part[: told.stop_after])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hybas_na_lev{{level:02d}}_v1c.zip"


@pytest.fixture
def server(archive: bytes) -> Iterator[Server]:
    running = Server(archive)
    yield running
    running.server.shutdown()
    running.server.server_close()


def told(server: Server, folder: Path, **options: str) -> str:
    with pytest.raises(InputError) as error:
        fetch_hydrobasins(8, folder, url=server.url, **options)
    return error.value.tell("en")


def test_a_download_is_verified_and_not_repeated(server: Server, tmp_path: Path, archive: bytes) -> None:
    digest = hashlib.sha256(archive).hexdigest()
    path = fetch_hydrobasins(8, tmp_path, url=server.url, sha256=digest)
    assert path.read_bytes() == archive
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"{NAME}.sha256", f"{NAME}.zip"]
    fetch_hydrobasins(8, tmp_path, url=server.url)
    assert len(server.ranges) == 1


def test_a_broken_download_goes_on_where_it_stopped(server: Server, tmp_path: Path, archive: bytes) -> None:
    server.stop_after = 200_000
    assert told(server, tmp_path) == (
        f"{server.url.format(level=8)} could not be downloaded (ChunkedEncodingError); 196,608 bytes are kept. Check "
        "the connection and repeat the command: the download goes on from there."
    )
    assert not (tmp_path / f"{NAME}.zip").exists()
    server.stop_after = None
    assert fetch_hydrobasins(8, tmp_path, url=server.url).read_bytes() == archive
    assert server.ranges == ["bytes=0-", "bytes=196608-"]


def test_a_truncated_file_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.says_length, server.stop_after = False, 200_000
    assert told(server, tmp_path) == (
        f"{NAME}.zip: What {server.url.format(level=8)} sent is no sound zip archive. It was not kept. Repeat the "
        "command, or download it by hand from https://www.hydrosheds.org."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_server_need_not_say_how_much_is_left(server: Server, tmp_path: Path, archive: bytes) -> None:
    server.stop_after = 200_000
    told(server, tmp_path)
    server.says_length, server.stop_after = False, None
    assert fetch_hydrobasins(8, tmp_path, url=server.url).read_bytes() == archive


def test_the_command_says_how_to_use_what_it_fetched(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.gpkg"
    outlets(("river", 1.98, 0.5, 36_000.0)).reset_index().to_file(own)
    fetch = functools.partial(fetch_hydrobasins, url=server.url)
    monkeypatch.setattr(downloads, "fetch_hydrobasins", fetch)
    command = f"basins fetch hydrobasins --level 8 --folder {tmp_path} --basins {own} --language en"
    assert main(command.split()) == 0
    told = capsys.readouterr()
    file = (tmp_path / "hydrobasins_08.gpkg").as_posix()
    licence, order, *rest = told.out.splitlines()
    assert licence.startswith("HydroBASINS (Lehner and Grill 2013, doi:10.1002/hyp.9740): free for ")
    assert order == "All in order. Watersheds: 1; area: 36,923 km²."
    assert rest == [
        f"Written to: {file}",
        "To use it, write in the project file:",
        "  [basins]",
        f'  source = "{file}"',
    ]
    assert "/ 0.3 MB" in told.err  # progress
    assert read_basins(file).index.tolist() == ["river"]


def test_another_checksum_is_refused(server: Server, tmp_path: Path, archive: bytes) -> None:
    message = told(server, tmp_path, sha256="0" * 64)
    assert message.startswith(
        f"{NAME}.zip: The download of {server.url.format(level=8)} is not the file expected: "
    )
    assert f"its sha256 is {hashlib.sha256(archive).hexdigest()}, not {'0' * 64}." in message
    assert not (tmp_path / f"{NAME}.zip").exists()


def test_a_page_is_no_archive(server: Server, tmp_path: Path) -> None:
    server.body = b"<html>down for maintenance</html>"
    assert told(server, tmp_path) == (
        f"{NAME}.zip: What {server.url.format(level=8)} sent is no sound zip archive. It was not kept. Repeat the "
        "command, or download it by hand from https://www.hydrosheds.org."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_absent_server_is_told(server: Server, tmp_path: Path) -> None:
    server.status = 404
    assert told(server, tmp_path) == (
        f"{server.url.format(level=8)} could not be downloaded (HTTPError); 0 bytes are kept. Check the connection and "
        "repeat the command: the download goes on from there."
    )


def outlets(*rows: tuple[str, float, float, float]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        rows, columns=["basin_id", "outlet_longitude", "outlet_latitude", "area_km2"]
    ).set_index("basin_id")
    for column in BASINS.names:
        if column not in table:
            table[column] = "" if BASINS[column].kind == "text" else float("nan")
    shapes = shapely.box(table["outlet_longitude"] - 1, table["outlet_latitude"] - 1, 2, 2)
    return gpd.GeoDataFrame(table[list(BASINS.names)], geometry=shapes, crs="EPSG:4326")


def test_units_above_an_outlet_become_the_projects_basins(server: Server, tmp_path: Path) -> None:
    path = fetch_hydrobasins(8, tmp_path, url=server.url)
    target = tmp_path / "official.gpkg"
    found = official_basins(path, outlets(("river", 1.98, 0.5, 36_000.0)), target)
    union = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 0, 2, 1)])
    assert found.geometry["river"].equals(union)
    again = read_basins(target)
    assert again.index.tolist() == ["river"]
    assert again.geometry["river"].equals(union)


def test_too_coarse_units_are_named(server: Server, tmp_path: Path) -> None:
    path = fetch_hydrobasins(8, tmp_path, url=server.url)
    with pytest.raises(InputError) as error:
        official_basins(path, outlets(("brook", 1.98, 0.5, 700.0)), tmp_path / "official.gpkg")
    assert error.value.tell("en") == (
        f"{NAME}.zip: No unit at the outlet of “brook” is like it: it has 700 km2 and the unit nearest in size gathers "
        "36,900 km2. Use a finer level, for example 12."
    )
    assert not (tmp_path / "official.gpkg").exists()


def test_other_layers_are_not_hydrobasins(tmp_path: Path) -> None:
    path = tmp_path / "own.gpkg"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(0, 0, 2, 2)], crs=4326).to_file(path)
    with pytest.raises(InputError) as error:
        official_basins(path, outlets(("river", 1, 1, 1.0)), tmp_path / "official.gpkg")
    assert error.value.tell("en") == (
        "own.gpkg: The layer lacks columns of HydroBASINS: HYBAS_ID, NEXT_DOWN, UP_AREA. Use the standard file of "
        "HydroBASINS, without lakes."
    )
