"""Names of the four watersheds' municipalities, clean and dirty, and names that are none."""

import math
import re

import pytest

from watershed_cp.intake.gazetteer import find_places

# country, name, latitude, longitude: known places of the four watersheds, to about a kilometre
KNOWN = """
SV,San Salvador,13.69,-89.19 SV,Soyapango,13.71,-89.14 SV,Ilopango,13.7,-89.11 SV,Apopa,13.807,-89.179
SV,Nejapa,13.819,-89.23 SV,Mejicanos,13.74,-89.21 SV,Ciudad_Delgado,13.724,-89.17
SV,Cuscatancingo,13.736,-89.181 SV,Ayutuxtepeque,13.746,-89.206 SV,San_Marcos,13.659,-89.183
SV,Antiguo_Cuscatlán,13.673,-89.24 SV,Santa_Tecla,13.677,-89.28 GT,Guatemala_City,14.64,-90.51
GT,Ciudad_de_Guatemala,14.64,-90.51 GT,Zacapa,14.97,-89.53 GT,El_Progreso,14.85,-90.07
GT,Guastatoya,14.85,-90.07 GT,Gualán,15.12,-89.36 GT,Río_Hondo,15.04,-89.585 GT,Los_Amates,15.26,-89.1
GT,Morales,15.475,-88.82 GT,Puerto_Barrios,15.73,-88.59 GT,Sanarate,14.79,-90.19
GT,San_Agustín_Acasaguastlán,14.95,-89.97 GT,Chichicastenango,14.94,-91.11
GT,Santo_Tomás_Chichicastenango,14.94,-91.11 GT,Joyabaj,14.995,-90.805 HN,San_Pedro_Sula,15.5,-88.03
HN,Choloma,15.61,-87.95 HN,Puerto_Cortés,15.84,-87.94 HN,La_Lima,15.43,-87.91 HN,Villanueva,15.32,-88.0
HN,Quimistán,15.4,-88.405 HN,San_Manuel,15.33,-87.92 HN,Macuelizo,15.31,-88.56 HN,Petoa,15.27,-88.28
HN,Cofradía,15.41,-88.16 PA,Colón,9.36,-79.9 PA,Chilibre,9.15,-79.62 PA,Gamboa,9.12,-79.7
PA,Las_Cumbres,9.08,-79.53 PA,La_Chorrera,8.88,-79.78 PA,Capira,8.76,-79.88 PA,Gatún,9.26,-79.92
PA,Cristóbal,9.35,-79.91 PA,Alcalde_Díaz,9.12,-79.55
"""
DIRTY = """
SV,SOYAPANGO,Soyapango;SV,soyapango ,Soyapango;SV,Soya pango,Soyapango;SV,Ayutustepeque,Ayutuxtepeque
SV,Cuzcatancingo,Cuscatancingo;SV,Antiguo Cuscatlan,Antiguo Cuscatlán;SV,Ant. Cuscatlán,Antiguo Cuscatlán
SV,Sta. Tecla,Santa Tecla;SV,Nueva San Salvador,Santa Tecla;SV,Cd. Delgado,Delgado;SV,Delgado,Delgado
SV,"Mejicanos, San Salvador",Mejicanos;SV,Municipio de Apopa,Apopa;SV,Ilopango (San Salvador),Ilopango
SV,S. Marcos,San Marcos;GT,Guatemala,Guatemala City;GT,Cd. de Guatemala,Guatemala City;GT,GUALAN,Gualán
GT,"Gualán, Zacapa",Gualán;GT,Rio Hondo,Río Hondo;GT,Pto. Barrios,Puerto Barrios
GT,Puerto Barios,Puerto Barrios;GT,San Agustin Acasaguastlan,San Agustín Acasaguastlán
GT,San Agustin A.,San Agustín Acasaguastlán;GT,Sto. Tomás Chichicastenango,Chichicastenango
HN,Villa Nueva,Villanueva;GT,Chichi,Chichicastenango;GT,"Joyabaj, Quiché",Joyabaj;HN,SPS,San Pedro Sula
HN,"San Pedro Sula, Cortés",San Pedro Sula;HN,Puerto Cortes,Puerto Cortez;HN,Quimistan,Quimistán
HN,Choloma Cortes,Choloma;HN,La  Lima,La Lima;HN,Macueliso,Macuelizo;PA,Colon,Colón
PA,Ciudad de Colón,Colón;PA,"Chilibre, Panamá",Chilibre;PA,La Chorera,La Chorrera
PA,Las Cumbres,Las Cumbres;PA,Alcalde Diaz,Alcalde Díaz;PA,Corregimiento de Cristobal,Cristóbal
"""
FOREIGN = ("Managua", "Ciudad de México", "Bogotá", "San José de Costa Rica", "Tapachula", "Liberia")


def known():
    for country, name, latitude, longitude in re.findall(r"([A-Z]{2}),([^,]+),([\d.]+),(-[\d.]+)", KNOWN):
        yield country, name.replace("_", " "), float(latitude), float(longitude)


def dirty():
    for entry in DIRTY.strip().replace("\n", ";").split(";"):
        country, rest = entry.split(",", 1)
        written, _, means = rest.rpartition(",")
        yield country, written.strip('"'), means


def test_municipalities_of_the_four_watersheds():
    near = {"rest": 0, "first": 0}
    for country, name, latitude, longitude in known():
        distances = [
            math.dist((place.latitude, place.longitude), (latitude, longitude)) * 111
            for place in find_places(name, country)
        ]
        near["first"] += bool(distances) and distances[0] < 12
        near["rest"] += any(distance < 12 for distance in distances)
    assert near == {"first": 44, "rest": 46}  # San Manuel and Gatún have homonyms that come first


def test_dirty_spellings():
    assert len(list(dirty())) == 42
    missed = [
        (country, written)
        for country, written, means in dirty()
        if [place.name for place in find_places(written, country)][:1] != [means]
    ]
    assert missed == []


@pytest.mark.parametrize("country", ["SV", "GT", "HN", "PA"])
def test_foreign_names_find_nothing(country):
    found = [
        name
        for name in (*FOREIGN, "no sabe", "Barrio El Centro", "Mixco City Mall")
        if find_places(name, country)
    ]
    assert found == []


def test_homonyms_are_told_and_the_department_decides():
    assert {place.name for place in find_places("El Progreso", "GT")} == {"Guastatoya", "El Progreso"}
    assert [place.name for place in find_places("El Progreso", "GT", "Jutiapa")] == ["El Progreso"]
    assert [place.name for place in find_places("El Progreso, Jutiapa", "GT")] == ["El Progreso"]


def test_municipalities_of_2024_are_made_of_their_districts():
    (east,) = find_places("San Salvador Este", "SV")
    assert east.kind == "municipality"
    for district in ("Soyapango", "Ilopango", "Tonacatepeque"):
        place = find_places(district, "SV", "San Salvador")[0]
        apart_m = math.dist((place.latitude, place.longitude), (east.latitude, east.longitude)) * 111_320
        assert apart_m < east.radius_m
