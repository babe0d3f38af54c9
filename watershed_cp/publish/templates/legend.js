/* Legend, sources and the small map of where we are. */

function paintLegend() {
  const missing = (state.units === "parts" ? parts : basins).some((unit) => measured(unit) === null);
  const soft = basins.some((basin) => basin.accuracy_m > 60);
  const keys = ["sure", "likely", "ambiguous", "uncounted"].map((stand) => key(24, (pen) => glyph(pen, 12, 12, 8, stand, false), say(`stand_${stand}`)));
  byId("legend").replaceChildren(
    h("section", {},
      h("h2", {}, state.pollutant === null ? say("measure_located") : say("legend_title", { measure: say(`measure_${state.measure}`), pollutant: pollutantName(state.pollutant) }), legendUnit()),
      h("ol", { class: "ramp" }, h("li", { class: "zero" }, h("span", { class: "tick" }, "0")), ...words.ramp.map((tone, i) => h("li", {}, h("span", { class: "swatch", colour: tone }), h("span", { class: "tick" }, tick(bounds[i]))))),
      missing ? h("p", { class: "key" }, h("span", { class: "swatch hatch" }), say(words.public ? "kept_back" : "missing")) : null,
      h("p", { class: "small" }, words.visits.length ? "" : period(), soft && !words.visits.length ? h("br") : "", soft ? say("soft_edges") : ""),
    ),
    words.public ? h("section", { class: "rule" }, h("h2", {}, say("public_edition")), ...words.public.map((line) => h("p", { class: "small" }, pick(line)))) : h("section", {}, h("h2", {}, say("firms_title")), h("ul", { class: "shapes" }, ...keys, sizeKey(),
      key(24, (pen) => bunch(pen, { x: 12, y: 12, r: 9, n: 8, counted: 5 }), say("bunch_key")))),
  );
}

/* The classes are written in one unit, which the title carries. */
function inTonnes() {
  return measure().mass && bounds[bounds.length - 1] >= 1000;
}

function legendUnit() {
  const { mass, unit } = measure();
  const written = mass ? say("unit_a_year", { unit: inTonnes() ? "t" : "kg" }) : unit;
  return written ? h("span", { class: "unit" }, ` (${written})`) : null;
}

function tick(bound) {
  return neat(bound, inTonnes() ? 1000 : 0);
}

/* A round number without idle zeros, in tonnes where `like` has that many kilograms. */
function neat(value, like) {
  return (like >= 1000 ? value / 1000 : value).toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

function key(size, paint, text) {
  return h("li", {}, drawn(size, size, paint), h("span", {}, text));
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

function sizeKey() {
  const most = Number(firmSheet.most.toPrecision(1));
  if (!(most > 1e-6)) return null;
  const rings = (pen) => [most, most / 10].forEach((value) => {
    const r = 5 + 11 * Math.sqrt(value / firmSheet.most);
    pen.beginPath();
    pen.arc(19, 38 - r - 1, r, 0, 7);
    pen.strokeStyle = colour("firm-edge");
    pen.stroke();
  });
  return h("li", { class: "sizes" }, drawn(38, 38, rings), h("span", {}, say("size_key", { small: neat(most / 10, most), large: `${neat(most, most)} ${most >= 1000 ? "t" : "kg"}` })));
}

function paintSources() {
  const credits = [...new Set(basins.map(basinCredit).filter(Boolean))].join("; ");
  byId("sources").replaceChildren(
    h("span", {}, `${words.visits.length ? "" : `${period("")}. `}${say("sources", { credits: credits || say("own_data") })} ${words.base ? besides(pick(words.base), credits) : ""} ${words.censoring ? pick(words.censoring) : ""}`),
    words.synthetic ? h("strong", {}, ` ${say("synthetic")}`) : "",
  );
}

/* The base map's sources without the site that the outlines have named already. */
function besides(base, credits) {
  const said = (part) => (part.match(/\w+\.org/) || []).some((site) => credits.includes(site));
  return `${base.replace(/\.$/, "").split("; ").filter((part) => !said(part)).join("; ")}.`;
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
  insetLand ||= drawInset(view);
  pen.drawImage(insetLand, 0, 0);
  const box = theMap.getBounds();
  const left = worldX(box.getWest()) * scale - view.x;
  const top = worldY(box.getNorth()) * scale - view.y;
  pen.strokeStyle = colour("firm");
  pen.lineWidth = 3;
  pen.strokeRect(left, top, Math.max(8, worldX(box.getEast()) * scale - view.x - left), Math.max(8, worldY(box.getSouth()) * scale - view.y - top));
}

let insetLand = null;

function drawInset(view) {
  const canvas = h("canvas", { width: view.width, height: view.height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour("sea");
  pen.fillRect(0, 0, view.width, view.height);
  traceAll(pen, view, ground.land.flatMap((country) => country.shape), true);
  pen.fillStyle = colour("land");
  pen.fill("evenodd");
  pen.strokeStyle = colour("border");
  pen.stroke();
  return canvas;
}
