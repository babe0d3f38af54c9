"""The workshop map: the accounts of a programme as one folium map that needs no internet.

Every layer is a folium element. Its data travel as packed columns (:mod:`watershed_cp.publish.payload`), and the
page's script draws them and sets each text as text: a firm's name is never code.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import folium
from jinja2 import Template

from watershed_cp.errors import InputError
from watershed_cp.messages import fault, mass, mass_range
from watershed_cp.publish import grounddata, mapdata
from watershed_cp.publish.page import Page, save_page
from watershed_cp.reference import pollutant_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Language, Text
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["PackedLayer", "Release", "WorkshopMap", "build_map", "save_page"]

_HOME = ((8.0, -91.5), (16.2, -79.0))  # Central America, for a map without outlines


class Release(NamedTuple):
    """A place from which the page follows the water when it opens, and the load released there, kg/yr."""

    longitude: float
    latitude: float
    pollutant: str
    load_kg_yr: float | None = None


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
    picture : callable, optional
        Draws a PNG of the same finding, for a notebook that is read where no script runs.
    """

    default_js = [("leaflet", "leaflet.js")]  # noqa: RUF012  as folium declares it
    default_css = [("leaflet_css", "leaflet.css")]  # noqa: RUF012
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
        picture: Callable[[], bytes] | None = None,
    ) -> None:
        super().__init__(tiles=tiles)
        self.picture = picture
        self.bounds = [list(corner) for corner in bounds]
        self.tiles = tiles
        page.add_child(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Show the page in a notebook, and a picture of it where a notebook's scripts do not run."""
        page = self._repr_html_()
        if self.picture is None:
            return {"text/html": page}
        picture = base64.b64encode(self.picture()).decode("ascii")
        still = f'<noscript><img alt="" src="data:image/png;base64,{picture}"></noscript>'
        return {"text/html": page + still, "image/png": picture}

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
        {% macro html(this, kwargs) %}
        <script type="text/plain" id="{{ this.get_name() }}">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        watershed.load({{ this._parent.get_name() }}, "{{ this.role }}", "{{ this.get_name() }}");
        {% endmacro %}
        """
    )

    def __init__(self, role: str, data: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Packed"
        self.role = role
        self.data = data


def build_map(
    accounts: Accounts,
    *,
    languages: tuple[Language, ...] = ("es", "en"),
    tiles: str | folium.TileLayer | None = None,
    release: Release | None = None,
    target_pct: float | None = None,
    visits: Sequence[Text] = (),
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
    release : Release, optional
        A place from which to follow the water at once.
    target_pct : float, optional
        Reduction that the programme has promised, percent of the baseline.
    visits : sequence of Text
        What a search for firms near water says of itself: the page is then of those firms, and tells no load.

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
    page = Page(
        title=accounts.title,
        languages=languages,
        synthetic=accounts.synthetic,
        images=_hosts(layer),
        totals=_totals(accounts.basin_loads, languages[0]),
    )
    chart = WorkshopMap(
        page,
        bounds=_bounds(_met(accounts) if visits else accounts.basins),
        tiles=layer,
        picture=lambda: _picture(accounts, languages[0]),
    )
    for role, data in (
        ("words", mapdata.words(accounts, languages, release=release, target_pct=target_pct, visits=visits)),
        ("base", grounddata.base_map()),
        ("water", grounddata.water()),
        ("flow", grounddata.flow(accounts.basins)),
        ("basins", mapdata.watersheds(accounts)),
        ("firms", mapdata.firms(accounts)),
    ):
        PackedLayer(role, data).add_to(chart)
    return chart


def _picture(accounts: Accounts, language: Language) -> bytes:
    """Draw the slide of all watersheds as PNG."""
    import io

    from watershed_cp.publish.posters import draw_overview

    file = io.BytesIO()
    draw_overview(accounts, language=language, form="slide").savefig(file, format="png", dpi=110)
    return file.getvalue()


def _totals(basin_loads: pd.DataFrame, language: Language) -> list[tuple[str, ...]]:
    """Say the totals in words, those of the watersheds where anything was credited."""
    rows = basin_loads[basin_loads["msmes"] > 0]
    names = (
        rows["basin_name"].astype(str),
        [pollutant_name(str(code), language) for code in rows["pollutant"]],
    )
    avoided, low, high = (rows[f"reduction{end}_kg_yr"].astype(float) for end in ("", "_low", "_high"))
    ranges = [mass_range(*ends, of=whole) for *ends, whole in zip(low, high, avoided, strict=True)]
    return list(zip(*names, avoided.map(mass), ranges, strict=True))


def _hosts(layer: folium.TileLayer | None) -> str:
    if layer is None:
        return ""
    host = urlsplit(layer.tiles)
    return f"{host.scheme}://{host.netloc.replace('{s}', '*')}"


def _met(accounts: Accounts) -> gpd.GeoDataFrame:
    """Give the watersheds in or near which any firm is; all of them where none is."""
    named = accounts.assignments["basin_id"].fillna(accounts.assignments["nearest_basin_id"])
    met = accounts.basins.index.isin(named.dropna())
    return accounts.basins[met] if met.any() else accounts.basins


def _bounds(basins: gpd.GeoDataFrame) -> Sequence[Sequence[float]]:
    if basins.empty:
        return _HOME
    west, south, east, north = (float(edge) for edge in basins.total_bounds)
    return ((south, west), (north, east))
