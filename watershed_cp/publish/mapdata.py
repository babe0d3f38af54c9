"""What the workshop map carries: each layer's tables and shapes, packed.

The page's script reads these under the same names; see ``templates/state.js`` and ``templates/basins.js``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp.impact.delivery import decay_rate, travel_rules
from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.impact.totals import size_class, total_by
from watershed_cp.messages import texts
from watershed_cp.publish.payload import DEGREE, cut_mantissa, pack, plain, ragged, records
from watershed_cp.publish.style import RAMP, ramp_breaks
from watershed_cp.publish.wording import both_languages, counting_rules, disclosure_rule
from watershed_cp.reference import read_reference
from watershed_cp.tables import ASSIGNMENTS, BASIN_LOADS, EVIDENCE, FATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.errors import Language, Text
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.maps import Release

__all__ = ["firms", "watersheds", "words"]

_UNKNOWN = 255
"""Code of a missing entry in a column of one byte."""

_SIZES = ("micro", "small", "medium", "large")
_MEASURE = ("measure", "status", "investment_usd", "saving_usd_yr")
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


def words(
    accounts: Accounts,
    languages: tuple[Language, ...],
    *,
    release: Release | None = None,
    target_pct: float | None = None,
    visits: Sequence[Text] = (),
) -> str:
    """Pack what the page says: its labels, the names of pollutants and sectors, title, period, colours.

    Parameters
    ----------
    accounts : Accounts
        What a run knows.
    languages : tuple of {"es", "en"}
        The first is the one the page opens in.
    release : Release, optional
        A place from which to follow the water at once.
    target_pct : float, optional
        Reduction that the programme has promised, percent of the baseline.
    visits : sequence of Text
        What a search for firms near water says of itself.
    """
    named = {row["pollutant"]: row for row in read_reference("pollutants")}
    met = {*accounts.basin_loads["pollutant"], *accounts.ledger["pollutant"].dropna()}
    met |= {release.pollutant} if release else set()
    codes = [code for code in named if code in met] + sorted(met - set(named))
    blocks = (
        "page",
        "fate",
        "flag",
        "equation",
        "page_evidence",
        "page_confidence",
        "page_country",
        "size_class",
        "page_status",
    )
    labels = {block: _labels(block) for block in blocks}
    return pack(
        {
            "languages": list(languages),
            "title": list(accounts.title),
            "labels": {**labels, "page": labels["page"] | (_labels("page_visits") if visits else {})},
            "pollutants": [[code, *_pollutant_names(code, named.get(code))] for code in codes],
            "sectors": _sectors(accounts.msmes),
            "period": list(accounts.period) if accounts.period else None,
            "synthetic": accounts.synthetic,
            "public": _rule(accounts),
            "censoring": list(rules) if (rules := counting_rules(accounts)) else None,
            "ramp": list(RAMP),
            "decay": _decay(codes),
            "release": list(release) if release else None,
            "target": target_pct,
            "visits": [list(line) for line in visits],
        },
        {},
    )


def _labels(block: str) -> dict[str, list[str]]:
    return {key: list(pair) for key, pair in texts(block).items()}


def _rule(accounts: Accounts) -> list[list[str]] | None:
    """Give the rule of a public edition in both languages; None for the programme's own page."""
    if not isinstance(accounts, PublicAccounts):
        return None
    return [list(line) for line in disclosure_rule(accounts.minimum_msmes)]


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


def watersheds(accounts: Accounts) -> str:
    """Pack the outlines with their facts, the sub-basins, and the totals of all of them per pollutant and year.

    Parameters
    ----------
    accounts : Accounts
        What a run knows.
    """
    basins = accounts.basins
    level, parts = next(iter(accounts.levels.items()), ("", basins.iloc[:0]))
    loads = {"basins": _years(accounts, "basin_id"), "parts": _years(accounts, level) if level else []}
    if not isinstance(accounts, PublicAccounts):
        loads["basins"][:0] = _whole(accounts)
    areas = {"basins": basins.get("area_km2"), "parts": parts.get("area_km2")}
    counts, steps = ragged(basins.geometry)
    part_counts, part_steps = ragged(parts.geometry)
    return pack(
        {
            "counts": counts,
            "rows": records(_facts(basins)),
            "parts": {"counts": part_counts, "rows": records(_facts(parts))},
            "loads": loads,
            "overall": _years(accounts),
            "classes": {unit: _classes(rows, areas[unit]) for unit, rows in loads.items()},
        },
        {"outlines": steps, "parts": part_steps},
    )


