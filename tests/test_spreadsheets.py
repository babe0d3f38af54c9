"""From a file to raw cells: encodings, delimiters, odd workbooks, and files made to do harm."""

import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watershed_cp.errors import IntakeError, WatershedError
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.readers import read_msmes
from watershed_cp.intake.spreadsheets import read_sheets

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


def test_kobo_export_with_its_accuracy(tmp_path):
    path = tmp_path / "kobo.csv"
    path.write_text(
        "datos/codigo_empresa;datos/nombre;ubicacion;_ubicacion_latitude;_ubicacion_longitude;_ubicacion_precision\n"
        "001;Café Luz;13.69895 -89.1914 655.2 4.5;13.69895;-89.1914;4.5\n",
        encoding="utf-8",
    )
    firms = read_msmes(path)
    assert firms.geometry[0].coords[0] == (-89.1914, 13.69895)
    assert firms["location_accuracy_m"].tolist() == [4.5]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(["csv", "xlsx", "xls", "geojson", "kml"]))
def test_any_bytes_raise_only_our_errors(tmp_path, data, ending):
    path = tmp_path / f"any.{ending}"
    path.write_bytes(data)
    try:
        read_msmes(path)
    except WatershedError as error:
        assert error.faults  # noqa: PT017


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
