"""Reshape ``restoration_practices.csv`` into the toolkit's tables: firms and reductions.

    python examples/practices/prepare.py DATA_FOLDER OUTPUT_FOLDER

A practice stands for a firm: ``practice_id`` with its one point. A practice that is split over catchments has
one record for each; every record and pollutant becomes one reduction, so that nothing is merged or lost.
"""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POLLUTANTS = {"TN": "tn_reduced_lbs", "TP": "tp_reduced_lbs", "TSS": "tss_reduced_lbs"}
EVIDENCE = {"complete": "C", "active": "D"}  # modelled for what was built, or for what is still planned
KEPT = ("practice_type", "project_name", "project_status", "site_id", "practice_url")
POLYGONS = "huc08_polygons.geojson"


def practices(records: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Give each practice once, in the order of the file."""
    seen: set[str] = set()
    for record in records:
        if record["practice_id"] not in seen:
            seen.add(record["practice_id"])
            yield {
                "msme_id": record["practice_id"],
                "name": record["practice_name"],
                "latitude": record["lat"],
                "longitude": record["lon"],
                **{column: record[column] for column in KEPT},
            }


def reductions(records: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Give one reduction for each record and pollutant, with the value as it was written."""
    for record in records:
        for pollutant, column in POLLUTANTS.items():
            yield {
                "reduction_id": f"{record['practice_id']}-{record['comid']}-{pollutant}",
                "msme_id": record["practice_id"],
                "pollutant": pollutant,
                "value": record[column],
                "unit": "lb/yr",
                "date": record["modified_on"],
                "evidence": EVIDENCE[record["project_status"]],
                "comid": record["comid"],
                "official_huc08": record["official_huc08"],
            }


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows as CSV, columns as in the first row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def prepare(data: Path, output: Path) -> None:
    """Write ``msmes.csv``, ``reductions.csv``, the polygons and the project file into `output`."""
    with (data / "restoration_practices.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    output.mkdir(parents=True, exist_ok=True)
    write(output / "msmes.csv", list(practices(records)))
    write(output / "reductions.csv", list(reductions(records)))
    shutil.copyfile(data / POLYGONS, output / POLYGONS)
    shutil.copyfile(Path(__file__).parent / "project.toml", output / "project.toml")


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004
        sys.exit("python prepare.py DATA_FOLDER OUTPUT_FOLDER")
    prepare(Path(sys.argv[1]), Path(sys.argv[2]))
