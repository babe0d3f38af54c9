"""The programme's other registers: read alike, and no identifier points to nothing."""

from __future__ import annotations

import pytest

import watershed_cp as wcp
from watershed_cp.errors import InputError, IntakeError
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.readers import check_references, read_register
from watershed_cp.project import Project
from watershed_cp.tables import INPUTS


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_table_has_a_section_in_the_project_file():
    sections = Project.model_validate(
        {"basins": {"source": "priority"}} | {table.name: {"source": "a.csv"} for table in INPUTS}
    ).sources
    assert list(sections) == [table.name for table in INPUTS]


def test_a_table_that_nobody_declared(write):
    with pytest.raises(InputError) as error:
        read_register(write("a.csv", "x\n1\n"), "loan")
    assert error.value.tell("en") == (
        "There is no table called “loan”. The tables are: msmes, audits, reductions, recommendations, events,"
        " attendance, stakeholders, loans, consultants, limits, inspections."
    )


def test_office_headers_and_words(write):
    loans = read_register(
        write(
            "p.csv", "No. de crédito;Código de empresa;Monto (USD);Plazo;Estado\nL1;7;1.500,5;36;en mora\n"
        ),
        "loans",
    )
    row = loans.iloc[0]
    assert (row["amount_usd"], row["term_months"], row["loan_status"]) == (1500.5, 36, "in_arrears")
    limits = read_register(
        write("n.csv", "limit_id,norm,pollutant,limit,unit,verified\nN1,x,DBO,60,mg/L,no\n"), "limits"
    )
    assert limits[["pollutant", "verified"]].to_numpy().tolist() == [["BOD5", "no"]]


def test_an_identifier_stands_once(write):
    with pytest.raises(IntakeError) as error:
        read_register(write("a.csv", "event_id,kind\nE1,course\nE1,visit\n"), "events")
    assert error.value.tell("es") == (
        "a.csv, fila 3, columna event_id: El identificador «E1» ya está en la fila 2."
        " Dé a cada fila un identificador propio, o borre la que sobra."
    )


def test_identifiers_that_nobody_knows(write):
    events = read_register(write("e.csv", "event_id\nE-01\n"), "events")
    attendance = read_register(
        write("a.csv", "event_id,role,stakeholder_id\nE-01,student,U1\nE-10,student,\n"), "attendance"
    )
    found = check_references({"events": events, "attendance": attendance})
    assert [one.tell("en") for one in found] == [
        "a.csv, row 3, column event_id: “E-10” is not in the table Events."
        " Add it to that table or correct the identifier."
    ]


def test_a_partner_is_a_stakeholder_or_a_firm(write):
    firms = wcp.read_msmes(write("m.csv", "msme_id\nF1\n"))
    partners = read_register(
        write("s.csv", "stakeholder_id,partner_of\nU1,F1; U2\nU2,U1;X9\nU3,\n"), "stakeholders"
    )
    found = check_references({"msmes": firms, "stakeholders": partners})
    assert [one.tell("es") for one in found] == [
        "s.csv, fila 3, columna partner_of: «X9» no está en la tabla Actores / Empresas."
        " Agréguelo a esa tabla o corrija el identificador."
    ]
    assert check_references({"stakeholders": partners.iloc[2:]}) == []


def test_check_tells_them_in_one_workbook(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for name, rows in {
        "Firms": [["msme_id"], ["F1"]],
        "Loans": [["loan_id", "msme_id"], ["L1", "F1"]],
        "Measures": [["recommendation_id", "msme_id", "status", "loan_id"], ["R1", "F1", "verified", "L2"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "a.xlsx")
    report = check_file(tmp_path / "a.xlsx")
    assert report.rows == {"msmes": 1, "recommendations": 1, "loans": 1}
    assert [(one.rule, one.sheet, one.row, one.value) for one in report.faults] == [
        ("reference_unknown", "Measures", 2, "L2")
    ]
