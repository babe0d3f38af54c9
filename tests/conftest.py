"""Fixtures that several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

_PHASES = [phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain]  # it takes minutes
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, phases=_PHASES)
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are compared whole, so their language must not depend on the machine."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real input: ``$WATERSHED_CP_REAL_DATA``, or ``*/data`` with ``real`` in it beside the checkout."""
    beside = next(ROOT.parent.glob("*/data/real/practices"), ROOT).parent.parent
    folder = Path(os.environ.get("WATERSHED_CP_REAL_DATA") or beside)
    if not (folder / "real").is_dir():
        pytest.skip("no real data folder: set WATERSHED_CP_REAL_DATA")
    return folder
