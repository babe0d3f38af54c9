"""Examples in docstrings share one run of the demonstration."""

from __future__ import annotations

import pytest

from watershed_cp import pipeline
from watershed_cp.reference import data_path


@pytest.fixture(scope="session")
def _demo() -> pipeline.Impact:
    """Run the demonstration once for all examples in docstrings: it takes seconds."""
    return pipeline.run(data_path("demo", "project.toml"))


@pytest.fixture(autouse=True)
def _examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an example that runs the demonstration take the run that is there."""
    if isinstance(request.node, pytest.DoctestItem) and "demo" in request.node.dtest.docstring:
        demo, run = request.getfixturevalue("_demo"), pipeline.run
        own = data_path("demo", "project.toml")
        monkeypatch.setattr(
            pipeline,
            "run",
            lambda project, **more: demo if project == own and not more else run(project, **more),
        )
