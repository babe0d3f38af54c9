"""Reading firms, audits and reductions: what comes out, and every fault told at once."""

import itertools
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from watershed_cp.errors import IntakeError, MissingFileError
from watershed_cp.intake.checking import check_file
from watershed_cp.intake.readers import (
    check_references,
    read_audits,
    read_msmes,
    read_recommendations,
    read_reductions,
)
from watershed_cp.loads.audits import audit_loads
from watershed_cp.tables import AUDITS, MSMES


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def workbook(path: Path, sheets: dict[str, list[list]], hidden: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(path) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        book.remove_timezone = True
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, pd.Timestamp):
                        sheet.write_datetime(number, place, cell.to_pydatetime(), dates)
                    elif cell is not None:
                        sheet.write(number, place, cell)
            if name in hidden:
                sheet.hide()
    return path


def told(error, language="en"):
    return error.value.tell(language).splitlines()


def test_spanish_csv_of_an_old_windows(write):
    text = (
        "Registro de empresas 2024;;;;\n"
        "Código empresa;Nombre;Latitud;Longitud;Observación\n"
        "001;Panadería Ñandú;13,7;-89,25;=1+1\n"
        "\n"
        "002;Tenería;;;\n"
    )
    firms = read_msmes(write("empresas.csv", text, "cp1252"))
    assert list(firms.columns[: len(MSMES.names)]) == list(MSMES.names)
    assert firms["msme_id"].tolist() == ["001", "002"]
    assert firms["name"].tolist() == ["Panadería Ñandú", "Tenería"]
    assert firms["Observación"].fillna("").tolist() == ["=1+1", ""]
    assert firms["source_row"].tolist() == [3, 5]
    assert firms.geometry[0].coords[0] == (-89.25, 13.7)
    assert firms.geometry[1] is None
    assert firms.crs == "EPSG:4326"
    assert next(note.tell("en") for note in firms.attrs["notes"]) == (
        "empresas.csv: Read with encoding cp1252 and delimiter “;”."
    )


def test_workbook_types_and_user_columns(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        {
            "Auditorías": [
                [
                    "Código de empresa",
                    "Contaminante",
                    "Fase",
                    "Fecha",
                    "Valor (mg/L)",
                    "Caudal (m3/d)",
                    "Nota",
                ],
                [7, "DQO", "línea base", pd.Timestamp("2024-03-31"), 250, 12.5, "x"],
                ["07", "Demanda bioquímica de oxígeno", "Seguimiento", 45382, "<5", None, None],
            ]
        },
    )
    audits = read_audits(path)
    assert list(audits.columns[: len(AUDITS.names)]) == list(AUDITS.names)
    assert audits["msme_id"].tolist() == ["7", "07"]
    assert audits["pollutant"].tolist() == ["COD", "BOD5"]
    assert audits["pollutant_as_written"].tolist() == ["DQO", "Demanda bioquímica de oxígeno"]
    assert audits["phase"].tolist() == ["baseline", "follow_up"]
    assert audits["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-31", "2024-03-31"]
    assert audits["value"].tolist() == [250.0, 5.0]
    assert audits["qualifier"].fillna("").tolist() == ["", "<"]
    assert audits["unit"].tolist() == ["mg/L", "mg/L"]
    assert audits["flow_unit"].tolist() == ["m3/d", "m3/d"]
    assert audits["source_sheet"].tolist() == ["Auditorías"] * 2
    assert audits["Nota"].fillna("").tolist() == ["x", ""]


