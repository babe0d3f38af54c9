"""The five providers, each answering from a server in this process as it does in life."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

from watershed_cp.errors import InputError
from watershed_cp.intake.providers import OnlineGeocoder

pytest.importorskip("geopy")
X, Y = -89.2, 13.7
ANSWERS = {
    "nominatim": [{"lat": str(Y), "lon": str(X), "display_name": "Calle 1", "addresstype": "house"}],
    "photon": {
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [X, Y]},
                "properties": {"type": "city", "name": "Apopa", "extent": [-89.21, 13.71, -89.19, 13.69]},
            }
        ]
    },
    "arcgis": {
        "candidates": [
            {
                "address": "Calle 1",
                "location": {"x": X, "y": Y},
                "score": 100,
                "attributes": {"Addr_type": "PointAddress"},
            }
        ]
    },
    "google": {
        "status": "OK",
        "results": [
            {
                "formatted_address": "Calle 1",
                "geometry": {
                    "location": {"lat": Y, "lng": X},
                    "location_type": "APPROXIMATE",
                    "viewport": {
                        "southwest": {"lat": 13.69, "lng": -89.21},
                        "northeast": {"lat": 13.71, "lng": -89.19},
                    },
                },
            }
        ],
    },
    "here": {
        "items": [
            {"title": "Calle 1", "address": {}, "position": {"lat": Y, "lng": X}, "resultType": "houseNumber"}
        ]
    },
}
EMPTY = {
    "nominatim": [],
    "photon": {"features": []},
    "arcgis": {"candidates": []},
    "google": {"status": "ZERO_RESULTS", "results": []},
    "here": {"items": []},
}
RADII = {"nominatim": 30, "photon": 1552, "arcgis": 30, "google": 1552, "here": 30}
ODD = (None, 7, [], {}, [[]], "text", {"items": [{}]}, {"results": 1, "status": "OK"}, {"candidates": [1]})


class Provider(BaseHTTPRequestHandler):
    status, body, asked, headers_sent = 200, "", 0, {}

    def do_GET(self):
        Provider.asked += 1
        assert parse_qs(urlparse(self.path).query)
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def ask(tmp_path, monkeypatch):
    look_up = socket.getaddrinfo  # HERE puts a word before its host, and every host is this one
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **named: look_up("127.0.0.1", *more, **named))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(provider, body, status=200, **headers):
        Provider.status, Provider.headers_sent, Provider.asked = status, headers, 0
        Provider.body = body if isinstance(body, str) else json.dumps(body)
        options = {"domain": f"127.0.0.1:{server.server_port}", "scheme": "http", "timeout": 1}
        options |= {"google": {"api_key": "k"}, "here": {"apikey": "k"}}.get(provider, {})
        geocoder = OnlineGeocoder(provider, tmp_path / "cache", options, seconds_between=0.0)
        return geocoder.locate("Calle 1, Apopa", "SV")

    yield ask
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("provider", ANSWERS)
def test_an_answer_is_understood_and_kept(ask, provider):
    found = ask(provider, ANSWERS[provider])
    assert (found.longitude, found.latitude, found.provider) == (X, Y, provider)
    assert found.accuracy_m == pytest.approx(RADII[provider], abs=1)
    assert ask(provider, "not asked again") == found
    assert Provider.asked == 0


@pytest.mark.parametrize("provider", ANSWERS)
def test_nothing_found_is_an_answer(ask, provider):
    assert ask(provider, EMPTY[provider]) is None


@pytest.mark.parametrize("provider", ANSWERS)
def test_odd_answers_are_told_in_our_own_words(ask, provider):
    with pytest.raises(InputError, match=r"it asks to wait: too many questions"):
        ask(provider, "", 429, **{"Retry-After": "0"})
    with pytest.raises(InputError, match=r"it asks to wait: too many questions"):
        ask(provider, "", 429, **{"Retry-After": "3600"})
    assert Provider.asked == 1
    for body in (*ODD, "<html>", ""):
        try:
            assert ask(provider, body) is None
        except InputError as error:
            assert f"{provider} did not answer for “Calle 1, Apopa” (" in error.tell("en")  # noqa: PT017
