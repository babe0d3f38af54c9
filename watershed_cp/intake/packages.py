"""Whether a workbook may be opened: no zip bomb, no cell at the far end of an empty sheet.

A workbook of a few kilobytes can ask for more memory than there is, and the reader then ends the whole process.
So its package is looked at before it is opened, and what comes from strangers is read in a process of its own.
"""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import IntakeError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["check_package", "read_apart"]

MOST_BYTES = 1_000_000_000
MOST_PARTS = 5_000
MOST_CELLS = 20_000_000
_MOST_RATIO = 400  # sheets of numbers shrink about tenfold, bombs a thousandfold
_SMALL_BYTES = 10_000_000
_CHUNK = 1 << 22
_OVERLAP = 64
_FAR = re.compile(rb"""r=["'](?:([A-Z]{2,3})\d|[A-Z]?(\d{6,7})["'])""")
_ANY = re.compile(rb"""r=["']([A-Z]{0,3})(\d{1,7})["']""")
_MEMORY_BYTES = 3_000_000_000
_SECONDS = 120


def check_package(path: Path) -> None:
    """Look into a zipped workbook without opening it.

    Raises
    ------
    IntakeError
        If it is no package, or would unfold into more than a programme's table can be.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "small.xlsx")
    >>> with zipfile.ZipFile(path, "w") as package:
    ...     package.writestr("xl/worksheets/sheet1.xml", '<row r="1"><c r="A1"/></row>')
    >>> check_package(path)
    """
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            size = sum(part.file_size for part in parts)
            packed = max(sum(part.compress_size for part in parts), 1)
            bomb = size > _SMALL_BYTES and size / packed > _MOST_RATIO
            if bomb or size > MOST_BYTES or len(parts) > MOST_PARTS:
                raise IntakeError(fault("file_too_large", file=path.name))
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_extent(path, package, part)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        if isinstance(error, IntakeError):
            raise
        raise IntakeError(fault("file_damaged", file=path.name, reason=str(error))) from error


def _check_extent(path: Path, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Find the farthest row and column that a sheet names; a reader makes room for all that lies before them.

    Most sheets pass at a glance, by rows of six digits and columns of two letters; the others are measured.
    """
    for pattern, width, height in ((_FAR, 26, 99_999), (_ANY, 0, 0)):
        for letters, digits in _scan(path, package, part, pattern):
            width = max(width, _column_number(letters))  # noqa: PLW2901
            height = max(height, int(digits or 0))  # noqa: PLW2901
        if width * height <= MOST_CELLS:
            return
    raise IntakeError(fault("file_too_large", file=path.name))


def _scan(
    path: Path, package: zipfile.ZipFile, part: zipfile.ZipInfo, pattern: re.Pattern[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """Give the distinct column letters and row digits that a pattern finds, chunk by chunk."""
    read, tail = 0, b""
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > MOST_BYTES:
                raise IntakeError(fault("file_too_large", file=path.name))
            yield from set(pattern.findall(tail + chunk))
            tail = chunk[-_OVERLAP:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def read_apart(path: Path) -> Any:
    r"""Read a file's sheets in a process of its own, with limited memory and time.

    Returns
    -------
    tuple of Sheet
        As :func:`watershed_cp.intake.spreadsheets.read_sheets` gives it.

    Raises
    ------
    IntakeError
        As that function, and if the process ran out of memory or time.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = path.write_text("msme_id\n1\n", encoding="utf-8")
    >>> read_apart(path)[0].rows
    [['msme_id'], ['1']]
    """
    command = [sys.executable, "-m", "watershed_cp.intake.packages", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise IntakeError(fault("file_too_large", file=path.name)) from error
    if done.returncode:
        raise IntakeError(fault("file_too_large", file=path.name))
    answer = pickle.loads(done.stdout)  # noqa: S301  our own process wrote it
    if isinstance(answer, tuple) and answer and not hasattr(answer[0], "rule"):
        return answer
    raise IntakeError(*answer)


def _main() -> None:
    """Read the file named on the command line and write its sheets, or its faults, to the output."""
    from pathlib import Path

    from watershed_cp.errors import WatershedError
    from watershed_cp.intake.spreadsheets import read_sheets

    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        answer: Any = read_sheets(Path(sys.argv[1]), apart=False)
    except WatershedError as error:
        answer = error.faults
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    _main()