def test_every_fault_at_once_in_both_languages(write):
    text = (
        "msme_id,pollutant,phase,date,value,unit,flow,flow_unit\n"
        "1,xyz,someday,2024-13-01,-5,mg/L,abc,m3/d\n"
        "2,DBO5,baseline,2024-01-31,,kg,3,\n"
        "Total,DBO5,,,55,,,\n"
    )
    with pytest.raises(IntakeError) as error:
        read_audits(write("a.csv", text))
    assert told(error) == [
        (
            "a.csv, row 2, column phase: “someday” is not one of the choices."
            " Write one of these: baseline, follow_up."
        ),
        (
            "a.csv, row 2, column date: “2024-13-01” is not a date that can be read."
            " Write it as year-month-day, for example 2024-03-31."
        ),
        (
            "a.csv, row 2, column value: -5 is below 0, the least possible."
            " Check the sign, the unit and the order of the columns."
        ),
        (
            "a.csv, row 2, column flow: “abc” is not a number."
            " Write the number only, without unit or words; if it was not detected, write < and the limit."
        ),
        (
            "a.csv, row 2, column pollutant: The pollutant “xyz” is not known."
            " Write its name or its code, for example BOD5, COD or TSS."
        ),
        "a.csv, row 3, column value: The cell is blank. Fill it in.",
        (
            "a.csv, row 3, column unit: “kg” is a unit neither of load nor of concentration."
            " Write for example mg/L, kg/yr, lb/day or t/yr."
        ),
        "a.csv, row 3, column flow: The flow 3 has no unit. Write it in its column, for example m3/d or L/s.",
    ]


def test_totals_are_left_out_and_told(write):
    audits = (
        "msme_id,Nota,pollutant,phase,date,value,unit,flow,flow_unit,evidence\n"
        "1,,DBO5,baseline,2024-01-31,20,kg/yr,,,A\n"
        "Total,,DBO5,,,55,,,,\n"
        ",Subtotal,DBO5,,,55,kg/yr,,,\n"
        ",Total,DBO5,baseline,2024-01-31,55,kg/yr,,,A\n"
        ",,DBO5,baseline,2024-01-31,55,kg/yr,,,A\n"
    )
    report = check_file(write("a.csv", audits))
    assert [(one.rule, one.row) for one in report.faults] == [("cell_missing", 5), ("cell_missing", 6)]
    totals = [one for one in report.notes if one.rule == "row_of_totals"]
    assert [one.tell("es") for one in totals] == [
        f"a.csv, fila {row}: Es una fila de totales y no se cuenta. Los totales los calcula el programa."
        for row in (3, 4)
    ]
    firms = read_msmes(write("b.csv", "msme_id,name,employees\n1,Total S.A.,4\n,TOTAL:,4\nTotal,,4\n"))
    assert firms["msme_id"].tolist() == ["1"]
    assert [(one.rule, one.row) for one in firms.attrs["notes"][1:3]] == [
        ("row_of_totals", 3),
        ("row_of_totals", 4),
    ]


def test_totals_stand_anywhere_and_firms_may_be_called_total(write):
    text = (
        "Código de empresa,Nombre,País,Empleados,CIIU,Nota\n"
        "1,Total S.A.,HN,3,,\n,,Total Honduras,3,,\n2,TOTAL,,3,,\nTotal empresas: 2,,,3,,\n"
        ",,,,31/12/2024,Promedio\n,Total Gas,HN,4,,\n,,,7,,x\n"
    )
    report = check_file(write("a.csv", text))
    assert [(one.rule, one.row) for one in report.faults] == [("cell_missing", 7), ("cell_missing", 8)]
    told = [(one.rule, one.row) for one in report.notes if one.rule.startswith("row_")]
    assert told == [
        ("row_of_totals", 3),
        ("row_like_totals", 4),
        ("row_of_totals", 5),
        ("row_of_totals", 6),
    ]


def _impossible(pollutant, _phase, value, unit, *_):
    return float(value) > 14 and (pollutant == "pH" or unit == "mg/L")


def test_whatever_a_run_books_as_invalid_has_been_told(write):
    choices = (
        ["BOD5", "pH"],
        ["baseline", "follow_up"],
        ["3", "0", "1e14", "1e300"],
        ["mg/L", "kg/d", "t/yr"],
        [",", ",m3/d", "2,m3/d", "0,L/s", "1e12,L/s"],
        ["", "300"],
    )
    chosen = [cells for cells in itertools.product(*choices) if not _impossible(*cells)]
    rows = [f"{number},{','.join(cells)}" for number, cells in enumerate(chosen)]
    head = "msme_id,pollutant,phase,value,unit,flow,flow_unit,operating_days_per_year"
    file = write("a.csv", "\n".join([head, *rows]))
    report = check_file(file)
    assert report.faults == ()
    told = [note.problem.en for note in report.notes if note.rule in {"load_unknown", "load_absurd"}]
    invalid = int(audit_loads(read_audits(file))["fate"].eq("invalid").sum())
    assert sum(int(text.rpartition("(")[2].rstrip(").")) for text in told) == invalid > len(told) == 2


