"""The workshop map: the accounts of a programme as one folium map that needs no internet.

Every layer is a folium element. Its data travel as packed columns (:mod:`watershed_cp.publish.payload`), and the
page's script draws them and sets each text as text: a firm's name is never code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.geometry
from jinja2 import Template

from watershed_cp.errors import InputError
from watershed_cp.impact.totals import total_by
from watershed_cp.messages import fault, texts
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.page import Page, save_page
from watershed_cp.publish.payload import DEGREE, cut_mantissa, pack, ragged
from watershed_cp.publish.style import RAMP
from watershed_cp.publish.wording import both_languages
from watershed_cp.reference import data_path, read_reference
from watershed_cp.tables import ASSIGNMENTS, EVIDENCE, FATES, LEDGER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["PackedLayer", "WorkshopMap", "build_map", "save_page"]

UNKNOWN = 255
"""Code of a missing entry in a column of one byte."""

_STATUS = ("inside", "outside", "unlocated")
_CONFIDENCE = ("sure", "likely", "ambiguous")
_LOADS = (
    "baseline_kg_yr",
    "follow_up_kg_yr",
    "reduction_kg_yr",
    "reduction_low_kg_yr",
    "reduction_high_kg_yr",
)
_MANY_ROWS = 20_000  # beyond this the page keeps three significant figures of a load; the tables keep all
_FEW_BITS = 11
_ALL_BITS = 23
_NOTES = ("reason", "repairs")  # what the package itself notes: said in both languages
_HOME = ((8.0, -91.5), (16.2, -79.0))  # Central America, for a map without outlines


class WorkshopMap(folium.Map):
    """A folium map whose page is one file: Leaflet inside, no other library, no request.

    Parameters
    ----------
    page : Page
        The figure around the map.
    bounds : pair of (latitude, longitude)
        South-west and north-east corner of the first view.
    tiles : str, folium.TileLayer or None
        Online tiles, only when asked for.
    """

    default_js = (("leaflet", "leaflet.js"),)
    default_css = (("leaflet_css", "leaflet.css"),)
    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = watershed.open("{{ this.get_name() }}", {{ this.bounds|tojson }});
        {% if this.tiles -%}
        L.control.attribution({prefix: false}).addTo({{ this.get_name() }});
        {% endif %}
        {% for layer in this.objects_to_stay_in_front -%}
        {{ this.get_name() }}.on("overlayadd", function () { {{ layer.get_name() }}.bringToFront(); });
        {% endfor %}
        {% endmacro %}
        """
    )

    def __init__(
        self,
        page: Page,
        *,
        bounds: Sequence[Sequence[float]] = _HOME,
        tiles: str | folium.TileLayer | None = None,
    ) -> None:
        super().__init__(tiles=tiles)
        self.bounds = [list(corner) for corner in bounds]
        self.tiles = tiles
        page.add_child(self)

    def save(self, outfile: str | Path, **_: Any) -> None:  # type: ignore[override]
        """Write the self-contained page; see :func:`watershed_cp.publish.page.save_page`.

        Raises
        ------
        InputError
            If a layer that was added needs a script or style from the internet.
        """
        save_page(self, outfile)


class PackedLayer(folium.MacroElement):
    """A layer of the page's own: a role, and its data as packed columns.

    Parameters
    ----------
    role : {"words", "base", "water", "flow", "basins", "firms"}
        Which part of the page's script draws it.
    data : str
        What :func:`watershed_cp.publish.payload.pack` gives.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}<script type="text/plain" id="{{ this.get_name() }}">{{ this.data }}</script>{% endmacro %}
        {% macro script(this, kwargs) %}
        watershed.load({{ this._parent.get_name() }}, "{{ this.role }}", "{{ this.get_name() }}");
        {% endmacro %}
        """
    )

    def __init__(self, role: str, data: str) -> None:
        super().__init__()
        self._name = "Packed"
        self.role = role
        self.data = data


