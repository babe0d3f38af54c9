"""Every reader fed with damaged and made-up files: nothing but our own errors may come out, in bounded memory and time.

    python tests/fuzzing.py [--reader csv xlsx …] [--count 1000] [--start 0] [--keep FOLDER]

An input is made by its reader's name and its number alone, so that a finding can be made again. Inputs are read in a
child process with the limits that strangers' files are read in; what ends that process counts as contained where the
reader works in such a process anyway (XLS, XLSB, ODS), elsewhere as a failure.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import select
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely
import xlsxwriter
from binary_workbook import write_ods, write_xls, write_xlsb
from coordinate_ways import ways

from watershed_cp.errors import WatershedError
from watershed_cp.intake.apart import MEMORY_BYTES
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.coordinates import parse_location
from watershed_cp.intake.workbook import mark_faults
from watershed_cp.project import read_project
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Callable

ZIPPED = ("xlsx", "xlsb", "ods", "shp", "kmz")
APART = ("xls", "xlsb", "ods")
READERS = ("csv", "xlsx", *APART, "gpkg", "geojson", "shp", "kml", "kmz", "location", "toml")
SECONDS = 60
MARKED = 8  # of so many files one is marked, too

HEADERS = (
    "msme_id", "Código de empresa", "Nombre", "País", "Municipio", "Departamento", "Latitud", "Longitud",
    "Coordenadas", "CRS", "Empleados", "CIIU", "Contaminante", "Fase", "Fecha", "Resultado",
    "Resultado (mg/L)", "Unidad", "Caudal", "Unidad de caudal", "Días de operación", "Evidencia", "Zona",
    "_GPS_latitude", "_uuid", "recommendation_id", "status", "event_id", "person_id", "loan_id", "", "Total",
)  # fmt: skip
WORDS = (
    "SV-1", "Lácteos La Ñ", "SV", "gt", "Apopa", "El Progreso", "13.7", "-89,2", "13°41'56.2\"N", "1.234",
    "1,234.5", "<2", "línea base", "seguimiento", "2024-03-11", "31/02/2024", "0000-00-00", "9999-12-31",
    "99999-1-1", "45000", "DBO5", "DQO", "mg/L", "kg/d", "9**9**9", "m3/d", "TOTAL", "Elaboró: J. P.", "N/A",
    "-", "0", "-1", "1e309", "-1e-309", "nan", "inf", "٣", "²", "１３", "=1+1", "@SUM(A1)", "#REF!", "\x00",
    "\x1f", "\ud7ff", "\u202e", "\U0001f600", "é", "e\u0301", "{value}", "{", "%s", '"', "'", ";", ",", "\t",
    "\r", "\n", "\r\n", "|", "<b>", "]]>", "&#0;", "&lt;", "x", "9", "EPSG:4326", "UTM 16N", "zona 16",
    "16PBA6299215505", "765G65GM+HM", "POINT(-89.2 13.7)", "https://maps.google.com/?q=", "°", "N", "O", "W",
    "262993", "1515506", "262.993", "1.515.506", "null", "true", "[", "]", "=", "[project]", "2024-01-01",
)  # fmt: skip
RAW = (
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00" * 8,
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"XFD1048576",
)


def seed(reader: str, folder: Path, dice: random.Random) -> bytes:
    """Make a sound file of a kind, of cells that are not all sound."""
    path = folder / f"sound.{'zip' if reader == 'shp' else reader}"
    if reader == "location" and dice.random() < 0.7:
        return dice.choice(list(ways(dice, dice.uniform(-92, -77), dice.uniform(7, 18)))).encode()
    if reader == "location":
        return " ".join(dice.choices(WORDS, k=dice.randint(1, 5))).encode("utf-8", "replace")
    if reader == "toml":
        return data_path("demo", "project.toml").read_bytes()
    rows = _rows(dice)
    if reader == "csv":
        mark = dice.choice(",;\t|")
        text = dice.choice(("\n", "\r\n")).join(mark.join(map(str, row)) for row in rows)
        return text.encode(dice.choice(("utf-8", "utf-8-sig", "cp1252", "utf-16")), "replace")
    writers: dict[str, Callable[..., None]] = {
        "xlsx": _write_xlsx, "xls": write_xls, "xlsb": write_xlsb, "ods": write_ods,
    }  # fmt: skip
    writers.get(reader, _write_layer)(path, rows)
    data = path.read_bytes()
    path.unlink()
    return data


def _rows(dice: random.Random) -> list[list[Any]]:
    headers = [*dice.sample(HEADERS, dice.randint(1, 9)), "msme_id"]
    numbers = (13.7, -89.2, 45000.0, 1e308, -0.0, 2.0**53)
    pools = (WORDS, WORDS, numbers, ("",))
    return [headers, *([dice.choice(dice.choice(pools)) for _ in headers] for _ in range(dice.randint(0, 6)))]


def _write_xlsx(path: Path, rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Firms")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.merge_range(8, 0, 9, 1, "1")


def _write_layer(path: Path, rows: list[list[Any]]) -> None:
    headers = [f"{name[:8]}{place}" if name else f"f{place}" for place, name in enumerate(rows[0])]
    headers[0] = "msme_id"
    cells = {
        name: [str(row[place]).replace("\0", "") for row in rows[1:]] for place, name in enumerate(headers)
    }
    points = [shapely.Point(-89.2 + place / 100, 13.7) for place in range(len(rows) - 1)]
    layer = gpd.GeoDataFrame(cells, geometry=points, crs="EPSG:4326").astype(dict.fromkeys(headers, str))
    if path.suffix == ".kmz":
        text = io.BytesIO()
        layer.to_file(text, driver="KML", engine="pyogrio")
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("doc.kml", text.getvalue())
    else:
        drivers = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".kml": "KML", ".zip": "ESRI Shapefile"}
        target = path.with_suffix(".shz") if path.suffix == ".zip" else path
        layer.to_file(target, driver=drivers[path.suffix], engine="pyogrio")
        target.replace(path)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Change some bytes: drop, double, overwrite or swap them, or put words among them that have hurt readers."""
    changed = bytearray(data)
    for _ in range(dice.choice((0, 1, 1, 2, 4, 12))):
        place = dice.randint(0, len(changed))
        span = dice.choice((1, 1, 2, 4, 16, 64, 400))
        piece = bytes(changed[place : place + span])
        word = dice.choice(WORDS).encode("utf-8", "replace")
        changed[place : place + span] = dice.choice(
            (
                b"",
                piece * 2,
                dice.randbytes(len(piece)),
                piece[::-1],
                word + piece,
                word,
                dice.choice(RAW),
                dice.choice(RAW) + piece,
            )
        )
    return bytes(changed[: dice.randint(0, len(changed))]) if dice.random() < 0.05 else bytes(changed)