def test_what_no_water_can_be_is_a_fault(write):
    rows = "1,DBO5,LB,1000000,mg/L\n2,DBO5,LB,1000.5,g/L\n3,pH,LB,14,\n4,pH,LB,72,\n5,pH,LB,-1,\n"
    report = check_file(write("a.csv", "msme_id,pollutant,phase,value,unit\n" + rows))
    assert [one.tell("es") for one in report.faults if one.rule.endswith("_impossible")] == [
        "a.csv, fila 3, columna value: 1000.5 es más de 1,000,000 mg/L: habría más contaminante que agua."
        " Revise el valor, sus separadores y la unidad.",
        "a.csv, fila 5, columna value: Un pH de 72 no existe: va de 0 a 14."
        " Revise el punto decimal, por ejemplo 7.2 en lugar de 72.",
        "a.csv, fila 6, columna value: Un pH de -1 no existe: va de 0 a 14."
        " Revise el punto decimal, por ejemplo 7.2 en lugar de 72.",
    ]


def test_what_is_no_mass_cannot_be_reduced(write):
    report = check_file(write("a.csv", "msme_id,pollutant,value,unit\n1,pH,2,kg/yr\n"))
    assert [one.tell("es") for one in report.faults] == [
        "a.csv, fila 2, columna pollutant: «pH» no es una masa: no hay kilogramos que reducir."
        " Ponga sus mediciones en la tabla de auditorías, o borre la fila."
    ]


def test_what_is_no_mass_needs_no_unit(write):
    head = "msme_id,pollutant,phase,value,unit\n"
    audits = read_audits(write("a.csv", head + "1,pH,baseline,7.1,\n1,Temperatura,baseline,25,°C\n"))
    assert audits["unit"].fillna("").tolist() == ["", "°C"]
    with pytest.raises(IntakeError) as error:
        read_audits(write("b.csv", head + "1,pH,baseline,,\n1,DBO5,baseline,3,\n"))
    assert [(one.row, one.column) for one in error.value.faults] == [(2, "value"), (3, "unit")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("msme_id,pollutant,phase,value,unit\n1,DBO5,LB,3,kg/yr\n1,DQO,LB,3,kg/yr\n", 2),
        ("msme_id,pollutant,phase,value,unit,evidence\n1,DBO5,LB,3,kg/yr,\n", 1),
    ],
)
def test_audits_without_evidence_are_noted(write, text, count):
    notes = read_audits(write("a.csv", text)).attrs["notes"]
    assert [one.tell("es") for one in notes[1:]] == [
        f"a.csv: Filas sin evidencia: {count}; cuentan como E. Llene la columna Evidencia (A a E), o agréguela."
    ]


def test_evidence_that_some_rows_state_is_not_noted(write):
    text = "msme_id,pollutant,phase,value,unit,evidence\n1,DBO5,LB,3,kg/yr,\n1,DQO,LB,3,kg/yr,B\n"
    assert len(read_audits(write("a.csv", text)).attrs["notes"]) == 1


def test_firm_twice_and_row_twice(write):
    with pytest.raises(IntakeError) as error:
        read_msmes(write("a.csv", "msme_id,name\n1,a\n1,a\n1,b\n"))
    assert told(error) == [
        "a.csv, row 3, column msme_id: It equals row 2 in every cell. Delete one of the two.",
        (
            "a.csv, row 4, column msme_id: The identifier “1” already stands in row 2."
            " Give every firm an identifier of its own, or delete the row that is too many."
        ),
    ]