def build_map(
    accounts: Accounts,
    *,
    languages: tuple[Language, ...] = ("es", "en"),
    tiles: str | folium.TileLayer | None = None,
) -> WorkshopMap:
    """Draw the accounts of a programme as a folium map that is one self-contained page.

    Parameters
    ----------
    accounts : Accounts
        What a run knows.
    languages : tuple of {"es", "en"}
        Languages the reader can switch between; the page opens in the first.
    tiles : str, folium.TileLayer or None
        Online tiles, only when asked for: without them the page needs no internet.

    Returns
    -------
    WorkshopMap
        Add folium layers to it as to any map; ``save(path)`` writes the page.

    Raises
    ------
    InputError
        If no language is given, or one that the page does not speak.

    Examples
    --------
    >>> build_map.__annotations__["return"]
    'WorkshopMap'
    """
    if not languages or not set(languages) <= {"es", "en"}:
        raise InputError(fault("page_languages", value=", ".join(languages)))
    layer = folium.TileLayer(tiles) if isinstance(tiles, str) else tiles
    page = Page(title=accounts.title, languages=languages, synthetic=accounts.synthetic, images=_hosts(layer))
    chart = WorkshopMap(page, bounds=_bounds(accounts.basins), tiles=layer)
    for role, data in (
        ("words", _words(accounts, languages)),
        ("base", _base()),
        ("water", _water()),
        ("flow", _flow(accounts.basins)),
        ("basins", _basins(accounts)),
        ("firms", _firms(accounts)),
    ):
        PackedLayer(role, data).add_to(chart)
    return chart


def _hosts(layer: folium.TileLayer | None) -> str:
    if layer is None:
        return ""
    host = urlsplit(layer.tiles)
    return f"{host.scheme}://{host.netloc.replace('{s}', '*')}"


def _bounds(basins: gpd.GeoDataFrame) -> Sequence[Sequence[float]]:
    if basins.empty:
        return _HOME
    west, south, east, north = (float(edge) for edge in basins.total_bounds)
    return ((south, west), (north, east))


def _words(accounts: Accounts, languages: tuple[Language, ...]) -> str:
    """Pack what the page says: its labels, the names of pollutants and sectors, title, period, colours."""
    named = {row["pollutant"]: row for row in read_reference("pollutants")}
    met = {*accounts.basin_loads["pollutant"], *accounts.ledger["pollutant"].dropna()}
    codes = [code for code in named if code in met] + sorted(met - set(named))
    blocks = ("page", "fate", "page_evidence", "page_confidence", "page_country")
    return pack(
        {
            "languages": list(languages),
            "title": list(accounts.title),
            "labels": {block: {key: list(pair) for key, pair in texts(block).items()} for block in blocks},
            "pollutants": [[code, *_pollutant_names(code, named.get(code))] for code in codes],
            "sectors": _sectors(accounts.msmes),
            "period": list(accounts.period) if accounts.period else None,
            "synthetic": accounts.synthetic,
            "ramp": list(RAMP),
        },
        {},
    )


def _pollutant_names(code: str, row: dict[str, str] | None) -> list[list[str]]:
    if row is None:
        return [[code, code], [code, code]]
    return [[row["short_es"], row["short_en"]], [row["name_es"], row["name_en"]]]


def _sectors(msmes: pd.DataFrame) -> dict[str, list[str]]:
    """Name the divisions of ISIC that occur, by their two digits."""
    if "ciiu" not in msmes:
        return {}
    used = set(msmes["ciiu"].dropna().astype(str).str.replace(r"\D", "", regex=True).str[:2])
    return {
        row["code"]: [row["name_es"], row["name_en"]]
        for row in read_reference("isic")
        if row["level"] == "division" and row["code"] in used
    }


def _base() -> str:
    """Pack the base map; the reliefs travel as the bytes of their images."""
    basemap = read_basemap()
    head: dict[str, Any] = {"credits": list(basemap.credits), "reliefs": []}
    columns: dict[str, NDArray[Any]] = {}
    for name in ("land", "borders", "departments", "lakes", "towns"):
        features = getattr(basemap, name)
        counts, columns[name] = ragged(shapely.geometry.shape(feature["geometry"]) for feature in features)
        head[name] = {"counts": counts, "rows": _columns([feature["properties"] for feature in features])}
    for place, relief in enumerate((basemap.relief, *basemap.close_ups.values())):
        head["reliefs"].append(list(relief.bounds))
        columns[f"relief_{place}"] = np.frombuffer(relief.path.read_bytes(), np.uint8)
    return pack(head, columns)


