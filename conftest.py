"""One run of the demonstration serves every test and every example in a docstring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from watershed_cp import pipeline
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from pathlib import Path

DEMO = data_path("demo", "project.toml")


@pytest.fixture(scope="session")
def demo() -> pipeline.Impact:
    """Run the demonstration once, to be read only. Whoever wants it otherwise takes ``dataclasses.replace``."""
    return replace(pipeline.run(DEMO), posters=())


@pytest.fixture(scope="session")
def demo_folder(demo: pipeline.Impact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what the demonstration found once, without posters, to be read only."""
    return demo.save(tmp_path_factory.mktemp("demo") / "out")


@pytest.fixture
def _demo_is_run(demo: pipeline.Impact, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever runs the demonstration as it stands, a command for example, take the run that is there."""
    run = pipeline.run
    monkeypatch.setattr(
        pipeline,
        "run",
        lambda project, **more: demo if project == DEMO and not more else run(project, **more),
    )


@pytest.fixture(autouse=True)
def _examples(request: pytest.FixtureRequest) -> None:
    """Give examples in docstrings the shared run."""
    if isinstance(request.node, pytest.DoctestItem) and "demo" in request.node.dtest.docstring:
        request.getfixturevalue("_demo_is_run")
        if "run" in request.node.dtest.globs:  # the example of pipeline.run itself
            request.node.dtest.globs["run"] = pipeline.run
