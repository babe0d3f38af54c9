"""From a file to raw cells: encodings, delimiters, odd workbooks, and files made to do harm."""

import os
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from binary_workbook import write_ods, write_xls, write_xlsb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watershed_cp.errors import IntakeError, WatershedError
from watershed_cp.intake.assembly import fitting_sheets
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.readers import read_msmes
from watershed_cp.intake.spreadsheets import Sheet, read_sheets
from watershed_cp.intake.workbook import mark_faults
from watershed_cp.tables import MSMES

SPANISH = "código;nombre\n1;Panadería Ñandú «El Güegüense» ¿sí?\n2;Cañón\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "mac_roman"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(SPANISH.encode(encoding))
    (sheet,) = read_sheets(path)
    assert sheet.rows == [["código", "nombre"], ["1", "Panadería Ñandú «El Güegüense» ¿sí?"], ["2", "Cañón"]]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3\n2,5;3,5;4\n", ";"),
        ("a\tb\n1\tx, y, z\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("sep=;\na;b\n1;2\n", ";"),
        ("título, con coma\n\na;b;c\n1;x, y;2\n", ";"),
        ('a,b\n1,"x; y; z"\n2,"u; v"\n', ","),
        ("solo\n1\n2\n", ","),
    ],
)
def test_delimiters(tmp_path, text, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert read_sheets(path)[0].delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('msme_id,name,latitude\nF1,"Uno,13.71\nF2,Dos,13.72\n', 2),
        ('msme_id,name\nF1,"two\nlines"\nF2,"Dos\nF3,"Tres"\n', 3),
        ('msme_id,name\nF1,"Café "Luz", S.A."\n', 2),
    ],
)
def test_a_quote_left_open_swallows_no_row(tmp_path, text, row):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError) as error:
        read_sheets(path)
    assert error.value.tell("en") == (
        f"a.csv, row {row}: A quote that opens in this row is not closed where its cell ends."
        " Close it or delete it; if it is part of the text, write it twice."
    )


def test_quotes_that_are_closed_or_inside_a_text_are_fine(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('msme_id,name\nF1,"Café ""Luz"""\nF2,Tubo 2" PVC\n', encoding="utf-8")
    assert [row[1] for row in read_sheets(path)[0].rows[1:]] == ['Café "Luz"', 'Tubo 2" PVC']


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04xl/workbook.xml", b"%PDF-1.7 x", "msme_id\n1\n".encode("utf-32"), b"\x89PNG\r\n\x1a\n\x00"],
    ids=["workbook", "document", "utf-32", "picture"],
)
def test_what_is_no_text_says_so(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(IntakeError) as error:
        read_sheets(path)
    assert error.value.tell("es") == (
        "a.csv: El archivo no es texto, aunque su nombre termina en «.csv»."
        " Si es un libro de Excel, póngale el final .xlsx; si no, guárdelo de nuevo como CSV UTF-8."
    )


def test_rows_are_numbered_as_the_spreadsheet_shows_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('msme_id,name\n1,"two\nlines"\n\n2,b\n', encoding="utf-8")
    assert read_msmes(path)["source_row"].tolist() == [2, 4]


def test_errors_and_uncomputed_formulas_are_not_blanks(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["msme_id", "employees", "name"])
    sheet.append(["1", "=A2*2", '=IF(A2="","","x")'])
    sheet.append(["2", "#DIV/0!", "b"])
    sheet["B3"].data_type = "e"
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert [(one.row, one.value) for one in check_file(path).faults] == [(2, "=A2*2"), (3, "#DIV/0!")]


def rewrite(source: Path, target: Path, change) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(part.filename, change(data) if part.filename.endswith("sheet1.xml") else data)
    return target


@pytest.fixture
def small(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["msme_id"])
    book.active.append(["1"])
    path = tmp_path / "small.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("apart", [None, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'r="A2"', b'r="XFD1048576"').replace(b'<row r="2"', b'<row r="1048576"'),
        lambda data: data.replace(b'r="A2"', b'r="ZZZZ99999999"'),
        lambda data: data.replace(b'r="A2"', b'r = "aaaaaaaaa2"'),
        lambda data: data.replace(b'r="A2"', b'r="A%s"' % (b"0" * 9 + b"9" * 20)),
        lambda data: data.replace(b"</sheetData>", b"<!--" + b" " * 40_000_000 + b"--></sheetData>"),
    ],
    ids=["far cell", "long name", "small letters", "many digits", "bomb"],
)
def test_harmful_workbooks_are_refused(small, tmp_path, change, apart):
    path = rewrite(small, tmp_path / "harm.xlsx", change)
    with pytest.raises(IntakeError) as error:
        read_sheets(path, apart=apart)
    assert [one.rule for one in error.value.faults] == ["file_too_large"]