def test_missing_header_lists_the_headers_and_asks(write):
    with pytest.raises(IntakeError) as error:
        read_msmes(write("a.csv", "Codigo de la enpresa,Nombre\n1,a\n"))
    assert told(error, "es") == [
        (
            "a.csv, fila 1, columna Código de empresa: Falta la columna obligatoria"
            " «Identificador único de la empresa»; los encabezados que hay son:"
            " Codigo de la enpresa | Nombre."
            " Agregue la columna, o escriba «Código de empresa» sobre la que ya lo dice. ¿Será «Codigo de la enpresa»?"
        )
    ]


def test_two_headers_of_one_meaning(write):
    firms = read_msmes(write("a.csv", "msme_id,Nombre,Razón social\n1,a,A S.A.\n"))
    assert firms[["name", "Razón social"]].to_numpy().tolist() == [["a", "A S.A."]]
    with pytest.raises(IntakeError) as error:
        read_msmes(write("b.csv", "msme_id,lat,Latitud\n1,13,14\n"))
    assert told(error) == [
        (
            "b.csv, row 1, column lat: Several headers mean the same: lat | Latitud."
            " Keep only one, or rename the others."
        )
    ]


def test_sheets_are_chosen_by_what_they_hold(tmp_path):
    firms = [["msme_id", "name", "country"], ["1", "a", "SV"]]
    more = [["Código de empresa", "Nombre", "País"], ["2", "b", "Guatemala"]]
    audits = [["msme_id", "pollutant", "phase", "value", "unit"], ["1", "BOD5", "baseline", 3, "kg/yr"]]
    path = workbook(
        tmp_path / "all.xlsx",
        {"Leame": [["Hola"]], "SV": firms, "GT": more, "Audits": audits, "old": firms},
        hidden=("old",),
    )
    read = read_msmes(path)
    assert read["msme_id"].tolist() == ["1", "2"]
    assert read["country"].tolist() == ["SV", "GT"]
    assert read["source_sheet"].tolist() == ["SV", "GT"]
    assert read_audits(path)["value"].tolist() == [3.0]
    assert read_msmes(path, sheet="gt")["msme_id"].tolist() == ["2"]
    with pytest.raises(IntakeError) as error:
        read_msmes(path, sheet="PA")
    assert told(error) == [
        "all.xlsx, sheet PA: There is no such sheet. The file has: Leame | SV | GT | Audits."
    ]


def test_a_misspelt_header_hides_no_sheet(tmp_path):
    firms = [["msme_id", "latitude", "longitude"], ["1", 13.7, -89.2]]
    misspelt = [["Codigo de la enpresa", "Nombre"], ["2", "b"]]
    audits = [
        ["msme_id", "pollutant", "Fasse", "value", "unit", "date"],
        ["1", "BOD5", "LB", 3, "kg/yr", None],
    ]
    book = workbook(
        tmp_path / "all.xlsx",
        {"SV": firms, "GT": misspelt, "Medidas": audits, "Colores": [["rojo", "azul"], ["1", "2"]]},
    )
    report = check_file(book)
    assert [one.tell("es") for one in report.faults] == [
        (
            "all.xlsx, hoja GT, fila 1, columna Código de empresa: Falta la columna obligatoria «Identificador"
            " único de la empresa»; los encabezados que hay son: Codigo de la enpresa | Nombre."
            " Agregue la columna, o escriba «Código de empresa» sobre la que ya lo dice. ¿Será «Codigo de la enpresa»?"
        ),
        (
            "all.xlsx, hoja Medidas, fila 1, columna phase: Falta la columna obligatoria «Fase: línea base"
            " o seguimiento»; los encabezados que hay son: msme_id | pollutant | Fasse | value | unit | date."
            " Agregue la columna, o escriba «phase» sobre la que ya lo dice. ¿Será «Fasse»?"
        ),
    ]
    assert [one.tell("en") for one in report.notes] == [
        (
            "all.xlsx, sheet Colores: This sheet was not read: its headers are those of no table."
            " If it holds data, compare its headers with those of “watershed-cp template”."
        )
    ]
    with pytest.raises(IntakeError) as error:
        read_msmes(book)
    assert [one.sheet for one in error.value.faults] == ["GT"]
    assert read_msmes(book, sheet="SV")["msme_id"].tolist() == ["1"]


