"""What the workshop map carries: each layer's tables and shapes, packed.

The page's script reads these under the same names; see ``templates/state.js`` and ``templates/basins.js``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely.geometry

from watershed_cp.basins.catalogue import built_in
from watershed_cp.impact.delivery import decay_rate, lake_volumes, travel_rules
from watershed_cp.impact.totals import total_by
from watershed_cp.messages import texts
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.payload import DEGREE, cut_mantissa, pack, ragged
from watershed_cp.publish.style import RAMP
from watershed_cp.publish.wording import both_languages
from watershed_cp.reference import data_path, read_reference
from watershed_cp.tables import ASSIGNMENTS, EVIDENCE, FATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.maps import Release

__all__ = ["base_map", "firms", "flow", "water", "watersheds", "words"]

_UNKNOWN = 255
"""Code of a missing entry in a column of one byte."""

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
_READ = ("name", "country", "department", "municipality", "ciiu", "employees")
_EXPLAINED = ("reason", "equation", "flags")
_NOTES = ("reason", "repairs")  # what the package itself notes: said in both languages


def words(accounts: Accounts, languages: tuple[Language, ...], release: Release | None = None) -> str:
    """Pack what the page says: its labels, the names of pollutants and sectors, title, period, colours.

    Parameters
    ----------
    accounts : Accounts
        What a run knows.
    languages : tuple of {"es", "en"}
        The first is the one the page opens in.
    release : Release, optional
        A place from which to follow the water at once.
    """
    named = {row["pollutant"]: row for row in read_reference("pollutants")}
    met = {*accounts.basin_loads["pollutant"], *accounts.ledger["pollutant"].dropna()}
    met |= {release.pollutant} if release else set()
    codes = [code for code in named if code in met] + sorted(met - set(named))
    blocks = ("page", "fate", "flag", "equation", "page_evidence", "page_confidence", "page_country")
    return pack(
        {
            "languages": list(languages),
            "title": list(accounts.title),
            "labels": {block: {key: list(pair) for key, pair in texts(block).items()} for block in blocks},
            "pollutants": [[code, *_pollutant_names(code, named.get(code))] for code in codes],
            "sectors": _sectors(accounts.msmes),
            "period": list(accounts.period) if accounts.period else None,
            "synthetic": accounts.synthetic,
            "censoring": list(texts("censoring")[accounts.censoring]) if accounts.censoring else None,
            "ramp": list(RAMP),
            "decay": _decay(codes),
            "release": list(release) if release else None,
        },
        {},
    )


def _decay(codes: Sequence[str]) -> dict[str, Any]:
    """Give what the page needs to follow a load downstream; a pollutant without a cited rate is left out."""
    coefficient, exponent, runoff = travel_rules()
    known = {
        row["pollutant"]: row["source"] for row in read_reference("decay_rates") if row["pollutant"] in codes
    }
    return {
        "coefficient": coefficient,
        "exponent": exponent,
        "runoff": list(runoff),
        "rates": {code: list(decay_rate(code) or ()) for code in known},
        "sources": known,
    }


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


def base_map() -> str:
    """Pack the base map; the reliefs travel as the bytes of their images.

    Examples
    --------
    >>> len(base_map()) > 100_000
    True
    """
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


def water() -> str:
    """Pack rivers and lakes of the built-in watersheds.

    Examples
    --------
    >>> len(water()) > 10_000
    True
    """
    head: dict[str, Any] = {}
    columns: dict[str, NDArray[Any]] = {}
    for name in ("rivers", "lakes"):
        layer = gpd.read_file(data_path("basins", f"{name}.geojson"))
        counts, columns[name] = ragged(layer.geometry)
        if name == "lakes":
            layer["volume_hm3"] = layer["name_es"].map(lake_volumes())
        head[name] = {"counts": counts, "rows": _records(layer.drop(columns="geometry"))}
    return pack(head, columns)


def flow(basins: gpd.GeoDataFrame) -> str:
    """Pack the flow directions of those watersheds that are built in: 1 to 8 from east clockwise, 9 an outlet.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``; any other watershed is passed over.
    """
    import rasterio

    place_of = np.zeros(256, np.uint8)
    place_of[[1, 2, 4, 8, 16, 32, 64, 128, 0]] = range(1, 10)
    grids: list[dict[str, Any]] = []
    columns: dict[str, NDArray[Any]] = {}
    for basin_id in sorted(built_in(basins)):
        with rasterio.open(data_path("basins", "flow", f"{basin_id}.tif")) as raster:
            codes, across = raster.read(1), raster.transform
        columns[f"grid_{len(grids)}"] = place_of[codes].ravel()
        high, wide = codes.shape
        grids.append({"west": across.c, "north": across.f, "step": across.a, "rows": high, "columns": wide})
    return pack({"grids": grids}, columns)


def watersheds(accounts: Accounts) -> str:
    """Pack the outlines with their facts, and the totals per watershed and pollutant.

    Parameters
    ----------
    accounts : Accounts
        What a run knows.
    """
    basins = accounts.basins
    counts, steps = ragged(basins.geometry)
    facts = pd.DataFrame(basins.drop(columns=basins.geometry.name))
    facts.insert(0, "basin_id", basins.index.astype(str))
    if "credit" in facts:
        said = [both_languages(str(credit)) for credit in facts.pop("credit").fillna("")]
        facts["credit_es"], facts["credit_en"] = ([text[place] for text in said] for place in (0, 1))
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
        str(code): {str(name): _plain(value) for name, value in row.items()}
        for code, row in totals.iterrows()
    }


def firms(accounts: Accounts) -> str:
    """Pack the firms with their assignment, and the ledger as columns that point at firms.

    Parameters
    ----------
    accounts : Accounts
        What a run knows. Beyond 20,000 ledger rows numbers are cut to three significant figures, and reasons,
        flags and equations stay in the tables.
    """
    table = _placed(accounts)
    basin_ids = [str(name) for name in accounts.basins.index]
    many = len(accounts.ledger) > _MANY_ROWS
    bits = _FEW_BITS if many else _ALL_BITS
    distinct, columns = _coded(table, ("country", "department", "municipality", "ciiu", "repairs"))
    ledger_head, ledger = _ledger(
        accounts.ledger, table.set_index("msme_id")["basin_id"], basin_ids, bits=bits
    )
    head = {
        "ids": _texts(table["msme_id"]),
        "names": _texts(table["name"]),
        "distinct": distinct,
        "ledger": ledger_head,
        "rounded": many,
    }
    columns |= {
        "longitude": _degrees(table["longitude"]),
        "latitude": _degrees(table["latitude"]),
        "basin": _codes(table["basin_id"], basin_ids),
        "nearest": _codes(table["nearest_basin_id"], basin_ids),
        "confidence": _codes(table["confidence"], _CONFIDENCE),
        "probability": _single(table["probability"], bits),
        "divide": _single(table["distance_to_divide_m"], bits),
        "accuracy": _single(table["location_accuracy_m"], bits),
        "employees": _single(table["employees"], _ALL_BITS),
    }
    return pack(head, columns | ledger)


def _placed(accounts: Accounts) -> pd.DataFrame:
    """Give each firm with its assignment, every column that the page reads included."""
    placed = accounts.assignments.reindex(columns=list(ASSIGNMENTS.names)).drop_duplicates("msme_id")
    own = accounts.msmes.drop(columns=[name for name in placed if name != "msme_id"], errors="ignore")
    wanted = dict.fromkeys([*own, *placed, *_READ])
    return own.merge(placed, on="msme_id", how="left").reindex(columns=list(wanted))


def _ledger(
    ledger: pd.DataFrame, firm_basins: pd.Series[Any], basin_ids: list[str], *, bits: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Pack the ledger, rows pointing at firms.

    The watershed of a row and its load at the follow-up travel only where they say more than the firm's own watershed
    and the difference of the other two loads.
    """
    pollutants = [str(code) for code in dict.fromkeys(ledger["pollutant"].dropna())]
    distinct, columns = _coded(ledger, _EXPLAINED if bits == _ALL_BITS else ())
    columns |= {
        "row_firm": firm_basins.index.get_indexer(pd.Index(ledger["msme_id"])).astype("int32"),
        "row_pollutant": _codes(ledger["pollutant"], pollutants),
        "row_fate": _codes(ledger["fate"], FATES),
        "row_evidence": _codes(ledger["evidence"], EVIDENCE),
    }
    of_firm = pd.Series(firm_basins.reindex(ledger["msme_id"]).to_numpy(), ledger.index)
    implied = of_firm.where(ledger["fate"] == "credited").astype("object").fillna("")
    if not implied.equals(ledger["basin_id"].astype("object").fillna("")):
        columns["row_basin"] = _codes(ledger["basin_id"], basin_ids)
    head = {"pollutants": pollutants, "fates": list(FATES), "evidence": list(EVIDENCE), "distinct": distinct}
    return head, columns | _loads(ledger, bits)


