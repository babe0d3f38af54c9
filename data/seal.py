"""Write the table of files and their sha256 at the end of README.md: ``python data/seal.py``."""

from __future__ import annotations

import hashlib
from pathlib import Path

DATA = Path(__file__).resolve().parent
MARK = "<!-- files: written by seal.py -->\n"


def table(folder: Path = DATA) -> str:
    """Give one line a data file: path, bytes, sha256."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc", ".md"} and not path.name.startswith(".")
    )
    lines = ["| file | bytes | sha256 |", "|---|---:|---|"]
    for path in files:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        lines.append(f"| {path.relative_to(folder).as_posix()} | {len(content):,} | `{digest}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    readme = DATA / "README.md"
    text = readme.read_text(encoding="utf-8").split(MARK)[0]
    readme.write_text(text + MARK + "\n" + table(), encoding="utf-8")