def test_firms_without_identifier_are_told_but_a_list_of_towns_is_none(tmp_path):
    firms = [["msme_id", "latitude", "longitude"], ["1", 13.7, -89.2]]
    unnamed = [["Clave", "Nombre", "Latitud", "Longitud"], ["2", "b", 14.6, -90.5]]
    towns = [["País", "Departamento", "Municipio"], ["SV", "San Salvador", "Apopa"]]
    report = check_file(workbook(tmp_path / "all.xlsx", {"SV": firms, "GT": unnamed, "Lista": towns}))
    assert [(one.rule, one.sheet) for one in report.faults] == [("header_missing", "GT")]
    assert [(one.rule, one.sheet) for one in report.notes] == [("sheet_not_read", "Lista")]


def test_a_vague_code_is_the_firms_only_beside_columns_of_firms(tmp_path):
    firms = [["No.", "Código", "Nombre", "País", "Coord. (lat, lon)", "Tamaño", "Vacía"]]
    firms += [[1, "E1", "a", "El Salvador", "13.7, -89.2", "micro", None]]
    towns = [["Código", "Nombre", "Departamento", "Municipio"], ["0101", "x", "San Salvador", "Apopa"]]
    report = check_file(workbook(tmp_path / "all.xlsx", {"SV": firms, "Lista": towns}))
    assert report.rows == {"msmes": 1}
    assert [one.tell("es") for one in report.notes if one.sheet == "SV"] == [
        "all.xlsx, hoja SV, fila 1: Columnas que no se leyeron, porque su encabezado no es de esta tabla:"
        " No. | Tamaño. Si alguna debe leerse, dele el encabezado que usa «watershed-cp template»."
    ]
    twice = [
        ["No.", "Código", "Expediente", "Nombre", "Latitud", "Longitud"],
        [1, "2", "3", "b", 14.6, -90.5],
    ]
    (told,) = check_file(workbook(tmp_path / "b.xlsx", {"GT": twice})).faults
    assert told.rule == "header_missing"
    assert told.remedy.es.endswith("¿Será «Código»?")


def test_a_whole_table_is_no_misspelt_other(tmp_path):
    reductions = [["msme_id", "pollutant", "value", "unit", "date"], ["1", "BOD5", 3, "kg/yr", None]]
    report = check_file(workbook(tmp_path / "a.xlsx", {"R": reductions}))
    assert (report.rows, report.faults, report.notes) == ({"reductions": 1}, (), ())


def test_a_csv_has_no_sheets_to_name(write):
    with pytest.raises(IntakeError) as error:
        read_msmes(write("a.csv", "msme_id\n1\n"), sheet="SV")
    assert told(error) == [
        "a.csv, sheet SV: There is no such sheet. The file has: a single table, without a sheet name."
    ]


def test_header_in_two_rows(tmp_path):
    rows = [
        [None, "Empresas 2024"],
        ["Código de empresa", "Ubicación", None],
        [None, "Latitud", "Longitud"],
        ["1", 13.7, -89.2],
    ]
    firms = read_msmes(workbook(tmp_path / "a.xlsx", {"x": rows}))
    assert firms[["msme_id", "latitude", "longitude"]].to_numpy().tolist() == [["1", 13.7, -89.2]]
    assert firms["source_row"].tolist() == [4]


def test_reductions_may_be_negative_but_must_be_loads(write):
    head = "msme_id,pollutant,value,unit\n"
    assert read_reductions(write("a.csv", head + "1,SST,-2,kg/año\n"))["value"].tolist() == [-2.0]
    with pytest.raises(IntakeError) as error:
        read_reductions(write("b.csv", head + "1,SST,2,mg/L\n"))
    assert told(error) == [
        (
            "b.csv, row 2, column unit: “mg/L” is not a unit of mass per time."
            " Write for example kg/yr, lb/day or t/yr."
        )
    ]


