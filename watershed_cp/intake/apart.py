"""Files that may end the whole process, read in one of their own with limited time and memory.

Only Linux keeps that process to its memory; what is looked at before opening bounds it elsewhere.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from watershed_cp.errors import IntakeError, WatershedError
from watershed_cp.intake.packages import damage
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from watershed_cp.intake.spreadsheets import Sheet

__all__ = ["MEMORY_BYTES", "read_apart"]

MEMORY_BYTES = 3_000_000_000
_SECONDS = 120
_KILLED = -9  # by Linux, when the machine itself has no memory left
_NO_MEMORY = (b"MemoryError", b"memory allocation of", b"bad_alloc")  # last words of Python, Rust and C++


def read_apart(path: Path) -> tuple[Sheet, ...]:
    r"""Read a file's sheets in a process of its own, with limited memory and time.

    Returns
    -------
    tuple of Sheet
        As :func:`watershed_cp.intake.spreadsheets.read_sheets` gives it.

    Raises
    ------
    IntakeError
        As that function; if the process ran out of memory or time; and if it crashed on a damaged file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = path.write_text("msme_id\n1\n", encoding="utf-8")
    >>> read_apart(path)[0].rows
    [['msme_id'], ['1']]
    """
    command = [sys.executable, "-m", "watershed_cp.intake.apart", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise IntakeError(fault("file_too_large", file=path.name)) from error
    if done.returncode:
        large = done.returncode == _KILLED or any(word in done.stderr for word in _NO_MEMORY)
        raise IntakeError(fault("file_too_large", file=path.name) if large else damage(path))
    kind, answer = pickle.loads(done.stdout)  # noqa: S301  our own process wrote it
    if kind == "faults":
        raise IntakeError(*answer)
    sheets: tuple[Sheet, ...] = answer
    return sheets


def _main() -> None:
    """Read the file named on the command line and write its sheets, or its faults, to the output."""
    from watershed_cp.intake.spreadsheets import read_sheets

    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answer: tuple[Literal["sheets", "faults"], Any]
    try:
        answer = "sheets", read_sheets(Path(sys.argv[1]), apart=False)
    except WatershedError as error:
        answer = "faults", error.faults
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    _main()
