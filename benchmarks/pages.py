"""How large a page is, how soon it can be read and how smoothly it pans, beside folium's FastMarkerCluster.

Run: ``python benchmarks/pages.py``. Both pages are opened in the same Chromium, in turns, with the network cut and
Leaflet inlined. FastMarkerCluster gets the bare points: no name, no sector, no status, no pollutant.
Needs Debian's chromium and XStatic-Leaflet-MarkerCluster (the plugin's own files, for the peer).
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import folium
from folium.plugins import FastMarkerCluster

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from browser.chromium import Chromium
from browser.programme import programme

from watershed_cp.publish.maps import build_map
from watershed_cp.publish.page import leaflet

if TYPE_CHECKING:
    from watershed_cp.impact.aggregation import Accounts

ROUNDS = 5
MANY = 100_000
FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
GAPS = """(async () => {
  const map = window[Object.keys(window).find((name) => /^map_/.test(name))];
  const channel = new MessageChannel();
  const tick = () => new Promise((done) => { channel.port1.onmessage = done; channel.port2.postMessage(0); });
  let longest = 0;
  for (const move of MOVES) {
    await new Promise(requestAnimationFrame);
    let last = performance.now();
    move(map);
    for (const end = last + 150; last < end;) {
      await tick();
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  }
  return longest;
})()"""
"""The longest time for which the page does not answer, from a move until everything is drawn.

Where other programs run this holds the wait for a processor too; the longest task in processor time does not.
"""
MOVES = {
    "pan": "Array(12).fill((map) => map.panBy([160, 40], { animate: false }))",
    "zoom": "[7, 8, 9, 10, 9, 8].map((zoom) => (map) => map.setZoom(zoom, { animate: false }))",
}


def bare(firms: int) -> Accounts:
    """Give a programme whose firms have a name, a sector, a status and three pollutants, and nothing more."""
    whole = programme(firms=firms, pollutants=("BOD5", "COD", "TSS"))
    unknown = dict.fromkeys(("location_accuracy_m", "probability", "distance_to_divide_m"), float("nan"))
    return replace(
        whole,
        msmes=whole.msmes[["msme_id", "name", "ciiu"]],
        assignments=whole.assignments.assign(**unknown, nearest_basin_id=None, repairs=None),
        ledger=whole.ledger.assign(evidence=None),
    )


def peer(accounts: Accounts) -> str:
    """Write the page of folium's FastMarkerCluster with its files inlined."""
    import xstatic.pkg.leaflet_markercluster as plugin

    chart = folium.Map([12.3, -85.0], zoom_start=7, tiles=None, maxZoom=18)
    places = accounts.assignments[["latitude", "longitude"]].dropna().round(5)
    callback = "function (row) { return L.marker(new L.LatLng(row[0], row[1])); }"
    FastMarkerCluster(places.to_numpy().tolist(), callback=callback).add_to(chart)
    html: str = chart.get_root().render()
    html = re.sub(r'<script src="[^"]+"></script>|<link rel="stylesheet" href="[^"]+"/>', "", html)
    files = Path(plugin.BASE_DIR)
    head = f"<style>{leaflet('leaflet.css')}</style><script>{leaflet('leaflet.js')}</script>"
    head += f"<script>{files.joinpath('leaflet.markercluster.js').read_text('utf-8')}</script>"
    for sheet in ("MarkerCluster.css", "MarkerCluster.Default.css"):
        head += f"<style>{files.joinpath(sheet).read_text('utf-8')}</style>"
    return html.replace("<head>", f"<head>{head}", 1)


def main() -> None:
    """Print sizes, the time to a page that can be read, and the longest pause in panning and zooming."""
    many = bare(MANY)
    pages = {
        "58 firms": build_map(programme()).get_root().render(),
        "1,000 firms": build_map(programme(firms=1000)).get_root().render(),
        "100,000 firms, every column": build_map(programme(firms=MANY, pollutants=("BOD5", "COD", "TSS")))
        .get_root()
        .render(),
        "100,000 firms": build_map(many).get_root().render(),
        "FastMarkerCluster, 100,000 points": peer(many),
    }
    ready: dict[str, list[float]] = {name: [] for name in pages}
    gaps: dict[tuple[str, str], list[float]] = defaultdict(list)
    tasks: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, Chromium() as browser:
        for _ in range(ROUNDS):
            for place, (name, html) in enumerate(pages.items()):
                path = Path(folder, f"{place}.html")
                path.write_text(html, encoding="utf-8")
                browser.errors.clear()
                browser.open(path)
                broken = [text for text in browser.errors if not text.startswith("Failed to load resource")]
                if broken:  # the peer's marker images stand beside Leaflet, not in it
                    raise RuntimeError(f"{name}: {broken}")
                seen = browser.run(
                    "performance.getEntriesByName('ready').map((mark) => mark.startTime)[0] || 0"
                )
                ready[name].append(seen or browser.run(FRAME))
                for kind, moves in MOVES.items():
                    script = GAPS.replace("MOVES", moves)
                    gaps[name, kind].append(browser.run(script))
                    tasks[name, kind].append(browser.longest_task(script))
    for name, html in pages.items():
        pause = ", ".join(
            f"longest {kind} {statistics.median(gaps[name, kind]):.0f} ms"
            f" (its longest task {statistics.median(tasks[name, kind]):.0f} ms of processor)"
            for kind in MOVES
        )
        print(
            f"{name}: {len(html.encode()) / 1e6:.2f} MB, ready in {statistics.median(ready[name]):.0f} ms, {pause}"
        )
    times = [statistics.median(ready[name]) for name in list(pages)[-2:]]
    print(f"{times[1] / times[0]:.1f} times sooner than FastMarkerCluster")


if __name__ == "__main__":
    main()
