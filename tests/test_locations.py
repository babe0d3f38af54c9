"""Firms placed from their sheet: plain degrees stay, the mendable is mended and told, the rest is refused."""

import math
import re

import pytest
import shapely

from watershed_cp.errors import IntakeError
from watershed_cp.intake.readers import read_msmes

HERE = (-89.1914, 13.69895)


@pytest.fixture
def read(tmp_path):
    def read(row: str):
        path = tmp_path / "a.csv"
        path.write_text(f"msme_id;country;latitude;longitude;coordinates;crs\n1;{row}\n", encoding="utf-8")
        return read_msmes(path).iloc[0]

    return read


@pytest.mark.parametrize(
    ("row", "repairs"),
    [
        ("SV;13,69895;-89,1914;;", ""),
        (";13.69895;-89.1914;;", ""),
        ("SV;13.69895;89.1914;;", "longitude taken as west"),
        (";13.69895;89.1914;;", "longitude taken as west"),
        (";-89.1914;13.69895;;", "latitude and longitude swapped"),
        ("SV;-89,1914;13,69895;;", "latitude and longitude swapped"),
        ("SV;13°41'56.2\"N;89°11'29\"O;;", ""),
        ("SV;1515506;262993;;UTM 16N", "converted from UTM 16N"),
        ("SV;262993;1515506;;16P", "converted from UTM 16N; latitude and longitude swapped"),
        ("SV;N/A;-;16P 262993 1515506;", "datum not stated: WGS 84 taken"),
        ("SV;1515506;262993;;", "grid not stated: UTM 16N taken"),
        ("SV;262993;1515506;;", "grid not stated: UTM 16N taken; latitude and longitude swapped"),
        ("SV;1369895;-8919140;;", "decimal mark restored"),
        ("SV;;;16P 262993 1515506;", "datum not stated: WGS 84 taken"),
        ("SV;;;13.69895, -89.1914;WGS84", ""),
    ],
)
def test_placed(read, row, repairs):
    firm = read(row)
    assert firm["geometry"].distance(shapely.Point(HERE)) < 1e-3
    assert firm["repairs"] == repairs


@pytest.mark.parametrize(
    "row", ["SV;14.63491;-90.50691;;", "SV;;;14.63491, -90.50691;", "SV;1619104;768506;;UTM 15N"]
)
def test_a_place_in_another_country_is_refused_however_it_is_written(read, row):
    with pytest.raises(IntakeError) as error:
        read(row)
    (told,) = error.value.faults
    assert told.rule == "location_elsewhere"
    assert re.search(r"se lee como 14\.63\d\d, -90\.50\d\d, fuera de El Salvador\.", told.tell("es"))


@pytest.mark.parametrize(
    "row",
    [
        "SV;13.69895;-89.19141;;",
        "SV;13.69895;89.19141;;",
        "SV;;;13.69895, -89.19141;",
        "SV;;;13°41'56.2\"N 89°11'29.1\"O;",
    ],
)
def test_how_a_place_is_written_makes_it_no_surer(read, row):
    assert math.isnan(read(row)["location_accuracy_m"])


def test_metres_of_a_column_x_and_a_column_y(tmp_path):
    path = tmp_path / "utm.csv"
    path.write_text(
        "Id empresa;Departamento;Coord. X;Coord. Y\n1;San Salvador;262993;1515506\n2;;N/A;n/a\n;;;\n"
        "Elaboró: J. Pérez;;;\n",
        encoding="utf-8",
    )
    firms = read_msmes(path)
    assert firms.geometry[0].distance(shapely.Point(HERE)) < 1e-3
    assert firms.geometry[1] is None
    assert firms["msme_id"].tolist() == ["1", "2"]
    assert [note.tell("en") for note in firms.attrs["notes"] if note.rule == "row_of_remark"] == [
        "utm.csv, row 5: The row holds only a remark and does not count: “Elaboró: J. Pérez”."
        " If it is a firm or an entry, fill in its other cells."
    ]