def _water() -> str:
    """Pack rivers and lakes of the built-in watersheds, where they ship."""
    head: dict[str, Any] = {}
    columns: dict[str, NDArray[Any]] = {}
    for name in ("rivers", "lakes"):
        path = data_path("basins", f"{name}.geojson")
        if path.is_file():
            layer = gpd.read_file(path)
            counts, columns[name] = ragged(layer.geometry)
            head[name] = {"counts": counts, "rows": _records(layer.drop(columns="geometry"))}
    return pack(head, columns)


def _flow(basins: gpd.GeoDataFrame) -> str:
    """Pack the flow directions of the built-in watersheds on the map: 1 to 8 from east clockwise, 9 an outlet."""
    import rasterio

    place_of = np.zeros(256, np.uint8)
    place_of[[1, 2, 4, 8, 16, 32, 64, 128, 0]] = range(1, 10)
    grids: list[dict[str, Any]] = []
    columns: dict[str, NDArray[Any]] = {}
    for basin_id in basins.index:
        path = data_path("basins", "flow", f"{basin_id}.tif")
        if path.is_file():
            with rasterio.open(path) as raster:
                codes, across = raster.read(1), raster.transform
            columns[f"grid_{len(grids)}"] = place_of[codes].ravel()
            high, wide = codes.shape
            grids.append(
                {"west": across.c, "north": across.f, "step": across.a, "rows": high, "columns": wide}
            )
    return pack({"grids": grids}, columns)


def _basins(accounts: Accounts) -> str:
    """Pack the outlines with their facts, and the totals per watershed and pollutant."""
    basins = accounts.basins
    counts, steps = ragged(basins.geometry)
    facts = pd.DataFrame(basins.drop(columns=basins.geometry.name))
    facts.insert(0, "basin_id", basins.index.astype(str))
    return pack(
        {
            "counts": counts,
            "rows": _records(facts),
            "loads": _records(accounts.basin_loads),
            "overall": _overall(accounts),
        },
        {"outlines": steps},
    )


def _overall(accounts: Accounts) -> dict[str, dict[str, Any]]:
    """Give the total over all watersheds per pollutant."""
    totals = (
        total_by(accounts).rename(columns={"weighted_reduction_pct": "reduction_pct"}).set_index("pollutant")
    )
    return {
        str(code): {name: _plain(value) for name, value in row.items()} for code, row in totals.iterrows()
    }


def _firms(accounts: Accounts) -> str:
    """Pack the firms with their assignment, and the ledger as columns that point at firms."""
    placed = accounts.assignments.reindex(columns=list(ASSIGNMENTS.names)).drop_duplicates("msme_id")
    own = accounts.msmes.drop(columns=[name for name in placed if name != "msme_id"], errors="ignore")
    firms = own.merge(placed, on="msme_id", how="left").reindex(
        columns=[*own, *placed.columns[1:], *_missing(own)]
    )
    basin_ids = [str(name) for name in accounts.basins.index]
    many = len(accounts.ledger) > _MANY_ROWS
    distinct, columns = _coded(firms, ("country", "department", "municipality", "ciiu", "repairs"))
    ledger_head, ledger = _ledger(
        accounts.ledger, firms.set_index("msme_id")["basin_id"], basin_ids, many=many
    )
    head = {
        "ids": _texts(firms["msme_id"]),
        "names": _texts(firms["name"]),
        "distinct": distinct,
        "ledger": ledger_head,
        "rounded": many,
    }
    bits = _FEW_BITS if many else _ALL_BITS
    columns |= {
        "longitude": _degrees(firms["longitude"]),
        "latitude": _degrees(firms["latitude"]),
        "basin": _codes(firms["basin_id"], basin_ids),
        "nearest": _codes(firms["nearest_basin_id"], basin_ids),
        "status": _codes(firms["status"], _STATUS),
        "confidence": _codes(firms["confidence"], _CONFIDENCE),
        "probability": _single(firms["probability"], bits),
        "divide": _single(firms["distance_to_divide_m"], bits),
        "accuracy": _single(firms["location_accuracy_m"], bits),
        "employees": _single(firms["employees"], _ALL_BITS),
    }
    return pack(head, columns | ledger)


def _missing(firms: pd.DataFrame) -> list[str]:
    wanted = ("name", "country", "department", "municipality", "ciiu", "employees")
    return [name for name in wanted if name not in firms]