def test_findings_name_the_columns_of_the_user(write):
    with pytest.raises(IntakeError) as error:
        read_msmes(write("a.csv", "Código de empresa,Nombre\n1,a\n1,b\n"))
    assert [one.column for one in error.value.faults] == ["Código de empresa"]
    firms = read_msmes(write("b.csv", "msme_id\n1\n"))
    audits = read_reductions(write("c.csv", "Cód. empresa,Contaminante,Valor,Unidad\n2,DQO,1,kg/año\n"))
    assert [(one.column, one.value) for one in check_references({"msmes": firms, "audits": audits})] == [
        ("Cód. empresa", "2")
    ]


def test_a_blank_identifier_is_no_unknown_firm(tmp_path):
    firms = [["msme_id", "name"], ["1", "a"]]
    reductions = [["msme_id", "pollutant", "value", "unit"], [None, "BOD5", 3, "kg/yr"]]
    report = check_file(workbook(tmp_path / "a.xlsx", {"Firms": firms, "Reductions": reductions}))
    assert [one.rule for one in report.faults] == ["cell_missing"]


def test_firms_that_the_register_lacks(write):
    firms = read_msmes(write("a.csv", "msme_id\nE-001\nE-002\n"))
    audits = read_reductions(
        write("b.csv", "msme_id,pollutant,value,unit\nE-001,TSS,1,kg/yr\nE-0O2,TSS,1,kg/yr\n")
    )
    assert [finding.tell("en") for finding in check_references({"msmes": firms, "audits": audits})] == [
        (
            "b.csv, row 3, column msme_id: The firm “E-0O2” is not in the register of firms."
            " Add it to the register or correct the identifier. Did you mean “E-002”?"
        )
    ]


def test_files_that_cannot_be_read(write, tmp_path):
    with pytest.raises(
        MissingFileError, match=r"none.csv: There is no such file. Check the name and the folder."
    ):
        read_msmes(tmp_path / "none.csv")
    for name, text, words in (
        ("a.pdf", "%PDF", "Files of type “.pdf” are not read."),
        ("a.csv", "", "There is nothing in the file."),
        ("b.csv", "msme_id,name\n", "There are no rows under the header. Write at least one row."),
        ("a.xlsx", "not a workbook", "Though its name ends in “.xlsx”, this is plain text."),
    ):
        with pytest.raises(IntakeError) as error:
            read_msmes(write(name, text))
        assert words in error.value.tell("en")


def test_a_firm_that_gives_two_figures_of_use_is_noted(tmp_path):
    file = tmp_path / "medidas.csv"
    rows = [
        "R1,F,agua,verificada,100,m3/año",
        "R2,F,agua,verificada,100000,L/año",
        "R3,F,agua,verificada,90,m3/año",
    ]
    rows += ["R4,F,energía,verificada,7,kWh/año", "R5,G,agua,verificada,50,m3/año"]
    header = "recommendation_id,msme_id,resource,status,baseline_use,saving_unit"
    file.write_text("\n".join([header, *rows]), encoding="utf-8")
    notes = read_recommendations(file).attrs["notes"]
    assert [one.tell("es") for one in notes if one.rule == "uses_differ"] == [
        f"{file.name}: La empresa «F» da varias cifras de lo que usaba antes de sus medidas (agua), en las "
        "filas 2, 3, 4. Cuenta la mayor, una sola vez; deje en todas la misma cifra."
    ]


def test_another_number_is_no_suggestion(tmp_path):
    firms = [["msme_id", "name"], ["E002", "a"], [" e022 ", "b"], ["E013", "c"]]
    audits = [["msme_id", "pollutant", "phase", "value", "unit"]]
    audits += [[one, "BOD5", "baseline", 3, "kg/yr"] for one in ("E023", "E022", "E13")]
    faults = check_file(workbook(tmp_path / "a.xlsx", {"F": firms, "A": audits})).faults
    assert [(one.value, one.remedy.es.partition(". ")[2]) for one in faults] == [
        ("E023", ""),
        ("E022", "¿Será «e022»?"),
        ("E13", "¿Será «E013»?"),
    ]
