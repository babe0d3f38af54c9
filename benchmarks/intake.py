"""A workbook of 20,000 rows and 20 columns: read, checked and reported, against calamine that only reads it.

    python benchmarks/intake.py [--rows 20000] [--runs 5]

Ratios of one run, medians; every tenth row has a fault. A child process is what strangers' files are read in.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import python_calamine
import xlsxwriter

from watershed_cp.intake.checking import check_file
from watershed_cp.intake.coordinates import parse_location

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("Código de empresa", "Nombre", "País", "Municipio", "Latitud", "Longitud", "Empleados", "CIIU")
OWN = 12


def write(path: Path, rows: int, *, as_text: bool) -> None:
    """Write a register; as text its coordinates are degrees and minutes in one column."""
    place = ("Coordenadas", "Nota") if as_text else ("Latitud", "Longitud")
    names = [
        place[("Latitud", "Longitud").index(one)] if one in ("Latitud", "Longitud") else one
        for one in COLUMNS
    ]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [*names, *(f"Propia {number}" for number in range(OWN))])
        for row in range(1, rows + 1):
            north, west = 13.6 + row % 977 / 4000, 89.0 + row % 991 / 4000
            minutes = (f"{int(north)}° {north % 1 * 60:.3f}' N, {int(west)}° {west % 1 * 60:.3f}' O", "x")
            where = minutes if as_text else (north, -west)
            people = "many" if row % 10 == 0 else row % 50
            sheet.write_row(row, 0, [f"E-{row:05}", f"Empresa {row}", "SV", "Apopa", *where, people, "1050"])
            sheet.write_row(
                row, len(names), [row * 1.5 if number % 2 else f"nota {row}" for number in range(OWN)]
            )


def seconds(work: Callable[[], object], runs: int) -> float:
    """Give the median time of some runs."""
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        degrees, text = Path(folder, "degrees.xlsx"), Path(folder, "text.xlsx")
        write(degrees, asked.rows, as_text=False)
        write(text, asked.rows, as_text=True)

        def read() -> object:
            return python_calamine.CalamineWorkbook.from_path(degrees).get_sheet_by_index(0).to_python()

        check_file(degrees)  # what is imported on first use does not count
        alone = seconds(read, asked.runs)
        print(f"calamine alone {alone:.2f} s")
        for name, work in (
            ("checked and reported", lambda: check_file(degrees)),
            ("in a child process", lambda: check_file(degrees, apart=True)),
            ("coordinates as text", lambda: check_file(text)),
        ):
            print(f"{name:<24}{seconds(work, asked.runs) / alone:6.2f} x")
    taken = seconds(lambda: [parse_location(f"{13.6 + n / 1e5:.5f}, -89.19", "SV") for n in range(10_000)], 3)
    print(f"parse_location          {10_000 / taken:,.0f} texts a second")


if __name__ == "__main__":
    main()