def damaged_package(data: bytes, dice: random.Random) -> bytes:
    """Change what is in the parts of a package, or its parts themselves."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    names = sorted(parts)
    for name in dice.sample(names, min(len(names), dice.choice((1, 1, 2)))):
        other = dice.choice(names)
        change = dice.random()
        parts[name] = damaged(parts[name], dice) if change < 0.9 else parts.get(other, b"")
        if change > 0.97:
            del parts[name]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


def make(reader: str, number: int, folder: Path) -> bytes:
    """Make the input of a number."""
    dice = random.Random(f"{reader}-{number}")  # noqa: S311
    sound = seed(reader, folder, dice)
    if reader == "location" and dice.random() < 0.4:
        return sound
    if dice.random() < 0.02:
        return dice.randbytes(dice.randint(0, 400))
    return (damaged_package if reader in ZIPPED and dice.random() < 0.8 else damaged)(sound, dice)


def read(reader: str, number: int, folder: Path) -> None:
    """Read the input of a number as a user's."""
    data = make(reader, number, folder)
    if reader == "location":
        text = data.decode("utf-8", "replace")
        country = (None, "SV", "GT", "HN", "PA")[number % 5]
        parse_location(text, country, None if number % 3 else (-93.0, 6.0, -77.0, 19.0))
        return
    path = folder / f"a.{'zip' if reader == 'shp' else reader}"
    path.write_bytes(data)
    if reader == "toml":
        read_project(path)
        return
    report = check_file(path, apart=False)
    if report.faults and number % MARKED == 0:
        mark_faults(path, report.faults, folder / "marked.xlsx")


@dataclass
class Outcome:
    """What came of the inputs of one reader."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    peak_mb: float = 0.0


def fuzz(reader: str, numbers: range) -> Outcome:
    """Read the inputs of some numbers, in one child process after another."""
    outcome, next_number = Outcome(), numbers.start
    while next_number < numbers.stop:
        next_number = _one_child(reader, range(next_number, numbers.stop), outcome)
    return outcome


def _one_child(reader: str, numbers: range, outcome: Outcome) -> int:
    """Read on in a child until it is done or ends; give the number to go on with."""
    source, target = os.pipe()
    child = os.fork()
    if not child:
        os.close(source)
        _read_all(reader, numbers, target)
    os.close(target)
    current, pending, why = numbers.start, b"", ""
    while not why:
        if not select.select([source], [], [], SECONDS)[0]:
            os.kill(child, 9)
            why = "too slow"
            break
        chunk = os.read(source, 1 << 16)
        if not chunk:
            break
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            number, result, told, peak = json.loads(line)
            current, outcome.peak_mb = number + 1, max(outcome.peak_mb, peak)
            outcome.counts[result] += 1
            if result == "failed":
                outcome.failures.append((number, told))
    os.close(source)
    _, status = os.waitpid(child, 0)
    if current < numbers.stop:
        told = why or f"process ended, status {status}"
        outcome.counts["contained" if reader in APART else "failed"] += 1
        if reader not in APART:
            outcome.failures.append((current, told))
        current += 1
    return current


def _read_all(reader: str, numbers: range, target: int) -> None:
    """Read every input and write one line on each; this is the child, and it does not come back."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a panic of the reader speaks to the terminal
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            told = ""
            try:
                read(reader, number, Path(folder))
                result = "read"
            except WatershedError as error:
                error.tell("es"), error.tell("en")
                result = "refused"
            except BaseException:  # noqa: BLE001  whatever comes out is the finding
                result, told = "failed", traceback.format_exc()[-3000:]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            os.write(target, json.dumps([number, result, told, peak]).encode() + b"\n")
    os._exit(0)


def main() -> int:
    """Print what came of each reader; 1 if anything else than our own errors came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reader", nargs="*", choices=READERS, default=READERS)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    asked = parser.parse_args()
    failed = 0
    for reader in asked.reader:
        begin = time.perf_counter()
        outcome = fuzz(reader, range(asked.start, asked.start + asked.count))
        taken = time.perf_counter() - begin
        counts = ", ".join(f"{name} {count:,}" for name, count in sorted(outcome.counts.items()))
        print(f"{reader:9} {counts}; at most {outcome.peak_mb:,.0f} MB; {taken:,.0f} s", flush=True)
        for number, told in outcome.failures:
            print(f"--- {reader} {number}\n{told}", flush=True)
            if asked.keep:
                asked.keep.mkdir(exist_ok=True)
                (asked.keep / f"{reader}-{number}").write_bytes(make(reader, number, asked.keep))
        failed += len(outcome.failures)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
