"""Layer styles for QGIS, in its own QML, so that a GeoPackage opens looking like the rest."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from watershed_cp.publish.style import COLOURS

__all__ = ["styles"]


def styles() -> dict[str, str]:
    """Give the QML of each layer of the GeoPackage: watersheds as outlines, rivers, firms by their status.

    Returns
    -------
    dict of str
        QML by layer name.

    Examples
    --------
    >>> sorted(styles())
    ['msmes', 'rivers', 'watersheds']
    """
    outline = _symbol(
        "0",
        "fill",
        "SimpleFill",
        color=f"{COLOURS.basin}33",
        outline_color=COLOURS.basin,
        outline_width="0.5",
    )
    river = _symbol("0", "line", "SimpleLine", line_color=COLOURS.river, line_width="0.4")
    firm = {"name": "circle", "size": "3", "outline_color": COLOURS.paper}
    hollow = {"name": "circle", "size": "3", "outline_color": COLOURS.uncounted}
    return {
        "watersheds": _qml("singleSymbol", [outline]),
        "rivers": _qml("singleSymbol", [river]),
        "msmes": _qml(
            "categorizedSymbol",
            [
                _symbol("0", "marker", "SimpleMarker", color=COLOURS.firm, **firm),
                _symbol("1", "marker", "SimpleMarker", color=f"{COLOURS.paper}00", **hollow),
            ],
            attribute="status",
            categories=(("inside", "0"), ("outside", "1")),
        ),
    }


def _qml(
    kind: str, symbols: list[ET.Element], *, attribute: str = "", categories: tuple[tuple[str, str], ...] = ()
) -> str:
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type=kind)
    if attribute:
        renderer.set("attr", attribute)
    if categories:
        listed = ET.SubElement(renderer, "categories")
        for value, symbol in categories:
            ET.SubElement(listed, "category", value=value, label=value, symbol=symbol, render="true")
    ET.SubElement(renderer, "symbols").extend(symbols)
    return ET.tostring(root, encoding="unicode")


def _symbol(name: str, kind: str, layer_class: str, /, **options: str) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type=kind, alpha="1")
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"})
    listed = ET.SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        written = _rgba(value) if value.startswith("#") else value
        ET.SubElement(listed, "Option", name=key, type="QString", value=written)
    return symbol


def _rgba(colour: str) -> str:
    """Write ``#RRGGBB`` or ``#RRGGBBAA`` as QGIS does: ``r,g,b,a``."""
    return ",".join(str(channel) for channel in bytes.fromhex(colour.removeprefix("#").ljust(8, "f")))
