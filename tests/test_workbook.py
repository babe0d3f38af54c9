"""The template that is filled in, the check that reads it, and the copy with its faults marked."""

import zipfile

import openpyxl
import pytest
from binary_workbook import write_ods, write_xlsb

from watershed_cp.errors import IntakeError
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.template import write_template
from watershed_cp.intake.workbook import mark_faults
from watershed_cp.tables import INPUTS


@pytest.mark.parametrize("language", ["es", "en"])
def test_template_is_accepted_and_its_example_does_not_count(tmp_path, language):
    report = check_file(write_template(tmp_path / "t.xlsx", language=language))
    assert report.faults == ()
    assert report.rows == {table.name: 0 for table in INPUTS}
    assert {note.rule for note in report.notes} == {"example_left_out"}


@pytest.mark.parametrize("language", ["es", "en"])
def test_example_rows_are_sound(tmp_path, language):
    path = write_template(tmp_path / "t.xlsx", language=language)
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:]:
        for cell in sheet[2]:
            if str(cell.value).startswith(("EJEMPLO", "EXAMPLE")):
                cell.value = "F-1"
    book.save(path)
    report = check_file(path)
    assert [fault.tell("en") for fault in report.faults] == []
    assert set(report.rows.values()) == {1}


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_word_of_a_drop_down_is_read(tmp_path, language):
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", language=language))
    for sheet in book.worksheets[1:]:
        lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
        assert lists
        for rule in lists:
            column = next(iter(rule.sqref.ranges)).min_col
            for row, word in enumerate(rule.formula1.strip('"').split(","), start=2):
                sheet.cell(row, column).value = word
    path = tmp_path / "filled.xlsx"
    book.save(path)
    assert not [fault for fault in check_file(path).faults if fault.rule == "choice_unknown"]


def faulty_book(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Empresas"
    sheet.append(["Registro 2024"])
    sheet.append(["Código de empresa", "Nombre", "Latitud", "Longitud", "Empleados", "Doble"])
    sheet.append(["1", "=1+1", 13.7, -89.2, "muchos", "=E3*2"])
    sheet["B3"].data_type = "s"
    sheet["C3"].number_format = "0.0000"
    sheet.column_dimensions["B"].width = 33
    book.save(path)
    return path


def test_marked_copy_keeps_the_workbook_and_explains(tmp_path):
    path = faulty_book(tmp_path / "empresas.xlsx")
    report = check_file(path)
    assert [fault.tell("es") for fault in report.faults] == [
        "empresas.xlsx, hoja Empresas, fila 3, columna Empleados: «muchos» no es un número. Escriba solo el"
        " número, sin unidad ni palabras; si no se detectó, escriba < y el límite."
    ]
    copy = mark_faults(path, report.faults, tmp_path / "revisado.xlsx", language="es")
    book = openpyxl.load_workbook(copy)
    assert book.sheetnames == ["Revisión", "Empresas"]
    sheet = book["Empresas"]
    assert sheet["E3"].comment.text.startswith("«muchos» no es un número.")
    assert sheet["E3"].fill.fgColor.rgb == "FFF2B8A0"
    assert (sheet["F3"].value, sheet["F3"].data_type) == ("=E3*2", "f")
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("=1+1", "s")
    assert sheet["C3"].number_format == "0.0000"
    assert sheet.column_dimensions["B"].width == 33
    assert book["Revisión"]["A5"].hyperlink.location == "'Empresas'!E3"


def test_mending_the_copy_clears_it(tmp_path):
    path = faulty_book(tmp_path / "empresas.xlsx")
    copy = mark_faults(path, check_file(path).faults, tmp_path / "one.xlsx", language="es")
    book = openpyxl.load_workbook(copy)
    book["Empresas"]["E3"].value = 12
    book.save(copy)
    report = check_file(copy)
    assert report.faults == ()
    clean = openpyxl.load_workbook(mark_faults(copy, (), tmp_path / "two.xlsx", language="es"))
    assert clean.sheetnames == ["Revisión", "Empresas"]
    assert clean["Empresas"]["E3"].comment is None


def test_csv_becomes_a_marked_workbook(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("msme_id,name,employees\n1,=HYPERLINK(1),x\n", encoding="utf-8")
    copy = mark_faults(path, check_file(path).faults, tmp_path / "a.xlsx", language="en")
    sheet = openpyxl.load_workbook(copy).worksheets[1]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=HYPERLINK(1)", "s")
    assert sheet["C2"].comment is not None


@pytest.mark.parametrize("name", ["Empresas de la cuenca del Acelhuate", "[a]*?/x"])
def test_a_sheet_of_any_name_is_marked_where_it_is(tmp_path, name):
    first, second = [["pollutant"], ["x"]], [["msme_id", "employees"], ["1", "many"]]
    write_ods(tmp_path / "a.ods", first, name="Notas")
    with zipfile.ZipFile(tmp_path / "a.ods") as old, zipfile.ZipFile(tmp_path / "b.ods", "w") as new:
        write_ods(tmp_path / "c.ods", second, name=name)
        table = zipfile.ZipFile(tmp_path / "c.ods").read("content.xml").split(b"<office:spreadsheet>")[1]
        for part in old.namelist():
            end = b"</office:spreadsheet>"
            new.writestr(part, old.read(part).replace(end, table.split(end)[0] + end))
    faults = check_file(tmp_path / "b.ods", apart=False).faults
    assert [one.rule for one in faults] == ["number_not_read"]
    book = openpyxl.load_workbook(mark_faults(tmp_path / "b.ods", faults, tmp_path / "marked.xlsx"))
    assert book.worksheets[2]["B2"].comment is not None


def test_a_sheet_with_signs_in_its_name_is_marked(tmp_path):
    write_xlsb(tmp_path / "a.xlsb", [["msme_id", "employees"], ["1", "many"]], name="Fir\x01")
    faults = check_file(tmp_path / "a.xlsb", apart=False).faults
    book = openpyxl.load_workbook(mark_faults(tmp_path / "a.xlsb", faults, tmp_path / "marked.xlsx"))
    assert book["Fir"]["B2"].comment is not None


def test_copy_never_overwrites_the_workbook(tmp_path):
    path = faulty_book(tmp_path / "a.xlsx")
    with pytest.raises(IntakeError, match="cannot be written over the workbook itself"):
        mark_faults(path, (), path)
