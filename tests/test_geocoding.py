"""Firms without coordinates: corrections first, then the address online, then the municipality offline."""

import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import geopandas as gpd
import openpyxl
import pytest
import shapely

from watershed_cp.errors import InputError, IntakeError
from watershed_cp.intake.corrections import list_firms, read_corrections
from watershed_cp.intake.geocoding import geocode_firms
from watershed_cp.intake.providers import Answer, OnlineGeocoder
from watershed_cp.reference import known_radius_m

TOO_SLOW = "{} did not answer for “slow” (it took too long). Try later; what was answered is kept."


def firms(**columns):
    length = len(columns["msme_id"])
    blank = {name: [math.nan] * length for name in ("longitude", "latitude", "location_accuracy_m")}
    texts = {name: [None] * length for name in ("department", "municipality", "address")}
    table = blank | texts | {"country": ["SV"] * length, "repairs": [""] * length} | columns
    return gpd.GeoDataFrame(table, geometry=columns.get("geometry", [None] * length), crs=4326)


def test_municipality_is_known_to_kilometres():
    before = firms(msme_id=["1", "2", "3"], municipality=["Sta. Tecla", "Marte", None], source_row=[2, 3, 4])
    after = geocode_firms(before)
    assert after["location_accuracy_m"].tolist()[0] == 14_200
    assert after["repairs"][0] == "placed by its municipality: Santa Tecla, La Libertad"
    assert after["placed_by"].tolist() == ["municipality", "", ""]
    assert after.geometry.isna().tolist() == [False, True, True]
    assert before.geometry.isna().all()
    assert [note.tell("en") for note in after.attrs["notes"]] == [
        "Placed only by the name of their municipality, within kilometres: 1. Rows: 2."
        " Their watershed may be in doubt; write their coordinates.",
        "The municipality “Marte” was not found in SV. Rows: 3."
        " Check the name and the department, or write the coordinates.",
        "Without a location no watershed is credited. Rows: 4."
        " Write their coordinates, or at least country and municipality.",
    ]


def test_a_department_tells_the_country_if_no_other_has_it():
    placed = geocode_firms(
        firms(
            msme_id=["1", "2"],
            country=[None, None],
            municipality=["Gualán", "La Paz"],
            department=["Zacapa", "La Paz"],
        )
    )
    assert placed["placed_by"].tolist() == ["municipality", ""]  # Honduras and El Salvador both have a La Paz


def test_a_known_pipe_needs_no_town():
    placed = geocode_firms(firms(msme_id=["1"], municipality=["Apopa"], discharge_latitude=[13.8]))
    assert placed["placed_by"].tolist() == ["discharge"]
    assert placed["location_accuracy_m"].isna().all()


def test_homonyms_are_not_guessed():
    after = geocode_firms(firms(msme_id=["1"], municipality=["El Progreso"], country=["GT"], source_row=[7]))
    assert after.geometry.isna().all()
    assert [note.tell("en") for note in after.attrs["notes"]] == [
        "“El Progreso” can be Guastatoya (El Progreso) | El Progreso (Jutiapa). Rows: 7."
        " Write the department, or the location."
    ]
    known = geocode_firms(
        firms(msme_id=["1"], municipality=["El Progreso"], country=["GT"], department=["Jutiapa"])
    )
    assert known.geometry[0].y == pytest.approx(14.356, abs=0.01)


def test_a_town_of_another_department_is_not_meant():
    after = geocode_firms(firms(msme_id=["1"], municipality=["Zacapa"], country=["GT"], department=["Petén"]))
    assert after.geometry.isna().all()


