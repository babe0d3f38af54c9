"""Cold start, as ratios to importing the libraries that any such map needs.

Run: ``python benchmarks/startup.py``. Each figure is the median of several fresh processes, taken in turns, by the
clock and by the time that a processor worked for it: the latter suffers less from other work on the machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = "import geopandas, folium, matplotlib.pyplot, rasterio, pyproj"
ROUNDS = 5


def seconds(*arguments: str) -> tuple[float, float]:
    """Time one fresh Python process: by the clock, and by what the processor worked for it."""
    begin, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = os.times()
    worked = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - begin, worked


def main() -> None:
    """Print the table of ratios."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("-m", "watershed_cp")
        jobs = {
            "import": ("-c", IMPORTS),
            "watershed-cp --help": (*command, "--help"),
            "demo, tables and page": (*command, "demo", "--no-posters", "--out", str(Path(folder, "quick"))),
            "demo with every poster": (*command, "demo", "--out", str(Path(folder, "whole"))),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
        for _ in range(ROUNDS):
            for name, arguments in jobs.items():
                times[name].append(seconds(*arguments))
    medians = {
        name: [statistics.median(column) for column in zip(*runs, strict=True)]
        for name, runs in times.items()
    }
    base = medians["import"]
    print(f"1.00 = {IMPORTS} ({base[0]:.2f} s here)")
    print(" clock  work")
    for name, bound in (
        ("watershed-cp --help", 0.2),
        ("demo, tables and page", 4),
        ("demo with every poster", 12),
    ):
        clock, work = (one / whole for one, whole in zip(medians[name], base, strict=True))
        print(f"{clock:6.2f}{work:6.2f}  {name} (clock at most {bound})")


if __name__ == "__main__":
    main()
