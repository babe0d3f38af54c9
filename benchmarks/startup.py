"""Cold start, as ratios to importing the libraries that any such map needs.

Run: ``python benchmarks/startup.py``. Each figure is the median of several fresh processes, taken in turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = "import geopandas, folium, matplotlib.pyplot, rasterio, pyproj"
ROUNDS = 5


def seconds(*arguments: str) -> float:
    """Time one fresh Python process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


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
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(ROUNDS):
            for name, arguments in jobs.items():
                times[name].append(seconds(*arguments))
    base = statistics.median(times["import"])
    print(f"1.00 = {IMPORTS} ({base:.2f} s here)")
    for name, bound in (
        ("watershed-cp --help", 0.2),
        ("demo, tables and page", 4),
        ("demo with every poster", 12),
    ):
        print(f"{statistics.median(times[name]) / base:6.2f}  {name} (at most {bound})")


if __name__ == "__main__":
    main()