def _ledger(
    ledger: pd.DataFrame, firm_basins: pd.Series[Any], basin_ids: list[str], *, many: bool
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Pack the ledger; a range travels as its two distances from the reduction, as shares of it.

    The watershed of a row and its load at the follow-up travel only where they say more than the firm's own watershed
    and the difference of the other two loads.
    """
    pollutants = list(dict.fromkeys(ledger["pollutant"].dropna()))
    explained = () if many else ("reason", "equation")
    distinct, columns = _coded(ledger, explained)
    loads = {name: pd.to_numeric(ledger[name]).to_numpy("float64", na_value=np.nan) for name in _LOADS}
    reduction = loads["reduction_kg_yr"]
    scale = np.where(reduction == 0, 1, reduction)
    below = (reduction - loads["reduction_low_kg_yr"]) / scale
    above = (loads["reduction_high_kg_yr"] - reduction) / scale
    bits = _FEW_BITS if many else _ALL_BITS
    columns |= {
        "row_firm": firm_basins.index.get_indexer(ledger["msme_id"]).astype("int32"),
        "row_pollutant": _codes(ledger["pollutant"], pollutants),
        "row_fate": _codes(ledger["fate"], FATES),
        "row_evidence": _codes(ledger["evidence"], EVIDENCE),
        "row_baseline": cut_mantissa(loads["baseline_kg_yr"], bits),
        "row_reduction": cut_mantissa(reduction, bits),
        "row_below": cut_mantissa(below, bits - 4),
        "row_skew": np.where(np.isclose(above, below), 0, cut_mantissa(above - below, bits - 4)).astype(
            "float32"
        ),
    }
    credited = pd.Series(firm_basins.reindex(ledger["msme_id"]).to_numpy(), ledger.index).where(
        ledger["fate"] == "credited"
    )
    if not credited.astype("object").fillna("").equals(ledger["basin_id"].astype("object").fillna("")):
        columns["row_basin"] = _codes(ledger["basin_id"], basin_ids)
    follow_up = loads["follow_up_kg_yr"]
    if not np.allclose(loads["baseline_kg_yr"] - reduction, follow_up, equal_nan=True):
        columns["row_follow_up"] = cut_mantissa(follow_up, bits)
    head = {"pollutants": pollutants, "fates": list(FATES), "evidence": list(EVIDENCE), "distinct": distinct}
    return head, columns


def _codes(values: pd.Series[Any], known: Sequence[str]) -> NDArray[Any]:
    """Number the entries by their place in `known`; the missing get the highest number of the type."""
    kind = np.uint8 if len(known) < UNKNOWN else np.uint16
    places = pd.Index(list(known)).get_indexer(values.astype("object"))
    return np.where(places < 0, np.iinfo(kind).max, places).astype(kind)


def _coded(table: pd.DataFrame, names: Sequence[str]) -> tuple[dict[str, list[Any]], dict[str, NDArray[Any]]]:
    """Give the distinct texts of some columns once, and for each row the place of its text plus one; zero is none."""
    distinct: dict[str, list[Any]] = {}
    columns: dict[str, NDArray[Any]] = {}
    for name in names:
        places, texts_of = pd.factorize(table[name])
        distinct[name] = [
            list(both_languages(str(text))) if name in _NOTES else str(text) for text in texts_of
        ]
        columns[f"code_{name}"] = (places + 1).astype(np.uint8 if len(texts_of) < UNKNOWN else np.int32)
    return distinct, columns


def _texts(values: pd.Series[Any]) -> list[str]:
    return [
        "" if missing else str(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)
    ]


def _single(values: pd.Series[Any], bits: int) -> NDArray[np.float32]:
    return cut_mantissa(pd.to_numeric(values).to_numpy("float64", na_value=np.nan), bits)


def _degrees(values: pd.Series[Any]) -> NDArray[np.int32]:
    """Give degrees as whole steps; a missing one as the lowest number there is."""
    steps = np.rint(pd.to_numeric(values).to_numpy("float64", na_value=np.nan) * DEGREE)
    return np.where(np.isnan(steps), np.iinfo(np.int32).min, steps).astype(np.int32)


def _records(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Give a small table column by column, with None for whatever is missing."""
    return {
        str(name): [
            None if missing else _plain(value)
            for value, missing in zip(column.tolist(), column.isna(), strict=True)
        ]
        for name, column in table.items()
    }


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in (rows[0] if rows else {})}


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return str(value)
