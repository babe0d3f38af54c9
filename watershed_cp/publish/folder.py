"""The output folder: whole or absent, with a manifest of what went in and what came out."""

from __future__ import annotations

import glob
import hashlib
import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.aside import checksum, folder_aside
from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.project import PRIORITY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

__all__ = ["describe_run", "write_folder"]

_PACKAGES = ("geopandas", "numpy", "pandas", "pyproj", "shapely")
_MANIFEST = "manifest.json"
_PUBLIC_SETTINGS = ("accounting", "economics", "publish")


def write_folder(
    folder: str | Path,
    fill: Callable[[Path], None],
    *,
    inputs: Sequence[Path] = (),
    manifest: Mapping[str, Any] | None = None,
) -> Path:
    """Fill a folder aside, add its manifest, and move it into place once it is complete.

    Parameters
    ----------
    folder : str or pathlib.Path
        Folder to write; one that an earlier run wrote is replaced.
    fill : callable
        Told an empty folder, it writes everything but the manifest.
    inputs : sequence of pathlib.Path
        Files that were read; none may lie in the folder.
    manifest : mapping, optional
        What the manifest says of the run, from :func:`describe_run`; the sha256 of every output is added.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        If the folder holds anything that no run of this program wrote, or one of the inputs.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "out"
    >>> written = write_folder(folder, lambda aside: (aside / "a.txt").touch())
    >>> sorted(path.name for path in written.iterdir())
    ['a.txt', 'manifest.json']
    """
    target = Path(folder).resolve()
    _refuse_foreign(target, inputs, told=folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(target) as aside:
        whole = aside / target.name
        whole.mkdir()
        fill(whole)
        _write_manifest(whole, manifest or describe_run())
        _swap(whole, target, aside / "old")
    return target


def _refuse_foreign(target: Path, inputs: Sequence[Path], *, told: str | Path) -> None:
    """Refuse a folder that holds anything but what an earlier run wrote, or that an input lies in."""
    within = [path for path in inputs if path.resolve().is_relative_to(target)]
    if within:
        raise InputError(fault("folder_holds_input", file=told, value=within[0].name))
    if target.exists() and not (target.is_dir() and _files_below(target) <= _written(target)):
        raise InputError(fault("folder_taken", file=told))


def _files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _written(folder: Path) -> set[str]:
    """List what an earlier run wrote into a folder, by its manifest; nothing where there is none of ours."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return {_MANIFEST, *manifest["outputs"]} if "watershed_cp" in manifest else set()
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def describe_run(
    inputs: Sequence[Path] = (),
    *,
    home: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    public: bool = False,
) -> dict[str, Any]:
    """Give what a manifest says of a run before anything is written: versions, settings, and every input's sha256.

    A public one names no file, since a file may be called after its firm, and repeats of the settings only how loads
    were counted: not paths, contact or control totals, which are exact sums.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Files that were read.
    home : pathlib.Path, optional
        The project's folder, from which they are named.
    settings : mapping, optional
        Settings of the run.
    public : bool
        Whether anybody may read it; then ``inputs`` are how many files, and one sha256 of all together.

    Examples
    --------
    >>> sorted(describe_run())
    ['inputs', 'packages', 'settings', 'watershed_cp']
    >>> settings = {"geocoding": {"contact": "x"}, "economics": {"dollars_of": 2023}}
    >>> describe_run(settings=settings, public=True)["settings"]
    {'economics': {'dollars_of': 2023}}
    """
    digests = {_named(path, home or Path()): checksum(path) for path in _behind(inputs)}
    return {
        "watershed_cp": importlib.metadata.version("watershed-cp"),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "settings": _of_counting(settings or {}) if public else dict(settings or {}),
        "inputs": _together(digests.values()) if public else digests,
    }


def _of_counting(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings that tell nothing of anybody; a watershed layer only if it is the built-in one."""
    told = {name: settings[name] for name in _PUBLIC_SETTINGS if name in settings}
    if settings.get("basins", {}).get("source") == PRIORITY:
        told["basins"] = {"source": PRIORITY}
    return told


def _together(digests: Collection[str]) -> dict[str, Any]:
    """Count files, and give one digest of all, whatever they are called."""
    return {"files": len(digests), "sha256": hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()}


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    outputs = {name: checksum(folder / name) for name in sorted(_files_below(folder))}
    whole = {**manifest, "outputs": outputs}
    text = json.dumps(whole, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    (folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")


def _named(path: Path, home: Path) -> str:
    """Name an input as seen from the project, so that two files of one name stay two."""
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.name


def _behind(paths: Sequence[Path]) -> list[Path]:
    """List the files behind the inputs: those of a folder, and the companions of a shapefile."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.is_file())
        elif path.suffix.lower() == ".shp":
            found += sorted(path.parent.glob(f"{glob.escape(path.stem)}.*"))
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _swap(new: Path, target: Path, old: Path) -> None:
    """Move `new` to `target`, and what stood there to `old`; it comes back if that fails."""
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