def test_small_files_that_ask_for_endless_sheets_are_refused_before_they_are_opened(tmp_path):
    def refused(name, *changes):
        with zipfile.ZipFile(tmp_path / name) as old, zipfile.ZipFile(tmp_path / f"far_{name}", "w") as new:
            for part in old.namelist():
                content = old.read(part)
                for before, after in changes:
                    content = content.replace(before, after)
                new.writestr(part, content)
        with pytest.raises(IntakeError) as error:
            read_sheets(tmp_path / f"far_{name}", apart=False)
        return error.value.faults[0].rule

    write_ods(tmp_path / "a.ods", [["msme_id"], [7.0]])
    rows = (b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">')
    cells = (b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16384" ')
    assert refused("a.ods", rows, cells) == "file_too_large"
    write_xlsb(tmp_path / "a.xlsb", [["msme_id"], [7.0]])
    row, last_row = (struct.pack("<IIHHBIII", number, 0, 300, 0, 0, 1, 0, 0) for number in (1, 1_048_575))
    cell, last_cell = (struct.pack("<IId", column, 0, 7.0) for column in (0, 16_383))
    assert refused("a.xlsb", (row, last_row), (cell, last_cell)) == "file_too_large"


def test_entities_of_xml_are_not_followed(small, tmp_path):
    head = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
    path = rewrite(small, tmp_path / "e.xlsx", lambda data: head + data.replace(b"<v>0</v>", b"<v>&b;</v>"))
    try:
        cells = [cell for sheet in read_sheets(path) for row in sheet.rows for cell in row]
    except IntakeError:
        return
    assert Path("/etc/hostname").read_text().strip() not in map(str, cells)


def test_layers_and_folders(tmp_path):
    import geopandas as gpd
    import shapely

    points = gpd.GeoDataFrame(
        {"msme_id": ["1", "2"], "name": ["a", "b"]},
        geometry=[shapely.Point(262993, 1515506), None],
        crs=32616,
    )
    for ending in ("gpkg", "geojson", "shp"):
        folder = tmp_path / ending
        folder.mkdir()
        points.to_crs(4326 if ending == "geojson" else 32616).to_file(folder / f"firms.{ending}")
        firms = read_msmes(folder)
        assert firms["msme_id"].tolist() == ["1", "2"]
        assert firms.geometry[0].distance(shapely.Point(-89.1914, 13.69895)) < 1e-4
        assert firms.geometry[1] is None
        assert set(firms["source_file"]) == {f"firms.{ending}"}


def test_lists_and_records_in_a_layer_are_kept_as_text(tmp_path):
    properties = '{"msme_id": "1", "employees": "many", "tags": ["a", "b"], "more": {"x": 1}}'
    point = '{"type": "Point", "coordinates": [-89.2, 13.7]}'
    feature = f'{{"type": "Feature", "properties": {properties}, "geometry": {point}}}'
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}', encoding="utf-8")
    assert read_sheets(path)[0].rows[1] == ["1", "many", "['a', 'b']", "{'x': 1}", -89.2, 13.7]
    mark_faults(path, check_file(path).faults, tmp_path / "marked.xlsx")


def test_kobo_export_with_its_accuracy(tmp_path):
    path = tmp_path / "kobo.csv"
    path.write_text(
        "datos/codigo_empresa;datos/nombre;ubicacion;datos/_ubicacion_latitude;_ubicacion_longitude;_ubicacion_precision"
        ";_id;_uuid\n"
        "001;Café Luz;13.69895 -89.1914 655.2 4.5;13.69895;-89.1914;4.5;77;a-b\n",
        encoding="utf-8",
    )
    firms = read_msmes(path)
    assert firms.geometry[0].coords[0] == (-89.1914, 13.69895)
    assert (firms["msme_id"].tolist(), firms["location_accuracy_m"].tolist()) == (["001"], [4.5])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(["csv", "xlsx", "xls", "geojson", "kml"]))
