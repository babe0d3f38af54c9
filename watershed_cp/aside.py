"""Files that are there when whole, or not at all: written aside, then moved into place; known by their checksum."""

from __future__ import annotations

import glob
import hashlib
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["checksum", "folder_aside", "written_aside"]


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path of the same name in a hidden folder beside; what is written there moves into place at the end.

    What a run that was killed left beside `path` goes first; that of a run still at work stays.

    Parameters
    ----------
    path : path-like
        The file; its folder must exist.

    Yields
    ------
    pathlib.Path
        Where to write. If the block raises, it goes, and what stood at `path` stays.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with written_aside(target) as aside:
    ...     _ = aside.write_text("whole")
    >>> [file.name for file in target.parent.iterdir()]
    ['a.txt']
    """
    target = Path(path)
    with folder_aside(target) as folder:
        yield folder / target.name
        (folder / target.name).replace(target)


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """Give a hidden folder beside what is to be written; it goes at the end, whatever happens.

    What a run that was killed left beside `target` goes first; that of a run still at work stays.

    Parameters
    ----------
    target : pathlib.Path
        File or folder to be written; its folder must exist.

    Yields
    ------
    pathlib.Path
        An empty folder, but for the lock that tells that its process lives.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "output"
    >>> with folder_aside(target) as folder:
    ...     _ = (folder / "new").mkdir()
    ...     _ = (folder / "new").rename(target)
    >>> [file.name for file in target.parent.iterdir()]
    ['output']
    """
    for left in target.parent.glob(f".{glob.escape(target.name)}-*.part"):
        with (left / "lock").open("a") as lock:
            forsaken = _locked(lock)
        if forsaken:
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent))
    try:
        with (folder / "lock").open("a") as lock:
            _locked(lock)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def checksum(path: Path) -> str:
    """Give the SHA-256 checksum of a file, in hexadecimal.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = file.write_bytes(b"abc")
    >>> checksum(file)[:8]
    'ba7816bf'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locked(file: IO[str]) -> bool:
    """Lock a file until it is closed, or tell that a living process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows, which lets nobody remove what another has open
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
