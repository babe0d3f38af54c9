"""Locations as field offices write them: right or refused, never silently wrong."""

import csv
import random
from pathlib import Path

import pyproj
import pytest
from coordinate_ways import slipped, ways
from hypothesis import given, settings
from hypothesis import strategies as st

from watershed_cp.errors import InputError, WatershedError
from watershed_cp.intake.areas import area_of
from watershed_cp.intake.coordinates import parse_location

SPELLINGS = Path(__file__).with_name("coordinate_spellings.csv")
TOLERANCE = 0.0012


def read_spellings():
    with SPELLINGS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parse(row):
    within = tuple(map(float, row["within"].split())) or None
    return parse_location(row["written"], row["country"] or None, within, language="en")


@pytest.mark.parametrize("row", read_spellings(), ids=lambda row: row["written"][:40])
def test_spelling(row):
    if not row["latitude"]:
        with pytest.raises(InputError):
            parse(row)
        return
    found = parse(row)
    assert abs(found.latitude - float(row["latitude"])) < TOLERANCE
    assert abs(found.longitude - float(row["longitude"])) < TOLERANCE
    assert found.accuracy_m >= 1


@pytest.mark.parametrize(
    ("text", "country", "sentence"),
    [
        (
            "0, 0",
            "SV",
            "“0, 0” is the point 0, 0, in the sea off Africa. Leave the cell blank or write the true location.",
        ),
        (
            "14.63, -90.51",
            "SV",
            "“14.63, -90.51” reads as 14.6300, -90.5100, outside El Salvador."
            " Check the sign, the order, the zone and the country.",
        ),
        (
            "604322 1655567",
            "GT",
            "“604322 1655567” can be more than one place: 14.9730, -92.0298; 14.9700, -89.5300."
            " State the zone, the letters N and W, or the country.",
        ),
        (
            "https://maps.app.goo.gl/x",
            "SV",
            "“https://maps.app.goo.gl/x” is a short link, which can only be opened online."
            " Open it, touch the place and copy its coordinates.",
        ),
        (
            "1, 2",
            "XX",
            "“XX” is not one of the countries known. Write one of these codes: SV, GT, HN, PA.",
        ),
    ],
)
def test_refusals_say_why(text, country, sentence):
    with pytest.raises(InputError) as error:
        parse_location(text, country)
    assert error.value.tell("en") == sentence


@pytest.mark.parametrize(
    ("text", "accuracy_m"),
    [
        ("13.7, -89.2", 7872),
        ("13.70, -89.20", 787),
        ("13.698, -89.191", 79),
        ("13.69895, -89.19140", 10),
        ("13 41 N 89 11 W", 1312),
        ("13 41 56 N 89 11 29 W", 22),
        ("UTM 16N 262993 1515506", 200),
        ("UTM 16N WGS84 262993 1515506", 10),
        ("13.69895 -89.19140 655.2 45", 45),
        ("16PBA6315", 1000),
    ],
)
def test_accuracy_comes_from_the_text(text, accuracy_m):
    assert round(parse_location(text, "SV").accuracy_m) == accuracy_m


def right_or_refused(dice, places):
    """Count the texts that were read within what they tell, and those that were refused; none may be elsewhere."""
    geod, read, refused = pyproj.Geod(ellps="WGS84"), 0, 0
    for _ in range(places):
        country = dice.choice(("SV", "GT", "HN", "PA"))
        west, south, east, north = area_of(country).box
        longitude, latitude = dice.uniform(west, east), dice.uniform(south, north)
        if not area_of(country).holds(longitude, latitude):
            continue
        for text in (slipped(dice, way) for way in ways(dice, longitude, latitude)):
            try:
                found = parse_location(text, country if dice.random() < 0.75 else None)
            except InputError:
                refused += 1
                continue
            apart = geod.inv(longitude, latitude, found.longitude, found.latitude)[2]
            assert apart <= max(1.05 * found.accuracy_m, 15), (text, country, latitude, longitude, found)
            read += 1
    return read, refused


def test_right_or_refused():
    read, refused = right_or_refused(random.Random(1), 40)  # noqa: S311
    assert read > 10 * refused


@pytest.mark.slow
def test_thousands_are_right_or_refused():
    read, refused = right_or_refused(random.Random(2), 800)  # noqa: S311
    assert read > max(5_000, 10 * refused)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789 .,;:-°'\"NSEWO/|zonaUTM16Plat", max_size=60))
def test_junk_raises_only_our_errors(text):
    try:
        found = parse_location(text, "SV")
    except WatershedError:
        return
    assert area_of("SV").holds(found.longitude, found.latitude)


@pytest.mark.real
def test_stations_agree_with_their_own_metres(real_data):
    """Degrees in spaces against the UTM pair beside them, on 758 stations of the Dominican Republic."""
    box = (-72.1, 17.4, -68.2, 20.0)
    geod = pyproj.Geod(ellps="WGS84")
    agree, differ, unread = 0, 0, 0
    with (real_data / "real/stations/indrhi_stations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            metres = parse_location(f"UTM 19N {row['X (UTM)']} {row['Y (UTM)']}", within=box)
            try:
                found = parse_location(f"{row['LATITUD']}, {row['LONGITUD']}", within=box)
            except InputError:
                unread += 1
                continue
            _, _, apart = geod.inv(found.longitude, found.latitude, metres.longitude, metres.latitude)
            agree, differ = agree + (apart < 200), differ + (apart >= 200)
    assert (agree, differ, unread) == (110, 11, 637)


@pytest.mark.parametrize(
    "text", ["765G65GMRX5+HM", "geo:113.7,-89.2", "POINT(-89.19 93.69)", "geo:13.7,-89.23.7"]
)
def test_what_lies_off_the_earth_is_no_place(text):
    with pytest.raises(InputError):
        parse_location(text)