def _loads(ledger: pd.DataFrame, bits: int) -> dict[str, NDArray[Any]]:
    """Pack the loads; a range travels as its two distances from the reduction, as shares of it."""
    baseline, follow_up, reduction, low, high = (_floats(ledger[name]) for name in _LOADS)
    scale = np.where(reduction == 0, 1, reduction)
    below, above = (reduction - low) / scale, (high - reduction) / scale
    with np.errstate(invalid="ignore"):  # both ends of a range may be open
        skew = np.where(np.isclose(above, below), 0, above - below)
    columns = {
        "row_baseline": cut_mantissa(baseline, bits),
        "row_reduction": cut_mantissa(reduction, bits),
        "row_below": cut_mantissa(below, bits - 4),
        "row_skew": cut_mantissa(skew, bits - 4),
    }
    if not np.allclose(baseline - reduction, follow_up, equal_nan=True):
        columns["row_follow_up"] = cut_mantissa(follow_up, bits)
    return columns


def _codes(values: pd.Series[Any], known: Sequence[str]) -> NDArray[Any]:
    """Give each entry's place in `known`; the missing get the highest number of the type."""
    kind = np.uint8 if len(known) < _UNKNOWN else np.uint16
    places = pd.Index(list(known)).get_indexer(pd.Index(values.astype("object")))
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
        columns[f"code_{name}"] = (places + 1).astype(np.uint8 if len(texts_of) < _UNKNOWN else np.int32)
    return distinct, columns


def _texts(values: pd.Series[Any]) -> list[str]:
    return [
        "" if missing else str(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)
    ]


def _single(values: pd.Series[Any], bits: int) -> NDArray[np.float32]:
    return cut_mantissa(_floats(values), bits)


def _floats(values: pd.Series[Any]) -> NDArray[np.float64]:
    return pd.to_numeric(values).to_numpy("float64", na_value=np.nan)


def _degrees(values: pd.Series[Any]) -> NDArray[np.int32]:
    """Give degrees as whole steps; a missing one as the lowest number there is."""
    steps = np.rint(_floats(values) * DEGREE)
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