def test_degrees_far_away_stay(read):
    firm = read(";39.5;-77.25;;")
    assert (firm["longitude"], firm["latitude"], firm["repairs"]) == (-77.25, 39.5, "")


def test_few_decimals_state_their_accuracy(read):
    assert round(read("SV;13.7;-89.2;;")["location_accuracy_m"]) == 7872
    assert read("SV;13.69895;-89.1914;;")["location_accuracy_m"] != 0


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ("SV;13.7;;;", "location_half", "latitude"),
        ("SV;0;0;;", "location_zero", "latitude"),
        ("SV;north;-89.2;;", "number_not_read", "latitude"),
        ("SV;;;no sé;", "location_unreadable", "coordinates"),
        ("GT;1655567;604322;;", "location_ambiguous", "latitude"),
        ("SV;1515506;262993;;Marte", "crs_unknown", "crs"),
        ("SV;;;14.63, -90.51;", "location_elsewhere", "coordinates"),
        (";113.5;-89.2;;", "location_elsewhere", "latitude"),
    ],
)
def test_refused(read, row, rule, column):
    with pytest.raises(IntakeError) as error:
        read(row)
    assert [(one.rule, one.row, one.column) for one in error.value.faults] == [(rule, 2, column)]


def test_what_was_mended_and_what_has_no_place_is_noted_once(tmp_path):
    rows = [f"{number};SV;13.69895;89.1914;" for number in range(6)]
    rows += ["6;SV;13.69895;-89.1914;", "7;SV;;;", "8;SV;;;13.7;-89.2", "9;SV;1515506;262993;"]
    text = (
        "msme_id;country;latitude;longitude;discharge_latitude;discharge_longitude\n" + "\n".join(rows) + "\n"
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    notes = read_msmes(tmp_path / "a.csv").attrs["notes"][1:]
    assert [one.tell("es") for one in notes] == [
        "a.csv: Al leer la ubicación: longitud tomada como oeste. Filas: 2, 3, 4, 5, 6 … (6).",
        "a.csv: Al leer la ubicación: cuadrícula no indicada: se toma UTM 16N. Filas: 11.",
        "a.csv: Sin ubicación, no se acreditan a ninguna cuenca. Filas: 9."
        " Escriba sus coordenadas, o al menos país y municipio.",
    ]
    assert notes[1].tell("en") == "a.csv: On reading the location: grid not stated: UTM 16N taken. Rows: 11."


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (";", "ambiguous"),
        (";Zacapa", (-89.53, 14.97)),  # Guatemala's own grid; as UTM 15 it would lie in Huehuetenango
        ("Zacapa;", (-89.53, 14.97)),
        ("Petén;", "ambiguous"),  # neither lies there: nothing is decided
    ],
)
def test_municipality_or_department_tells_which_place_is_meant(tmp_path, words, told):
    path = tmp_path / "a.csv"
    text = f"msme_id;country;coordinates;department;municipality\n1;GT;604322 1655567;{words}\n"
    path.write_text(text, encoding="utf-8")
    if told == "ambiguous":
        with pytest.raises(IntakeError, match="can be more than one place"):
            read_msmes(path)
    else:
        assert read_msmes(path).geometry[0].coords[0] == pytest.approx(told, abs=0.001)


def test_half_a_discharge_point_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "msme_id;country;latitude;longitude;discharge_latitude;discharge_longitude\n"
        "1;SV;13.69895;-89.1914;13.70123;\n2;SV;13.69895;-89.1914;-;-89.20123\n3;SV;13.69895;-89.1914;;\n",
        encoding="utf-8",
    )
    with pytest.raises(IntakeError) as error:
        read_msmes(path)
    remedy = "Escriba latitud y longitud, o deje vacías las dos."
    assert [one.tell("es") for one in error.value.faults] == [
        f"a.csv, fila 2, columna discharge_latitude: De la ubicación solo está «13.70123». {remedy}",
        f"a.csv, fila 3, columna discharge_longitude: De la ubicación solo está «-89.20123». {remedy}",
    ]
