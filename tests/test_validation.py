"""Cells become numbers, dates and choices by the column that they stand in; nothing ambiguous is guessed."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.intake.cells import Cells, read_choices, read_numbers, read_texts
from watershed_cp.intake.dates import read_dates
from watershed_cp.intake.headers import find_header, header_faults
from watershed_cp.intake.spreadsheets import Sheet
from watershed_cp.intake.validation import check_sheet
from watershed_cp.tables import AUDITS, MSMES


def cells(column, *raw, table=AUDITS):
    return Cells(table[column], column, raw, np.arange(2, 2 + len(raw)), "a.csv", "")


@pytest.mark.parametrize(
    ("raw", "numbers"),
    [
        (("1.5", "2.25"), [1.5, 2.25]),
        (("1,5", "2,25"), [1.5, 2.25]),
        (("1,5", "1.234"), [1.5, 1234.0]),
        (("1.5", "1,234"), [1.5, 1234.0]),
        (("1.234,5", "1.234"), [1234.5, 1234.0]),
        (("1,234,567", "1,234"), [1234567.0, 1234.0]),
        (("0.123", "1.234"), [0.123, 1.234]),
        (("1 234,5", "2\xa0000,5", "1'234,5"), [1234.5, 2000.5, 1234.5]),
        ((3, 2.5, "7"), [3.0, 2.5, 7.0]),
        (("1e3", "−5", "+5"), [1000.0, -5.0, 5.0]),
    ],
)
def test_decimal_mark_is_decided_by_the_column(raw, numbers):
    reading = read_numbers(cells("production", *raw))
    assert reading.typed.tolist() == numbers
    assert [fault.rule for fault in reading.faults] == (["number_low"] if -5 in numbers else [])


@pytest.mark.parametrize("raw", [("1.234",), ("1,234", "12"), ("1.5", "1,5", "1.234")])
def test_thousands_or_decimals_is_never_guessed(raw):
    rules = [fault.rule for fault in read_numbers(cells("production", *raw)).faults]
    assert rules == ["number_ambiguous"]


def test_cells_that_contradict_each_other_decide_nothing():
    faults = read_numbers(cells("production", "1,250", "1.250", "0,5")).faults
    assert [(fault.rule, fault.row) for fault in faults] == [("number_ambiguous", 2), ("number_ambiguous", 3)]


def test_another_column_of_the_file_may_decide():
    rows = [
        ["msme_id", "pollutant", "phase", "value", "unit", "flow"],
        ["1", "BOD5", "baseline", "1.234", "kg/yr", "2,5"],
    ]
    sheet = Sheet("a.xlsx", "", rows)
    checked = check_sheet(sheet, find_header(sheet, AUDITS), AUDITS)
    assert checked.frame["value"].tolist() == [1234.0]
    assert [note.tell("en") for note in checked.notes] == [
        (
            "a.xlsx, column value: Its numbers were read with “,” as decimal mark, like the rest of the file."
            " Rows that could be read in two ways: 2."
        ),
        "a.xlsx, column flow: Its numbers were read with “,” as decimal mark, as other cells of the column show.",
    ]


def test_another_column_makes_no_decimal_of_what_may_be_thousands():
    rows = [
        ["msme_id", "pollutant", "phase", "value", "unit", "flow", "flow_unit"],
        ["1", "BOD5", "baseline", "1,250", "mg/L", "0,5", "L/s"],
    ]
    sheet = Sheet("a.xlsx", "", rows)
    checked = check_sheet(sheet, find_header(sheet, AUDITS), AUDITS)
    assert [one.tell("es") for one in checked.faults if one.column == "value"] == [
        "a.xlsx, fila 2, columna value: «1,250» puede leerse con decimales o con miles."
        " Escríbalo sin separador de miles, o con otra cantidad de decimales."
    ]


def test_the_row_that_decides_and_the_rows_that_it_decides_are_told():
    reading = read_numbers(cells("production", "12", "0,5", "1.250", "2.500"))
    assert [note.tell("es") for note in reading.notes] == [
        "a.csv, columna production: Sus números se leyeron con «,» decimal, como muestra la fila 3."
        " Podían leerse de dos modos las filas: 4, 5."
    ]


def test_the_row_that_decides_the_order_of_dates_is_told():
    (note,) = read_dates(cells("date", "05/06/2024", "25/06/2024"), language="en").notes
    assert note.tell("es") == (
        "a.csv, columna date: Sus fechas se leyeron como día/mes/año, como muestra la fila 3."
        " Podían leerse de dos modos las filas: 2."
    )
    (note,) = read_dates(cells("date", "05/06/2024"), language="es").notes
    assert note.tell("en") == (
        "a.csv, column date: Its dates were read as day/month/year, as is usual in Spanish."
        " Rows that could be read in two ways: 2."
    )


def test_one_date_does_not_decide_against_the_language():
    reading = read_dates(cells("date", "12/13/2024", "05/06/2025"), language="es")
    assert [(fault.rule, fault.row) for fault in reading.faults] == [("date_ambiguous", 3)]
    reading = read_dates(cells("date", "12/13/2024", "05/06/2025", "01/31/2025"), language="es")
    assert reading.typed.dt.strftime("%Y-%m-%d").tolist() == ["2024-12-13", "2025-05-06", "2025-01-31"]


def test_degrees_have_no_room_for_thousands():
    assert read_numbers(cells("latitude", "13.698", "13,698", table=MSMES)).typed.tolist() == [13.698, 13.698]


@pytest.mark.parametrize(
    "word",
    [
        "12 mg/L",
        "abc",
        "nan",
        "inf",
        "1e999",
        "1.2.3",
        "31.12.2024",
        "12,34.5",
        "1,2,3",
        "٣",
        "0x10",
        "1_000",
        True,
        dt.date(2024, 1, 1),
    ],
)
def test_what_is_no_number_is_told(word):
    assert [fault.rule for fault in read_numbers(cells("flow", word)).faults] == ["number_not_read"]


@pytest.mark.parametrize("word", ["", " ", "-", "N/A", "s/d", "—"])
def test_what_says_that_it_is_not_known_is_missing(word):
    reading = read_numbers(cells("flow", word))
    assert np.isnan(reading.typed[0])
    assert reading.faults == []


def test_whole_numbers():
    reading = read_numbers(cells("employees", "12", 3.0, "2.5", "1e100", "", table=MSMES))
    assert reading.typed.fillna(-1).tolist() == [12, 3, -1, -1, -1]
    assert [fault.rule for fault in reading.faults] == ["number_not_whole", "number_not_whole"]


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False), st.sampled_from([".", ","]))
def test_what_is_written_with_decimals_is_read_back(number, mark):
    text = f"{number:.4f}".replace(".", mark)
    assert read_numbers(cells("production", text)).typed[0] == float(f"{number:.4f}")


@pytest.mark.parametrize(
    ("raw", "language", "days"),
    [
        (("2024-03-31", "2024/3/1", "2024-03-31T05:06:07"), None, ["2024-03-31", "2024-03-01", "2024-03-31"]),
        (("03/04/2024",), "es", ["2024-04-03"]),
        (("03/04/2024", "31/12/2024"), None, ["2024-04-03", "2024-12-31"]),
        (("03/04/2024", "12/31/2024"), None, ["2024-03-04", "2024-12-31"]),
        (
            ("3-ene-24", "3 de enero de 2024", "15 March 2024"),
            None,
            ["2024-01-03", "2024-01-03", "2024-03-15"],
        ),
        ((45382.0, dt.datetime(2024, 3, 31, 7), dt.date(2024, 3, 31)), None, ["2024-03-31"] * 3),  # noqa: DTZ001
        (("31/12/2024 10:30", "1/1/99"), None, ["2024-12-31", "1999-01-01"]),
    ],
)
def test_dates(raw, language, days):
    reading = read_dates(cells("date", *raw), language=language)
    assert reading.faults == []
    assert reading.typed.dt.strftime("%Y-%m-%d").tolist() == days


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("03/04/2024", "date_ambiguous"),
        ("2024-02-30", "date_not_read"),
        ("marzo", "date_not_read"),
        (2024.0, "date_not_read"),
        ("2024", "date_not_read"),
        (True, "date_not_read"),
    ],
)
def test_dates_that_are_refused(raw, rule):
    assert [fault.rule for fault in read_dates(cells("date", raw)).faults] == [rule]


@pytest.mark.parametrize("raw", ["1024-03-11", "11/03/2925", "1 de mayo de 1924", dt.date(9999, 12, 31)])
def test_years_that_no_programme_has_seen(raw):
    reading = read_dates(cells("date", raw), language="es")
    assert [fault.rule for fault in reading.faults] == ["date_implausible"]
    assert reading.typed.isna().all()


def test_a_year_that_is_far_from_the_others_is_doubted():
    reading = read_dates(cells("date", "2024-03-11", "2042-03-11", "2023-01-05", "2024-07-01"))
    assert reading.faults == []
    assert [note.tell("en") for note in reading.notes] == [
        "a.csv, column date: There are dates more than ten years from the others of the column. Rows: 3."
        " Check the year."
    ]
    assert read_dates(cells("date", "2010-03-11", "2024-03-11")).notes == []  # nobody knows which is wrong


def test_choices_in_both_languages():
    reading = read_choices(cells("phase", "Línea base", "FOLLOW_UP", "Seguimiento", "", "quizás"))
    assert reading.typed.fillna("?").tolist() == ["baseline", "follow_up", "follow_up", "?", "?"]
    assert [fault.tell("es") for fault in reading.faults] == [
        "a.csv, fila 6, columna phase: «quizás» no es una de las opciones."
        " Escriba una de estas: línea base, seguimiento."
    ]
    assert reading.faults[0].remedy.en == "Write one of these: baseline, follow_up."
    assert read_choices(cells("evidence", "F")).faults[0].remedy.es == "Escriba una de estas: A, B, C, D, E."
    assert read_choices(cells("qualifier", "<", "menor que")).typed.tolist() == ["<", "<"]


def test_bounds_are_written_for_people():
    assert read_numbers(cells("location_accuracy_m", "1500000", table=MSMES)).faults[0].tell("es") == (
        "a.csv, fila 2, columna location_accuracy_m: 1500000 es mayor que 1,000,000, lo máximo posible."
        " Revise el signo, la unidad y el orden de las columnas."
    )
    (fault,) = read_numbers(cells("latitude", "-90.5", table=MSMES)).faults
    assert fault.problem.en == "-90.5 is below -90, the least possible."


def test_long_texts_are_cut():
    (fault,) = read_numbers(cells("flow", "x" * 5000)).faults
    assert fault.problem.en == f"“{'x' * 59}…” is not a number."
    sheet = Sheet("a.csv", "", [["Ã" * 5000, "Nombre"], ["1", "2"]])
    (missing,) = header_faults(sheet, find_header(sheet, MSMES), MSMES)
    assert missing.problem.en.endswith(f"the headers found are: {'Ã' * 59}… | Nombre.")


def test_texts_keep_their_zeros_and_letters():
    reading = read_texts(cells("msme_id", "007", 7.0, " 7 ", "Ñandú", dt.date(2024, 1, 2)))
    assert reading.typed.tolist() == ["007", "7", "7", "Ñandú", "2024-01-02"]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Altitud", None),
        ("Cod.", None),
        ("LATITUD (grados decimales)", "latitude"),
        ("  Razón   Social ", "name"),
        ("Código_de_la_Empresa", "msme_id"),
        ("No. de empresa", "msme_id"),
        ("N° de empresa", "msme_id"),
    ],
)
def test_headers_are_matched_exactly_once_folded(header, column):
    found = find_header(Sheet("a.csv", "", [[header]]), MSMES)
    assert found.positions == ({} if column is None else {column: 0})


def test_unit_in_the_header_and_sign_in_the_value():
    rows = [
        ["msme_id", "pollutant", "phase", "Valor (mg/L)"],
        ["1", "BOD5", "baseline", "<5"],
        ["1", "BOD5", "final", "7"],
    ]
    sheet = Sheet("a.csv", "", rows)
    frame = check_sheet(sheet, find_header(sheet, AUDITS), AUDITS).frame
    assert frame[["value", "unit"]].to_numpy().tolist() == [[5.0, "mg/L"], [7.0, "mg/L"]]
    assert frame["qualifier"].fillna("").tolist() == ["<", ""]


def test_the_sheet_is_not_changed():
    rows = [["msme_id", "Nota"], ["1", "<5"]]
    sheet = Sheet("a.csv", "", rows)
    check_sheet(sheet, find_header(sheet, MSMES), MSMES)
    assert rows == [["msme_id", "Nota"], ["1", "<5"]]


def test_a_merged_firm_holds_for_all_its_rows_but_a_merged_value_does_not():
    rows = [
        ["msme_id", "pollutant", "phase", "value", "unit"],
        ["1", "BOD5", "baseline", 5.0, "kg/yr"],
        ["", "COD", "baseline", "", "kg/yr"],
        ["2", "COD", "baseline", 7.0, "kg/yr"],
    ]
    sheet = Sheet("a.xlsx", "", rows, merged=(((2, 1), (3, 1)), ((2, 4), (3, 4))))
    checked = check_sheet(sheet, find_header(sheet, AUDITS), AUDITS)
    assert checked.frame["msme_id"].tolist() == ["1", "1", "2"]
    assert [(fault.rule, fault.row, fault.column) for fault in checked.faults] == [
        ("cell_missing", 3, "value")
    ]
    assert [note.tell("en") for note in checked.notes] == [
        "a.xlsx, column msme_id: Merged cells hold for all their rows."
    ]
