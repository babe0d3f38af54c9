"""The house in order: the same packages everywhere, both languages everywhere, a wheel that carries its data."""

from __future__ import annotations

import ast
import re
import runpy
import string
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from watershed_cp.messages import _catalogue

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SAME_PACKAGE = {"matplotlib-base": "matplotlib"}  # conda's name for what PyPI calls so
ONLY_PYPI = {"django-js-lib-leaflet"}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_conda_and_pip_install_the_same() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = {line.strip().removeprefix("- ") for line in text.splitlines() if line.strip().startswith("- ")}
    conda = {
        SAME_PACKAGE.get(re.split("[<>=,]", item)[0], re.split("[<>=,]", item)[0])
        + re.sub("^[a-z0-9-]+", "", item)
        for item in listed
    }
    wanted = {f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]}
    assert wanted <= conda, wanted - conda


def test_every_bound_has_a_tested_version() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines() if "==" in line}
    extras = PROJECT["optional-dependencies"]
    named = {re.split("[<>=,]", item)[0] for item in (*PROJECT["dependencies"], *extras["dev"])}
    assert named <= pinned, named - pinned


def test_every_sentence_has_both_languages_and_the_same_names() -> None:
    for rule, block in _catalogue()["faults"].items():
        assert set(block) == {"es", "es_remedy", "en", "en_remedy"}, rule
        assert fields(block["es"]) == fields(block["en"]), rule
        assert fields(block["es_remedy"]) == fields(block["en_remedy"]), rule
    for name, labels in _catalogue().items():
        if name != "faults":
            for key, pair in labels.items():
                assert fields(pair["es"]) == fields(pair["en"]), (name, key)


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "watershed_cp").rglob("*.py"))
    named = {
        node.args[0].value
        for path in (ROOT / "watershed_cp").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "fault"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    rules = set(_catalogue()["faults"])
    assert named <= rules, named - rules
    built = {f"unit_not_{kind}" for kind in ("load", "concentration", "flow")}
    unused = {rule for rule in rules - named - built if f'"{rule}"' not in code}
    assert not unused, unused


def test_nothing_in_the_repository_is_large() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    large = [
        name
        for name in listed.split("\0")
        if name and (ROOT / name).is_file() and (ROOT / name).stat().st_size > 2_000_000
    ]
    assert large == []


@pytest.mark.slow
def test_the_wheel_carries_its_data(tmp_path: Path) -> None:
    """Build the wheel, install it into an empty environment, and run the demonstration far from the checkout."""
    subprocess.run([sys.executable, "-m", "build", "-q", "--wheel", "-o", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    pip = [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(pip, check=True, cwd=tmp_path)
    done = subprocess.run(
        [home / "bin" / "watershed-cp", "demo", "--language", "es", "--no-posters", "--out", "out"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Empresas: 58 (" in done.stdout
    assert (tmp_path / "out" / "index.html").stat().st_size > 100_000


def test_the_data_are_sealed() -> None:
    """What data/README.md says of each file is true; `python data/seal.py` renews it."""
    namespace = runpy.run_path(str(ROOT / "data" / "seal.py"))
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert text.split(namespace["MARK"])[1].strip() == namespace["table"]().strip()
