"""One HTML file that asks the network for nothing: Leaflet, styles, scripts and data inlined, hashed and locked.

:class:`Page` is a branca figure, so that any folium layer can be added to its map. It writes the Content-Security-
Policy itself: only the scripts and styles it wrote may run, and nothing may be fetched.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Environment, PackageLoader

from watershed_cp.errors import InputError
from watershed_cp.messages import fault, texts
from watershed_cp.publish.style import COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import folium

    from watershed_cp.errors import Language, Text

__all__ = ["Page", "asset", "colour_variables", "content_hash", "environment", "leaflet", "save_page"]

_STYLES = ("page.css", "print.css")
_SCRIPTS = (
    "text.js",
    "data.js",
    "state.js",
    "sheet.js",
    "basins.js",
    "firms.js",
    "flow.js",
    "course.js",
    "legend.js",
    "panel.js",
    "cards.js",
    "tables.js",
    "page.js",
)
_ID = re.compile(r"[0-9a-f]{32}")
_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


@functools.cache
def environment() -> Environment:
    """Give the Jinja environment of our templates: whatever a template writes is escaped."""
    return Environment(
        loader=PackageLoader("watershed_cp.publish"), autoescape=True, keep_trailing_newline=True
    )


def asset(name: str) -> str:
    """Read one of our own styles or scripts."""
    return resources.files("watershed_cp.publish").joinpath("templates", name).read_text(encoding="utf-8")


@functools.cache
def leaflet(name: str) -> str:
    """Read one of Leaflet's own files from the installed package, the images it names as data URIs.

    Parameters
    ----------
    name : str
        ``"leaflet.js"`` or ``"leaflet.css"``.

    Examples
    --------
    >>> "url(data:image/png" in leaflet("leaflet.css")
    True
    """
    folder = resources.files("js_lib_leaflet").joinpath("static", "js_lib_leaflet")

    def inline(match: re.Match[str]) -> str:
        return f"url({_image(match[1])})"

    text = folder.joinpath(name).read_text(encoding="utf-8")
    text = re.sub(r"url\((images/[\w.-]+\.png)\)", inline, text)
    return re.sub(r"\n?//# sourceMappingURL=\S+", "", text)


def _image(name: str) -> str:
    raw = resources.files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(raw).decode("ascii")


class Page(Figure):
    """The figure around a map: title, language, panel, tables and the lock on scripts and requests.

    Parameters
    ----------
    title : Text
        Title of the page in both languages.
    languages : tuple of {"es", "en"}
        Languages the reader can switch between; the page opens in the first.
    synthetic : bool
        Whether to say, on screen and on paper, that the data are synthetic.
    images : str
        Hosts that may serve tiles, separated by spaces; empty for a page that works without internet.
    totals : sequence of tuple of str
        Watershed, pollutant, avoided load and its range in words, for a reader whose browser runs no script.
    """

    def __init__(
        self,
        *,
        title: Text,
        languages: tuple[Language, ...],
        synthetic: bool = False,
        images: str = "",
        totals: Sequence[tuple[str, ...]] = (),
    ) -> None:
        super().__init__(title=title.speak(languages[0]), ratio="64%")
        self.languages = languages
        self.synthetic = synthetic
        self.images = images
        self.totals = totals

    def render(self, **kwargs: Any) -> str:
        """Write the page.

        Raises
        ------
        InputError
            If a layer that was added needs a script or style from the internet.
        """
        for child in self._children.values():
            child.render(**kwargs)
        names = {identity: f"{place:032x}" for place, identity in enumerate(_identities(self))}

        def steady(text: str) -> str:
            return _ID.sub(lambda match: names.get(match[0], match[0]), text)

        styles, scripts = self._assets()
        scripts.append(steady(self.script.render(**kwargs)))
        return (
            environment()
            .get_template("page.html")
            .render(
                page=self,
                language=self.languages[0],
                t=lambda key, language=self.languages[0]: texts("page")[key].speak(language),
                policy=self._policy(styles, scripts),
                styles=styles,
                scripts=scripts,
                body=steady(self.html.render(**kwargs)),
            )
        )

    def _assets(self) -> tuple[list[str], list[str]]:
        """Collect every style and script of the page, the layers' own included."""
        styles, scripts = [leaflet("leaflet.css")], [leaflet("leaflet.js"), _icons()]
        for element in self.header._children.values():  # noqa: SLF001  branca has no other way in
            if isinstance(element, (CssLink, JavascriptLink)):
                if not element.url.startswith("leaflet."):
                    raise InputError(fault("page_remote", value=element.url))
            else:
                for kind, text in _INLINE.findall(element.render()):
                    (styles if kind == "style" else scripts).append(text)
        styles.append(colour_variables())
        styles.extend(asset(name) for name in _STYLES)
        scripts.append(
            '(function () {\n"use strict";\n' + "\n".join(asset(name) for name in _SCRIPTS) + "}());"
        )
        scripts.append(asset("failed.js"))
        return styles, scripts

    def _policy(self, styles: list[str], scripts: list[str]) -> str:
        rules = {
            "default-src": "'none'",
            "script-src": " ".join(content_hash(text) for text in scripts),
            "style-src": " ".join(content_hash(text) for text in styles),
            "img-src": f"data: {self.images}".strip(),
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        return "; ".join(f"{name} {value}" for name, value in rules.items())


def save_page(page: folium.Map, path: str | Path) -> None:
    """Write a map as one self-contained HTML file; the same map gives the same bytes.

    Parameters
    ----------
    page : folium.Map
        As :func:`watershed_cp.publish.maps.build_map` gives it, with any layers added since.
    path : str or Path
        The file to write; an older one is replaced.

    Raises
    ------
    InputError
        If a layer that was added needs a script or style from the internet.

    Examples
    --------
    >>> import folium, tempfile, pathlib
    >>> from watershed_cp.errors import Text
    >>> page, folder = Page(title=Text("Mapa", "Map"), languages=("es",)), tempfile.TemporaryDirectory()
    >>> save_page(page, pathlib.Path(folder.name, "map.html"))
    >>> folder.cleanup()
    """
    import pathlib

    html: str = page.get_root().render()
    pathlib.Path(path).write_text(html, encoding="utf-8", newline="\n")


def content_hash(text: str) -> str:
    """Give the hash by which a Content-Security-Policy lets an inline script or style pass."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"


def colour_variables() -> str:
    """Give the design system's colours to the style sheet."""
    tones = {name.replace("_", "-"): tone for name, tone in COLOURS._asdict().items()}
    return (
        ":root { " + " ".join(f"--{name}: {tone};" for name, tone in tones.items()) + " --halo: #FFFFFFD9; }"
    )


def _icons() -> str:
    """Give Leaflet its marker images as data: it cannot find them beside a page that stands alone."""
    options = {
        "iconUrl": "images/marker-icon.png",
        "iconRetinaUrl": "images/marker-icon-2x.png",
        "shadowUrl": "images/marker-shadow.png",
    }
    pairs = ", ".join(f'{key}: "{_image(name)}"' for key, name in options.items())
    return f'L.Icon.Default.imagePath = ""; L.Icon.Default.mergeOptions({{{pairs}}});'


def _identities(element: Element) -> Iterator[str]:
    """Walk the tree in order; branca draws these names by chance, the page numbers them."""
    yield element._id  # noqa: SLF001
    own = (getattr(element, part, None) for part in ("header", "html", "script"))
    children = element._children.values()  # noqa: SLF001
    for child in (*(part for part in own if isinstance(part, Element)), *children):
        yield from _identities(child)
