"""Every public name explains itself, and every column has a unit or needs none, and a meaning."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import watershed_cp as wcp
from watershed_cp import tables

FUNCTIONS = [name for name in wcp.__all__ if inspect.isfunction(getattr(wcp, name))]
CLASSES = [name for name in wcp.__all__ if inspect.isclass(getattr(wcp, name))]
UNIT_ENDINGS = {"kg/yr": "_kg_yr", "m": "_m", "km2": "_km2", "%": "_pct"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_parameters_returns_raises_and_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(wcp, name)) or ""
    sections = ["Returns\n---", "Examples\n---"]
    if inspect.signature(getattr(wcp, name)).parameters:
        sections.append("Parameters\n---")
    if name != "data_path":  # cannot fail
        sections.append("Raises\n---")
    assert not [section for section in sections if section not in text]
    assert ">>> " in text


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(wcp, name))


def test_names_of_the_contract() -> None:
    contract = {
        "read_basins", "read_msmes", "read_audits", "assign", "audit_loads", "aggregate", "BasinLocator",
        "parse_location", "FlowNetwork", "run", "IntakeError",
    }  # fmt: skip
    assert contract <= set(wcp.__all__)
    assert wcp.__all__ == sorted(wcp.__all__, key=lambda name: (name[0].islower(), name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        wcp.nothing  # noqa: B018


@pytest.mark.parametrize(
    "table",
    [
        *tables.INPUTS,
        *tables.OUTPUTS,
        tables.BASINS,
        tables.INDICATORS,
        tables.CLAIMS,
        tables.TRAINING,
        tables.EVENT_PLACES,
        tables.ALLIANCES,
    ],
    ids=lambda table: table.name,
)
def test_every_column_has_a_meaning_and_its_unit_in_its_name(table: tables.Table) -> None:
    assert len(set(table.names)) == len(table.names)
    for column in table.columns:
        assert column.meaning.es
        assert column.meaning.en
        assert (column.kind == "choice") == bool(column.choices)
        if column.unit in UNIT_ENDINGS:
            assert column.name.endswith(UNIT_ENDINGS[column.unit]), column.name


def test_importing_the_package_is_free() -> None:
    heavy = (
        "{'numpy', 'pandas', 'geopandas', 'pydantic', 'matplotlib', 'folium', 'numba', 'pint', 'rasterio'}"
    )
    code = f"import sys, watershed_cp, watershed_cp.cli; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