def _facts(basins: gpd.GeoDataFrame) -> pd.DataFrame:
    facts = pd.DataFrame(basins.drop(columns=basins.geometry.name))
    facts.insert(0, "basin_id", basins.index.astype(str))
    if "credit" in facts:
        said = [both_languages(str(credit)) for credit in facts.pop("credit").fillna("")]
        facts["credit_es"], facts["credit_en"] = ([text[place] for text in said] for place in (0, 1))
    return facts


_TOTALS = ("pollutant", *BASIN_LOADS.names[3:])


def _whole(accounts: Accounts) -> list[dict[str, Any]]:
    """Give the totals of each watershed over all years, those of nothing included."""
    rows = accounts.basin_loads.rename(columns={"basin_id": "unit"})[["unit", *_TOTALS]]
    return _rows(rows.assign(year=""))


def _years(accounts: Accounts, *unit: str) -> list[dict[str, Any]]:
    """Give totals per unit, or of all together, for every year of follow-up; without a unit also over all years.

    A public edition tells no single year.
    """
    if isinstance(accounts, PublicAccounts):
        rows = accounts.told("".join(unit) or "programme").rename(columns={"place": "unit"})
        return _rows(rows.reindex(columns=["unit", *_TOTALS]).assign(year=""))
    parts = [total_by(accounts, *unit, "year")]
    if unit != ("basin_id",):
        parts.append(total_by(accounts, *unit).assign(year=""))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.rename(columns={"weighted_reduction_pct": "reduction_pct", **dict.fromkeys(unit, "unit")})
    if unit:
        table = table[table["unit"] != ""]
    return _rows(table.reindex(columns=["unit", "year", *_TOTALS]))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): plain(value) for name, value in row.items() if not pd.isna(value)}
        for row in table.to_dict("records")
    ]


_MEASURES: dict[str, Callable[[Mapping[str, Any], float], float | None]] = {
    "reduction": lambda row, _: row.get("reduction_kg_yr"),
    "percent": lambda row, _: row.get("reduction_pct"),
    "per_km2": lambda row, area: row.get("reduction_kg_yr", math.nan) / area,
    "firms": lambda row, _: row.get("msmes"),
    "range": lambda row, _: (
        row.get("reduction_high_kg_yr", math.nan) - row.get("reduction_low_kg_yr", math.nan)
    ),
    "follow_up": lambda row, _: row.get("follow_up_kg_yr"),
}
"""What the map can show of a watershed; ``templates/state.js`` takes the same values."""


def _classes(
    rows: Sequence[dict[str, Any]], areas: pd.Series[Any] | None
) -> dict[str, dict[str, list[float]]]:
    """Give the bounds of the ramp's classes for each measure and pollutant, over all years."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, value_of in _MEASURES.items():
        values: dict[str, list[float]] = {}
        for row in rows:
            if not row["year"]:
                area = math.nan if areas is None else areas.get(row["unit"], math.nan)
                value = value_of(row, area)
                values.setdefault(row["pollutant"], []).append(math.nan if value is None else value)
        found[name] = {pollutant: list(ramp_breaks(column)) for pollutant, column in values.items()}
    return found


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
    near = ("near",) if "near" in table else ()
    distinct, columns = _coded(table, ("country", "department", "municipality", "ciiu", "repairs", *near))
    sizes = [size_class(*pair) for pair in zip(table["country"], table["employees"], strict=True)]
    ledger_head, ledger = _ledger(
        accounts.ledger, table.set_index("msme_id")["basin_id"], basin_ids, bits=bits
    )
    head = {
        "ids": _texts(table["msme_id"]),
        "names": _texts(table["name"]),
        "distinct": distinct,
        "ledger": ledger_head,
        "rounded": many,
        "sizes": list(_SIZES),
        "measures": _measures(accounts.registers.get("recommendations", pd.DataFrame()), table["msme_id"]),
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
        "size": _codes(pd.Series(sizes, dtype=object), _SIZES),
    }
    if near:
        columns["away"] = _single(table["distance_m"], bits)
    return pack(head, columns | ledger)


def _measures(recommendations: pd.DataFrame, firms_of: pd.Series[Any]) -> dict[str, list[Any]]:
    """Give the recommendations as columns that point at firms; of a very long list the tables keep them."""
    if not 0 < len(recommendations) <= _MANY_ROWS:
        return {}
    table = recommendations.reindex(columns=["msme_id", *_MEASURE])
    place = pd.Index(firms_of).get_indexer(pd.Index(table["msme_id"]))
    return records(table[list(_MEASURE)].assign(firm=place)[place >= 0])


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
        "row_year": pd.to_datetime(ledger["date"]).dt.year.fillna(0).to_numpy("uint16"),
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