def test_any_bytes_raise_only_our_errors(tmp_path, data, ending):
    path = tmp_path / f"any.{ending}"
    path.write_bytes(data)
    try:
        read_msmes(path)
    except WatershedError as error:
        assert error.faults  # noqa: PT017


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(*(st.text(alphabet="0123456789.,;-<>/ °'NWaeñ=\"\n%", max_size=12) for _ in range(5))),
        max_size=6,
    )
)
def test_any_cells_raise_only_our_errors(tmp_path, rows):
    path = tmp_path / "any.csv"
    lines = [";".join(f'"{cell.replace(chr(34), "")}"' for cell in row) for row in rows]
    path.write_text("msme_id;latitude;longitude;employees;coordinates\n" + "\n".join(lines), encoding="utf-8")
    report = check_file(path)
    assert all(one.tell("es") and one.tell("en") for one in (*report.faults, *report.notes))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", "this is a web page"),
        ("a.xls", b"msme_id\tname\n1\tx\n", "this is plain text"),
        ("a.xls", b"PK\x03\x04", "this is an archive or a new workbook (.xlsx)"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\0", "this is an old workbook or document (.xls)"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("a.gpkg", b"x", "this is plain text"),
        ("a.geojson", b"{", "The file is damaged or incomplete."),
        ("a.kml", b"<?xml version='1.0'?><kml>", "The file is damaged or incomplete."),
    ],
)
def test_what_a_file_is_instead_is_told_in_our_own_words(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(IntakeError) as error:
        read_sheets(path)
    assert told in error.value.tell("en")
    assert error.value.tell("es") != error.value.tell("en")


def test_what_is_no_file_or_empty_or_oddly_named_says_so(tmp_path):
    (tmp_path / "a.xlsx").touch()
    odd = tmp_path / os.fsdecode(b"caf\xe9.csv")
    odd.write_text("msme_id\n1\n", encoding="utf-8")

    def told(path):
        with pytest.raises(IntakeError) as error:
            read_sheets(path)
        return error.value.tell("en")

    assert told(tmp_path / "a.xlsx") == (
        "a.xlsx: There is nothing in the file. Check that it is the right file and that it was saved."
    )
    assert told("/dev/null") == "/dev/null: This is no file. Give the name of a file or of a folder."
    assert (
        told(odd)
        == "caf\ufffd.csv: The name of the file has letters that this system cannot read. Rename it and try again."
    )


def test_an_old_workbook_and_an_open_document_are_read(tmp_path):
    rows = [["msme_id", "latitude", "name"], ["1", 13.7, "Panadería Ñ & <x>"]]
    for write, name in ((write_xls, "a.xls"), (write_ods, "a.ods")):
        write(tmp_path / name, rows)
        assert read_sheets(tmp_path / name, apart=False)[0].rows == rows


@pytest.mark.parametrize(("columns", "refused"), [(16_384, False), (16_385, True)])
def test_a_binary_sheet_is_no_wider_than_any_program_writes_it(tmp_path, columns, refused):
    row = [*["x"] * (columns - 1), "msme_id"]
    write_xlsb(tmp_path / "a.xlsb", [row])
    if not refused:
        assert read_sheets(tmp_path / "a.xlsb", apart=False)[0].rows == [row]
        return
    with pytest.raises(IntakeError) as error:
        read_sheets(tmp_path / "a.xlsb", apart=False)
    assert error.value.faults[0].rule == "file_damaged"


def test_a_quote_that_joins_lines_is_told_though_it_is_closed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,name,lat\nF1,"Uno,13.71\nF2,Dos",13.72\nF3,Tres,13.7\n', encoding="utf-8")
    with pytest.raises(IntakeError) as error:
        read_sheets(path)
    assert error.value.tell("en") == (
        "a.csv, row 2: A quote makes one row of 2 lines of the file here. Delete the quote that is too many;"
        " if the cell truly has several lines, take the delimiter out of them."
    )
    path.write_text('id,name,lat\nF1,"Calle 1,\nlocal 2",13.72\nF3,Tres,13.7\n', encoding="utf-8")
    assert read_sheets(path)[0].rows[1] == ["F1", "Calle 1,\nlocal 2", "13.72"]


def test_a_zipped_shapefile_is_a_layer_and_other_archives_are_none(tmp_path):
    layer = gpd.GeoDataFrame({"msme_id": ["1"]}, geometry=gpd.points_from_xy([-89.2], [13.7]), crs=4326)
    layer.to_file(tmp_path / "firms.shp")
    with zipfile.ZipFile(tmp_path / "firms.zip", "w") as package:
        for part in sorted(tmp_path.glob("firms.*")):
            if part.suffix != ".zip":
                package.write(part, part.name)
    assert read_sheets(tmp_path / "firms.zip")[0].rows[1] == ["1", -89.2, 13.7]
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as package:
        package.writestr("firms.csv", "msme_id\n1\n")
    with pytest.raises(IntakeError, match="The archive holds no layer"):
        read_sheets(tmp_path / "other.zip")


def test_a_workbook_in_binary_form(tmp_path):
    rows = [["Código de empresa", "Nombre", "Latitud"], ["001", "Lácteos Ñ", 13.7]]
    write_xlsb(tmp_path / "a.xlsb", rows)
    assert read_sheets(tmp_path / "a.xlsb")[0].rows == rows
    assert read_sheets(tmp_path / "a.xlsb", apart=False)[0].rows == rows


def test_a_cell_may_hold_infinity(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["msme_id", "employees"])
    book.active.append(["1", 7])
    book.save(path)
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part.replace(b"<v>7</v>", b"<v>1e999</v>"))
    assert [one.rule for one in check_file(path).faults] == ["number_not_read"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_raise_only_our_errors(tmp_path, data):
    """A sound file with some bytes changed, in a part of its package or in the whole."""
    path = tmp_path / "a.xlsb"
    write_xlsb(path, [["msme_id", "latitude"], ["1", 13.7]])
    with zipfile.ZipFile(path) as package:
        parts = {name: bytearray(package.read(name)) for name in package.namelist()}
    part = parts[data.draw(st.sampled_from(sorted(parts)))]
    for _ in range(data.draw(st.integers(1, 4))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    ending = data.draw(st.sampled_from([".xlsx", ".kmz", ".zip"]))  # read here; XLSB itself is read apart
    with zipfile.ZipFile(tmp_path / f"b{ending}", "w") as package:
        for name, content in parts.items():
            package.writestr(name, bytes(content))
    try:
        check_file(tmp_path / f"b{ending}")
    except WatershedError as error:
        assert error.faults  # noqa: PT017


def test_a_stray_cell_far_out_costs_nothing_and_headers_are_looked_for_once():
    wide = [""] * 65_536
    header, row, stray = ([*cells, *wide[len(cells) :]] for cells in (["msme_id", "name"], ["1", "Café"], []))
    stray[-1] = "x"
    sheet = Sheet("a.xls", "Firms", [header, row, stray])
    (first,), (again,) = (fitting_sheets((sheet,), MSMES) for _ in range(2))
    assert first[1] is again[1]
    assert first[1].positions == {"msme_id": 0, "name": 1}