def test_corrections_come_first(tmp_path):
    path = tmp_path / "ubicaciones.csv"
    path.write_text(
        "Código de empresa;Latitud;Longitud;Coordenadas;Exactitud\n"
        "1;13,7;-89,2;;5\n2;;;13° 42' N 89° 12' O;\n3;;;;\nX;13,7;-89,2;;\n",
        encoding="cp1252",
    )
    placed = firms(msme_id=["1", "2", "3"], geometry=[shapely.Point(-88, 13), None, None])
    after = geocode_firms(placed, corrections=read_corrections(path))
    assert [point.coords[0] for point in after.geometry[:2]] == [(-89.2, 13.7), (-89.2, 13.7)]
    assert after["location_accuracy_m"].round().tolist()[:2] == [5, 1312]
    assert after["repairs"].tolist() == ["placed by the user's correction"] * 2 + [""]
    assert after["placed_by"].tolist() == ["correction", "correction", ""]
    assert after.attrs["notes"][0].tell("en") == (
        "The correction is of the firm “X”, which is not in the register, and is not used."
        " Check the identifier, or delete the row."
    )


def test_faulty_corrections_are_all_told(tmp_path):
    path = tmp_path / "ubicaciones.csv"
    path.write_text("msme_id,latitude,longitude\n1,north,-89.2\n2,13.7,\n2,13.7,-89.2\n", encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        read_corrections(path)
    assert [(one.row, one.rule) for one in caught.value.faults] == [
        (2, "number_not_read"),
        (3, "location_half"),
        (4, "firm_id_twice"),
    ]


def test_the_list_is_added_to_and_never_overwritten(tmp_path):
    path = tmp_path / "ubicaciones.xlsx"
    first = geocode_firms(firms(msme_id=["007", "=1+1"], municipality=["Apopa", None], name=["Uno", "Dos"]))
    assert list_firms(first, path, language="es") == 2
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[5]][:7] == [
        "007", "Uno", "SV", None, "Apopa", None, "ubicada por su municipio: Apopa, San Salvador",
    ]  # fmt: skip
    assert (sheet["A6"].value, sheet["A6"].data_type) == ("=1+1", "s")
    sheet["J5"], sheet["N5"] = "13.8072, -89.1792", "a note of the user's own"
    sheet.move_range("B4:B6", cols=13)  # she moves a column
    book.save(path)
    second = geocode_firms(
        firms(msme_id=["007", "=1+1", "009"], municipality=["Apopa"] * 3, name=["Uno", "Dos", "Tres"]),
        corrections=read_corrections(path),
    )
    assert second["placed_by"].tolist() == ["correction", "municipality", "municipality"]
    assert list_firms(second, path, language="en") == 1
    assert list_firms(second, path) == 0
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert (sheet["J5"].value, sheet["N5"].value) == ("13.8072, -89.1792", "a note of the user's own")
    assert (sheet["A7"].value, sheet["O7"].value) == ("009", "Tres")
    assert read_corrections(path)["007"].latitude == 13.8072


def test_nobody_to_place_writes_no_list(tmp_path):
    placed = geocode_firms(firms(msme_id=["1"], geometry=[shapely.Point(-89.2, 13.7)]))
    assert list_firms(placed, tmp_path / "ubicaciones.xlsx") == 0
    assert not list(tmp_path.iterdir())


