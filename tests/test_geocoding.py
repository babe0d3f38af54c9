"""Firms without coordinates: corrections first, then the address online, then the municipality offline."""

import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import geopandas as gpd
import pytest
import shapely

from watershed_cp.errors import InputError
from watershed_cp.intake.geocoding import Answer, OnlineGeocoder, geocode_firms, read_corrections


def firms(**columns):
    length = len(columns["msme_id"])
    blank = {name: [math.nan] * length for name in ("longitude", "latitude", "location_accuracy_m")}
    texts = {name: [None] * length for name in ("department", "municipality", "address")}
    table = blank | texts | {"country": ["SV"] * length, "repairs": [""] * length} | columns
    return gpd.GeoDataFrame(table, geometry=columns.get("geometry", [None] * length), crs=4326)


def test_municipality_is_known_to_kilometres():
    before = firms(msme_id=["1", "2", "3"], municipality=["Sta. Tecla", "Marte", None])
    after = geocode_firms(before)
    assert after["location_accuracy_m"].tolist()[0] == 14_000
    assert after["repairs"][0] == "placed by GeoNames: Santa Tecla (100 %)"
    assert after.geometry.isna().tolist() == [False, True, True]
    assert before.geometry.isna().all()


def test_homonyms_are_not_guessed():
    after = geocode_firms(firms(msme_id=["1"], municipality=["El Progreso"], country=["GT"]))
    assert after.geometry.isna().all()
    assert [note.tell("en") for note in after.attrs["notes"]] == [
        "column municipality: “El Progreso” can be Guastatoya (El Progreso) | El Progreso (Jutiapa)."
        " Write the department, or the location."
    ]
    known = geocode_firms(
        firms(msme_id=["1"], municipality=["El Progreso"], country=["GT"], department=["Jutiapa"])
    )
    assert known.geometry[0].y == pytest.approx(14.356, abs=0.01)


def test_corrections_come_first_and_survive(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("msme_id,longitude,latitude,accuracy_m\n1,-89.2,13.7,5\n", encoding="utf-8")
    placed = firms(msme_id=["1"], geometry=[shapely.Point(-88, 13)])
    after = geocode_firms(placed, corrections=read_corrections(path))
    assert after.geometry[0].coords[0] == (-89.2, 13.7)
    assert after["location_accuracy_m"].tolist() == [5.0]
    assert after["repairs"][0].startswith("placed by the user's correction")
    path.write_text("msme_id,longitude,latitude\n1,west,13.7\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"corrections.csv, row 2: The correction cannot be read"):
        read_corrections(path)


class Provider(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        query = parse_qs(urlparse(self.path).query)["q"][0]
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
        status, body = answers.get(query, (200, "[]"))
        self.send_response(status)
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
    assert first == Answer(-89.2, 13.7, 150.0, "nominatim", "road: Calle 1", "street")
    again = [geocoder.locate(query, "SV") for query in ("street", "nowhere", "nowhere")]
    assert again == [first, None, None]
    assert Provider.asked == ["street", "nowhere"]


def test_radius_comes_from_the_match_and_the_country_must_agree(geocoder):
    town = geocoder.locate("town", "SV")
    assert town is not None
    assert town.accuracy_m == pytest.approx(15_743, abs=1)
    assert geocoder.locate("abroad", "SV") is None


@pytest.mark.parametrize("query", ["busy", "broken", "garbage", "odd", "slow"])
def test_a_provider_in_trouble_is_told_and_not_remembered(geocoder, query):
    with pytest.raises(InputError, match=f"nominatim did not answer for “{query}”"):
        geocoder.locate(query, "SV")
    assert set(Provider.asked) == {query}
    assert not list(geocoder.cache.glob("*.json"))
    after = geocode_firms(firms(msme_id=["1"], address=[query], municipality=[None]), geocoder=geocoder)
    assert [note.rule for note in after.attrs["notes"]] == ["geocoder_silent"]


def test_unknown_provider():
    with pytest.raises(InputError, match=r"The geocoding service “x” is not known\."):
        OnlineGeocoder("x", "cache")
