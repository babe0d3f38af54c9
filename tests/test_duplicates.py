"""The same firm under two names, and two firms that only look alike."""

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from watershed_cp.cli import main
from watershed_cp.intake.duplicates import find_duplicates, firm_key, review_pairs
from watershed_cp.intake.review import write_review


def firms(*rows):
    frame = pd.DataFrame(rows, columns=["msme_id", "name", "country", "municipality", "x", "y"])
    points = [
        None if np.isnan(x) else shapely.Point(x, y) for x, y in zip(frame["x"], frame["y"], strict=True)
    ]
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Lácteos La Esperanza, S.A. de C.V.", "LACTEOS LA ESPERANZA"),
        ("Panadería San José y Cía.", "Panaderia San Jose"),
        ("Tenería Beltrán, Sociedad Anónima", "Teneria Beltran S.A."),
        ("Café Uno S. de R.L. de C.V.", "Café Uno, S de RL de CV"),
        ("Beneficio El Roble Ltda.", "Beneficio El Roble Limitada"),
        ("Rastro Municipal (Apopa)", "RASTRO MUNICIPAL APOPA"),
    ],
)
def test_legal_forms_and_accents_fall_away(one, two):
    assert firm_key(one) == firm_key(two)


def test_far_apart_is_two_branches_and_one_spot_is_one_firm():
    found = find_duplicates(
        firms(
            ("1", "Café Luz, S.A.", "SV", "Apopa", -89.18, 13.80),
            ("2", "CAFE LUZ", "SV", "Apopa", -89.181, 13.80),
            ("3", "Café Luz", "SV", "Santa Ana", -89.55, 13.99),
            ("4", "Café Luz", "GT", "Zacapa", -89.53, 14.97),
            ("5", "Cafetería Luz", "SV", "Apopa", -89.18, 13.8001),
            ("6", "Tenería Beltrán", "SV", "Apopa", -89.18, 13.80),
        )
    )
    assert found[["msme_id", "other_msme_id"]].to_numpy().tolist() == [["1", "2"], ["1", "5"]]
    assert found["distance_m"].round().tolist() == [108.0, 11.0]
    assert found["same_municipality"].tolist() == [True, True]


def test_unknown_places_leave_the_name_to_decide():
    nan = float("nan")
    found = find_duplicates(
        firms(("1", "Café Luz", "SV", "", nan, nan), ("2", "CAFÉ LUZ S.A.", "SV", "", -89.2, 13.7))
    )
    assert len(found) == 1
    assert np.isnan(found["distance_m"][0])
    assert find_duplicates(firms()).empty


def test_numbers_tell_firms_apart():
    found = find_duplicates(
        firms(
            ("1", "Gasolinera Norte 2", "SV", "Apopa", -89.18, 13.8),
            ("2", "Gasolinera Norte 3", "SV", "Apopa", -89.18, 13.8),
            ("3", "Gasolinera Norte 2, S.A.", "SV", "Apopa", -89.18, 13.8),
        )
    )
    assert found[["msme_id", "other_msme_id"]].to_numpy().tolist() == [["1", "3"]]


def test_what_was_decided_stays_and_comes_last(tmp_path):
    named = ("Café Luz", "CAFE LUZ SA", "Cafe Lus")
    rows = firms(*((str(n), name, "SV", "Apopa", -89.2, 13.7) for n, name in enumerate(named, start=1)))
    pairs, file = review_pairs(rows), tmp_path / "pairs.xlsx"
    assert write_review(pairs, file, language="es") == len(pairs) == 3
    book = openpyxl.load_workbook(file)
    assert [cell.value for cell in book.active["C"][4:]] == [
        "el mismo nombre; mismo municipio; a 0 m una de otra",
        *["nombres parecidos en un mismo lugar; mismo municipio; a 0 m una de otra"] * 2,
    ]
    book.active["A5"] = "distintas"
    book.active.move_range("A4:M7", cols=2)  # the reader sorts and moves as she likes
    book.save(file)
    assert write_review(pairs.iloc[::-1], file, language="en") == 2
    told = openpyxl.load_workbook(file).active
    assert [(told[f"A{row}"].value, told[f"B{row}"].value) for row in (5, 6, 7)][-1] == ("distintas", 100)
    others = pairs[pairs["likeness_pct"] < 100]
    assert write_review(others, file, language="es") == len(others) == 2
    assert (
        write_review(pairs, file, language="es") == 2
    )  # the pair was gone for a while, what was decided was not


def test_a_register_too_long_to_compare_says_so():
    row = ("1", "Café Uno", "SV", "Apopa", np.nan, np.nan)
    assert len(review_pairs(firms(row, ("2", *row[1:])))) == 1
    pairs = review_pairs(firms(*[row] * 5_001))
    assert pairs.empty
    assert [note.tell("en") for note in pairs.attrs["notes"]] == [
        "Firms listed twice were not looked for: 5,001 firms are more than the 5,000 that are compared one by one."
        " To look for them, check the list in parts, for example a file for each department."
    ]


def test_pairs_stay_in_the_workbook_that_is_there(tmp_path):
    rows = "msme_id;name;country;municipality\n1;Café Luz;SV;Apopa\n2;Café Luz;SV;Apopa\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    for language in ("es", "en"):
        assert main(["check", str(tmp_path / "a.csv"), "--language", language]) == 0
    assert [path.name for path in tmp_path.glob("*.xlsx")] == ["a_posibles_repetidas.xlsx"]