class Provider(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        asked = parse_qs(urlparse(self.path).query)
        query = next(asked[name][0] for name in ("q", "address", "singleLine") if name in asked)
        self.asked.append(query)
        found = {
            "place_id": 1,
            "lat": "13.7",
            "lon": "-89.2",
            "display_name": "Calle 1",
            "addresstype": "road",
            "boundingbox": ["13.6", "13.8", "-89.3", "-89.1"],
        }
        answers = {
            "street": (200, json.dumps([found])),
            "town": (200, json.dumps([found | {"addresstype": "town"}])),
            "abroad": (200, json.dumps([found | {"lat": "48.8", "lon": "2.3"}])),
            "nowhere": (200, "[]"),
            "garbage": (200, "<html>"),
            "odd": (200, json.dumps([found | {"lat": "999"}])),
            "busy": (429, ""),
            "broken": (500, ""),
        }
        if query == "slow":
            time.sleep(0.5)
        here = {"title": "Calle 1", "resultType": "houseNumber", "position": {"lat": 13.7, "lng": -89.2}}
        answers["in a second"] = (200, json.dumps({"items": [here]}))
        if query in ("in a second", "in an hour") and self.asked.count(query) == 1:
            answers[query] = (429, "")
        status, body = answers.get(query, (200, "[]"))
        self.send_response(status)
        self.send_header("Retry-After", "1" if query == "in a second" else "3600")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def geocoder(tmp_path):
    pytest.importorskip("geopy")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Provider.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {
        "user_agent": "tests",
        "domain": f"127.0.0.1:{server.server_port}",
        "scheme": "http",
        "timeout": 0.2,
    }
    yield OnlineGeocoder("nominatim", tmp_path / "cache", options, seconds_between=0.02)
    server.shutdown()
    server.server_close()


def test_answers_are_kept_and_only_questions_wait(geocoder):
    first = geocoder.locate("street", "SV")
    assert first == Answer(-89.2, 13.7, pytest.approx(15_521, abs=1), "nominatim", "road: Calle 1", "street")
    again = [geocoder.locate(query, "SV") for query in ("street", "nowhere", "nowhere")]
    assert again == [first, None, None]
    assert Provider.asked == ["street", "nowhere"]


def test_radius_comes_from_the_match_and_the_country_must_agree(geocoder):
    town = geocoder.locate("town", "SV")
    assert town is not None
    assert town.accuracy_m == pytest.approx(15_521, abs=1)
    assert geocoder.locate("abroad", "SV") is None


@pytest.mark.parametrize("query", ["busy", "broken", "garbage", "odd", "slow"])
def test_a_provider_in_trouble_is_told_and_not_remembered(geocoder, query):
    with pytest.raises(InputError, match=f"nominatim did not answer for “{query}”"):
        geocoder.locate(query, "SV")
    assert set(Provider.asked) == {query}
    assert not list(geocoder.cache.glob("*.json"))
    after = geocode_firms(firms(msme_id=["1"], address=[query], municipality=[None]), geocoder=geocoder)
    assert [note.rule for note in after.attrs["notes"]] == ["geocoder_silent", "location_unstated"]


def another(geocoder, provider):
    """Ask the same server in the name of another provider; HERE puts a word before the server's name."""
    options = geocoder.options | {"timeout": 0.05}
    options |= {"google": {"api_key": "k"}, "here": {"apikey": "k"}}.get(provider, {})
    if provider == "here":
        options["proxies"] = {"http": f"http://{options.pop('domain')}"}
    return OnlineGeocoder(provider, geocoder.cache, options, seconds_between=0.02)


@pytest.mark.parametrize("provider", ["nominatim", "photon", "arcgis", "google", "here"])
def test_a_slow_provider_is_given_up(geocoder, provider):
    with pytest.raises(InputError) as caught:
        another(geocoder, provider).locate("slow", "SV")
    assert [one.tell("en") for one in caught.value.faults] == [TOO_SLOW.format(provider)]
    assert Provider.asked == ["slow", "slow"]
    assert not list(geocoder.cache.glob("*.json"))


def test_a_provider_may_ask_to_be_asked_later(geocoder, monkeypatch):
    waited = []
    monkeypatch.setattr("watershed_cp.intake.providers.time.sleep", waited.append)
    here = another(geocoder, "here")
    assert here.locate("in a second", "SV") == Answer(
        -89.2, 13.7, known_radius_m("address_point"), "here", "houseNumber: Calle 1", "in a second"
    )
    assert waited[1] == pytest.approx(1, abs=0.1)
    with pytest.raises(InputError):
        here.locate("in an hour", "SV")
    assert Provider.asked == ["in a second", "in a second", "in an hour"]  # an hour is not waited for


def test_unknown_provider():
    with pytest.raises(InputError, match=r"The geocoding service “x” is not known\."):
        OnlineGeocoder("x", "cache")
