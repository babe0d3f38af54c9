/* Legend, sources and the small map of where we are. */

function paintLegend() {
  const legend = byId("legend");
  const measure = say(`measure_${state.measure}`);
  const write = MEASURES[state.measure].write;
  const swatch = (tone, text, extra = "") => h("li", {}, h("span", { class: `swatch ${extra}`, colour: tone }), h("span", {}, text));
  const steps = words.ramp.map((tone, i) => swatch(tone, `${i ? plainEnd(bounds[i - 1], i) : "0"} – ${write(bounds[i])}`));
  const missing = basins.some((basin) => measured(basin) === null);
  legend.replaceChildren(
    h("h2", {}, say("legend_title", { measure, pollutant: pollutantName(state.pollutant) })),
    h("p", { class: "small" }, period()),
    h("ul", { class: "steps" }, ...steps.reverse(), missing ? swatch(null, say("missing"), "hatch") : null),
    h("h3", {}, say("firms_title")),
    h("ul", { class: "shapes" }, ...["sure", "likely", "ambiguous", "uncounted"].map(shapeKey), sizeKey()),
    basins.some((basin) => basin.accuracy_m > 60) ? h("p", { class: "small" }, say("soft_edges")) : null,
  );
}

function plainEnd(value) {
  if (!MEASURES[state.measure].mass) return number(value);
  return amount(value, bounds[bounds.length - 1]).value;
}

function drawn(width, height, paint) {
  const density = window.devicePixelRatio || 1;
  const canvas = h("canvas", { width: width * density, height: height * density, "aria-hidden": "true" });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(density, density);
  paint(pen);
  return canvas;
}

function shapeKey(stand) {
  return h("li", {}, drawn(24, 24, (pen) => glyph(pen, 12, 12, 8, stand, false)), h("span", {}, say(`stand_${stand}`)));
}

function sizeKey() {
  const most = Number(firmSheet.most.toPrecision(1));
  if (!(most > 1e-6)) return null;
  const rings = (pen) => [most, most / 10].forEach((value) => {
    const r = 5 + 11 * Math.sqrt(value / firmSheet.most);
    pen.beginPath();
    pen.arc(17, 34 - r - 0.5, r, 0, 7);
    pen.strokeStyle = colour("firm-edge");
    pen.stroke();
  });
  return h("li", { class: "sizes" }, drawn(34, 35, rings), h("span", {}, say("size_key", { small: load(most / 10), large: load(most) })));
}

function paintSources() {
  const credits = [...new Set(basins.map((basin) => basin.credit).filter(Boolean))];
  byId("sources").replaceChildren(
    h("span", {}, `${period()}. ${say("sources", { credits: credits.join("; ") || say("own_data") })} ${words.base ? pick(words.base) : ""}`),
    words.synthetic ? h("strong", {}, ` ${say("synthetic")}`) : "",
  );
}

/* Where in Central America the view lies: drawn once the reader has come closer. */
function paintInset() {
  const canvas = byId("inset");
  canvas.hidden = theMap.getZoom() < 8.5 || !ground.land.length;
  if (canvas.hidden) return;
  const [west, north, east, south] = [worldX(-92.6), worldY(18.6), worldX(-77), worldY(7)];
  const scale = Math.min(canvas.width / (east - west), canvas.height / (south - north));
  const view = { scale, x: west * scale, y: north * scale, zoom: 0, width: canvas.width, height: canvas.height };
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour("sea");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  traceAll(pen, view, ground.land.flatMap((country) => country.shape), true);
  pen.fillStyle = colour("land");
  pen.fill("evenodd");
  pen.strokeStyle = colour("border");
  pen.stroke();
  const box = theMap.getBounds();
  const left = worldX(box.getWest()) * scale - view.x;
  const top = worldY(box.getNorth()) * scale - view.y;
  pen.strokeStyle = colour("firm");
  pen.lineWidth = 3;
  pen.strokeRect(left, top, Math.max(8, worldX(box.getEast()) * scale - view.x - left), Math.max(8, worldY(box.getSouth()) * scale - view.y - top));
}
