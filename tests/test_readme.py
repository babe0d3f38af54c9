"""The README's tour, done as it is written: its tables, its project file, its Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from watershed_cp.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def tables() -> Iterator[list[list[str]]]:
    """Give the tables that begin with a firm's code, as rows of cells."""
    for block in re.findall(r"(?:^ *\|.*\n)+", README, re.MULTILINE):
        rows = [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in block.strip().splitlines()
        ]
        if rows[0][0] == "Código de empresa":
            yield [rows[0], *rows[2:]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the tour's workbook, firms and audits as text cells, and its project file."""
    book = openpyxl.Workbook()
    for name, rows in zip(("Empresas", "Auditorías"), tables(), strict=True):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    for name in ("empresas.xlsx", "auditorias.xlsx"):
        book.save(tmp_path / name)
    (project,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    lines = [line.strip() for line in project.splitlines()]
    (tmp_path / "proyecto.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_tour(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "empresas.xlsx", "--language", "es"]) == 0
    assert "Todo en orden." in capsys.readouterr().out
    assert main(["run", "proyecto.toml", "--no-posters", "--language", "es"]) == 0
    assert "Empresas: 1 (1 en las cuencas" in capsys.readouterr().out
    assert (office / "output" / "index.html").is_file()


def test_the_python_of_the_readme(office: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    quick = snippet.replace('impact.save("output")', "impact.basin_loads")  # posters have tests of their own
    exec(compile(quick, "README.md", "exec"), names)  # noqa: S102 - it is our own text
    loads = names["impact"].basin_loads.query("msmes > 0")  # type: ignore[attr-defined]
    assert loads["reduction_kg_yr"].tolist() == [pytest.approx((1250 * 12 - 1040 * 11.5) * 0.3)]
