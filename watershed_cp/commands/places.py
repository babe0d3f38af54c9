"""The commands on water: follow it, and list, check, measure, make and fetch watersheds."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from watershed_cp.commands.telling import say, show
from watershed_cp.errors import InputError
from watershed_cp.messages import fault, label, mass, number
from watershed_cp.reference import pollutant_name

if TYPE_CHECKING:
    import folium

    from watershed_cp.commands.telling import Options
    from watershed_cp.errors import Language

__all__ = ["basins_check", "basins_delineate", "basins_facts", "basins_fetch", "basins_list", "trace"]


def trace(options: Options, language: Language) -> None:
    """Follow the water, and a load in it, from a place to the sea; write it as table, layer, picture or page."""
    from watershed_cp.basins.inspection import network_at, place
    from watershed_cp.basins.layers import read_municipalities
    from watershed_cp.impact.delivery import Waterway, decay_rate, follow_load
    from watershed_cp.publish.courses import named_in, save_course, stop_words

    at = place(options.place)
    limits = {"municipalities": read_municipalities(options.municipalities)} if options.municipalities else {}
    network = network_at(*at, options.network, **limits)
    course = network.trace(*at)
    code = _pollutant(options.pollutant)
    load_kg_yr = _load(options.load) if options.load else 1.0
    stops = follow_load(Waterway.of(network), *at, pollutant=code, load_kg_yr=load_kg_yr)
    if not options.load:
        stops = stops.loc[stops["kind"] != "end", ["kind", "name", "at_km", "length_km"]]
    outlet = "{:.4f},{:.4f}".format(*course.outlet)
    say("course", language, length=number(course.length_km), lake=number(course.lake_km), outlet=outlet)
    stops = named_in(stops, language)
    if options.load and decay_rate(code) is not None:
        print(
            label(
                "stretch", "load", language, amount=mass(load_kg_yr), pollutant=pollutant_name(code, language)
            )
        )
    for stop in stops.to_dict("records"):
        print(f"  km {number(stop['at_km'], digits=1):>5}  {stop_words(stop, language)}")
    if options.load and decay_rate(code) is None:
        say("not_estimated", language, pollutant=pollutant_name(code, language))
    if course.towns and not course.municipalities:
        say("no_municipalities", language)
    if options.out:
        out = Path(options.out)
        if out.suffix.lower() == ".html":
            _course_page(*at, code, load_kg_yr if options.load else None).save(out)
        else:
            save_course(course, stops, out, language=language)
        say("table_written", language, file=out)


def _pollutant(written: str) -> str:
    """Read a pollutant by code or name."""
    from watershed_cp.intake.measurements import pollutant_code

    code = pollutant_code(written)
    if code is None:
        raise InputError(fault("pollutant_not_known", value=written))
    return code


def _load(written: str) -> float:
    """Read a load, kilograms a year where no unit stands; its number as the tables' numbers are read."""
    from watershed_cp.intake.cells import read_number
    from watershed_cp.units import dimension, factor

    found = re.fullmatch(r"([^a-zA-Z]*\d[.,]?(?:[eE][+-]?\d+)?)\s*([a-zA-Z].*)?", written.strip())
    unit = found[2] or "kg/yr" if found else ""
    if found is None or dimension(unit) != "load":
        raise InputError(fault("load_not_understood", value=written))
    load_kg_yr = read_number(found[1]) * factor(unit, "load")
    if not 0 <= load_kg_yr < math.inf:
        raise InputError(fault("load_not_understood", value=written))
    return load_kg_yr


def _course_page(longitude: float, latitude: float, pollutant: str, load_kg_yr: float | None) -> folium.Map:
    """Draw the page of the built-in watersheds, without firms, that opens with a course."""
    import pandas as pd

    from watershed_cp.basins.assignment import assign
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.loads.audits import audit_loads
    from watershed_cp.pipeline import aggregate
    from watershed_cp.publish.maps import Release, build_map

    basins = read_basins()
    nobody = pd.DataFrame({"msme_id": []}, dtype=object)
    accounts = aggregate(audit_loads(None), assign(nobody, basins), basins, msmes=nobody)
    return build_map(accounts, release=Release(longitude, latitude, pollutant, load_kg_yr))


def basins_list(options: Options, language: Language) -> None:
    """List watersheds with their areas, ours and published, and their accuracy."""
    from watershed_cp.basins.inspection import list_basins

    show(list_basins(options.basins).reset_index(), language)


def basins_check(options: Options, language: Language) -> None:
    """Read a layer of watersheds and say what was mended in it."""
    from watershed_cp.basins.inspection import check_basins

    table = check_basins(options.layer or options.basins, language=language)
    show(table.reset_index(), language)
    say("layer_in_order", language, basins=number(len(table)), area=number(float(table["area_km2"].sum())))


def basins_facts(options: Options, language: Language) -> None:
    """Measure what rasters say about each watershed."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.facts import basin_facts

    rasters = ("elevation", "rain", "land_cover", "population")
    facts = basin_facts(read_basins(options.basins), **{name: getattr(options, name) for name in rasters})
    show(facts.round(2).T.reset_index(), language)
    if options.out:
        from watershed_cp.publish.tables import save_csv

        say("table_written", language, file=save_csv(facts.reset_index(), Path(options.out)))


def basins_delineate(options: Options, language: Language) -> None:
    """Delineate the watershed above an outlet and write it with its sub-basins, rivers and flow directions."""
    from watershed_cp.basins.inspection import delineate_into, metres, place

    layers = {"rivers": options.rivers, "lakes": options.lakes}
    outlet, snap_m = place(options.outlet), metres(options.snap)
    found = delineate_into(options.out, options.elevation, outlet, snap_m=snap_m, **layers)
    basin = found.basins.iloc[0]
    area, moved = number(float(basin["area_km2"])), number(float(basin["outlet_moved_m"]))
    subbasins = number(len(found.subbasins))
    say("delineated", language, area=area, moved=moved, subbasins=subbasins, folder=options.out)


def basins_fetch(options: Options, language: Language) -> None:
    """Download HydroBASINS and make its units above the outlets the project's watersheds."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.downloads import HYDROBASINS_LICENCE, fetch_hydrobasins, official_basins

    print(HYDROBASINS_LICENCE.speak(language))
    archive = fetch_hydrobasins(options.level, options.folder, progress=True)
    target = Path(options.folder) / f"hydrobasins_{options.level:02d}.gpkg"
    basins = official_basins(archive, read_basins(options.basins), target)
    say("layer_in_order", language, basins=number(len(basins)), area=number(float(basins["area_km2"].sum())))
    say("basins_fetched", language, file=target.as_posix())
