/* The ground: land, relief, rivers and lakes on one canvas; the watersheds as shapes that a keyboard can reach. */

const ground = { coast: null, land: [], borders: [], departments: [], rivers: [], lakes: [], towns: [], reliefs: [] };
const outlines = [];
let bounds = [];

async function readBase({ head, ...columns }) {
  for (const name of ["land", "borders", "departments", "lakes", "towns"]) ground[name] = features(head[name], columns[name]);
  words.base = head.credits;
  ground.reliefs = await Promise.all(head.reliefs.map(async ([west, south, east, north], i) => ({
    image: await createImageBitmap(new Blob([columns[`relief_${i}`]], { type: "image/webp" })),
    box: [worldX(west), worldY(north), worldX(east), worldY(south)],
  })));
}

function readWater({ head, ...columns }) {
  if (head.rivers) ground.rivers = features(head.rivers, columns.rivers).sort((one, other) => one.upstream_km2 - other.upstream_km2);
  if (head.lakes) ground.lakes = features(head.lakes, columns.lakes).concat(ground.lakes);
}

function features({ counts, rows: facts }, steps) {
  const known = rows(facts);
  return shapes(counts, steps).map((shape, i) => ({ shape, ...known[i] }));
}

function paintGround(pen, view) {
  pen.lineJoin = "round";
  pen.lineCap = "round";
  ground.coast ||= ground.land.flatMap((country) => country.shape);
  const land = ground.coast;
  traceAll(pen, view, land, true);
  pen.fillStyle = colour("land");
  pen.fill("evenodd");
  paintRelief(pen, view);
  stroke(pen, view, land, "hairline", 0.8);
  for (const border of ground.borders) {
    if (border.kind === "country") stroke(pen, view, border.shape, "border", 1.1, [7, 3, 1.5, 3]);
    else if (view.zoom >= 7.5) stroke(pen, view, border.shape, "hairline", 0.9);
  }
  fade(pen, view);
}

/* The base map ends somewhere: let it sink into the sea there instead of breaking off. */
function fade(pen, view) {
  if (!ground.reliefs.length) return;
  const [left, top, right, bottom] = ground.reliefs[0].box.map((edge, side) => edge * view.scale - (side % 2 ? view.y : view.x));
  const depth = (right - left) * 0.035;
  const sea = colour("sea");
  for (const [x0, y0, x1, y1] of [[left, 0, left + depth, 0], [right, 0, right - depth, 0], [0, top, 0, top + depth], [0, bottom, 0, bottom - depth]]) {
    const wash = pen.createLinearGradient(x0, y0, x1, y1);
    wash.addColorStop(0, sea);
    wash.addColorStop(1, `${sea}00`);
    pen.fillStyle = wash;
    const across = y0 === y1;
    pen.fillRect(across ? Math.min(x0, x1) - 3 : left - 3, across ? top - 3 : Math.min(y0, y1) - 3, across ? depth + 6 : right - left + 6, across ? bottom - top + 6 : depth + 6);
  }
}

/* Water lies above the fill of the watersheds, so that it always reads; a lake hides the river through it. */
function paintRivers(pen, view) {
  pen.lineJoin = "round";
  pen.lineCap = "round";
  for (const river of ground.rivers) {
    const width = riverWidth(river, view.zoom);
    pen.globalAlpha = 0.55;
    if (width > 0.8) stroke(pen, view, river.shape, "halo", width + 1.2); // so that it reads on a dark watershed
    pen.globalAlpha = 1;
    if (width > 0.3) stroke(pen, view, river.shape, "river", width);
  }
  for (const lake of ground.lakes) {
    traceAll(pen, view, lake.shape, true);
    pen.fillStyle = colour("lake");
    pen.fill("evenodd");
  }
}

function stroke(pen, view, shape, tone, width, dashes = []) {
  traceAll(pen, view, shape, false);
  pen.setLineDash(dashes);
  pen.strokeStyle = colour(tone);
  pen.lineWidth = width;
  pen.stroke();
  pen.setLineDash([]);
}

/* The shaded land, only where land is drawn already (a clip along the coast takes ten times as long); the sharper sheets from closer by. */
function paintRelief(pen, view) {
  pen.globalCompositeOperation = "source-atop";
  ground.reliefs.forEach(({ image, box }, i) => {
    if (i && view.zoom < 8) return;
    const [left, top, right, bottom] = box.map((edge, side) => edge * view.scale - (side % 2 ? view.y : view.x));
    if (right > 0 && bottom > 0 && left < view.width && top < view.height) pen.drawImage(image, left, top, right - left, bottom - top);
  });
  pen.globalCompositeOperation = "source-over";
}

/* Rivers by the land they drain: brooks appear as the reader comes closer. */
function riverWidth(river, zoom) {
  const order = Math.log10(Math.max(river.upstream_km2 || 100, 10)) - 1;
  return Math.min(5, 0.62 * order * 1.3 ** (zoom - 8.2) - 0.12 * (9 - Math.min(zoom, 9)));
}

/* How exactly an outline is known, in pixels of this zoom. */
function softness(basin, zoom) {
  const [x, y] = basin.middle;
  const metresPerPixel = (40075016.686 * Math.cos((toLatLng(x, y).lat * Math.PI) / 180)) / (256 * 2 ** zoom);
  return (basin.accuracy_m || 0) / metresPerPixel;
}

function addBasins(map) {
  map.createPane("basins").style.zIndex = 350;
  const renderer = L.svg({ pane: "basins", padding: 0.5 });
  for (const basin of basins) {
    const places = basin.parts.map((rings) => rings.map((ring) => Array.from({ length: ring.length / 2 }, (_, i) => toLatLng(ring[2 * i], ring[2 * i + 1]))));
    const shape = L.polygon(places, { renderer, pane: "basins", className: "basin", weight: 1, smoothFactor: 0.6 }).addTo(map);
    basin.box = shape.getBounds();
    basin.middle = middle(basin.parts);
    const edge = L.polygon(places, { renderer, pane: "basins", className: "edge", fill: false, interactive: false, smoothFactor: 0.6 }).addTo(map);
    outlines.push({ shape, edge });
    shape.on("click", (event) => {
      L.DomEvent.stop(event);
      const item = itemAt(map, event.latlng);
      if (item) choose(map, item);
      else if (state.basin === basin.place && state.firm === null && flow.grids.length) {
        follow(event.latlng.lng, event.latlng.lat);
        paintCard();
      } else update({ basin: basin.place, firm: null });
    });
    shape.on("mouseover mouseout", (event) => { shape.getElement().classList.toggle("near", event.type === "mouseover"); });
    const path = shape.getElement();
    path.setAttribute("tabindex", "0");
    path.setAttribute("role", "button");
    path.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); update({ basin: basin.place, firm: null }); }
    });
  }
  if (basins.length) addHatch(renderer);
  addParts(map, renderer);
  map.on("zoomend", paintBasins);
  new Sheet("ground", paintGround, { steady: true }).addTo(map);
  map.createPane("rivers").style.zIndex = 380;
  map.getPane("rivers").style.pointerEvents = "none";
  new Sheet("rivers", paintRivers, { steady: true }).addTo(map);
}

/* Sub-basins are looked at, not pressed: their values stand in the note beside the pointer or the one in focus, and in the table. */
function addParts(map, renderer) {
  for (const part of parts) {
    const places = part.parts.map((rings) => rings.map((ring) => Array.from({ length: ring.length / 2 }, (_, i) => toLatLng(ring[2 * i], ring[2 * i + 1]))));
    part.shape = L.polygon(places, { renderer, pane: "basins", className: "part", interactive: false, weight: 0.8, smoothFactor: 0.6 });
    part.middle = middle(part.parts);
    part.shape.on("add", () => reach(part));
  }
  map.on("zoomend", paintParts);
}

/* One stop of the tab key for all sub-basins; the arrow keys lead from one to the next. */
function reach(part) {
  const path = part.shape.getElement();
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  path.setAttribute("role", "img");
  path.setAttribute("tabindex", part.place ? "-1" : "0");
  path.addEventListener("keydown", (event) => {
    if (!steps[event.key]) return;
    L.DomEvent.stop(event);
    parts[(part.place + steps[event.key] + parts.length) % parts.length].shape.getElement().focus();
  });
  path.addEventListener("focus", () => {
    const place = toLatLng(...part.middle);
    theMap.panInside(place, { ...room(), animate: false });
    whisper(null, theMap.latLngToContainerPoint(place), part);
  });
  path.addEventListener("blur", () => whisper(null, null, null));
}

function paintParts() {
  const shown = state.units === "parts";
  const fillOpacity = opacity(theMap.getZoom());
  for (const part of parts) {
    if (shown !== theMap.hasLayer(part.shape)) { if (shown) part.shape.addTo(theMap).bringToBack(); else part.shape.remove(); }
    if (!shown) continue;
    part.shape.setStyle({ fillColor: rampColour(measured(part), bounds) || "url(#hatch)", fillOpacity, color: colour("paper"), opacity: 0.9 });
    part.shape.getElement().setAttribute("aria-label", partWords(part));
  }
}

function partWords(part) {
  return `${basinName(part)} · ${measure().write(measured(part))}`;
}

/* The sub-basin under a place, where sub-basins are shown. */
function partAt({ lat, lng }) {
  if (state.units !== "parts") return null;
  const [x, y] = [worldX(lng), worldY(lat)];
  return parts.find((part) => part.parts.some((rings) => rings.reduce((odd, ring) => odd !== crosses(ring, x, y), false))) || null;
}

function opacity(zoom) {
  return Math.min(0.8, Math.max(0.3, 0.8 - 0.14 * (zoom - 8.5)));
}

/* The hatch of a value that is not known; zero has a colour of its own. */
function addHatch(renderer) {
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const pattern = svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(svg("rect", { width: 6, height: 6, fill: colour("paper") }), svg("rect", { width: 1.6, height: 6, fill: colour("missing") }));
  const defs = svg("defs", {});
  defs.append(pattern);
  renderer._container.prepend(defs);
}

/* The middle of the largest ring, by its area. */
function middle(parts) {
  let best = [0, 0, 0];
  for (const [ring] of parts) {
    let area = 0;
    let x = 0;
    let y = 0;
    for (let i = 0; i < ring.length - 2; i += 2) {
      const cross = (ring[i] - ring[0]) * (ring[i + 3] - ring[1]) - (ring[i + 2] - ring[0]) * (ring[i + 1] - ring[1]);
      area += cross;
      x += cross * (ring[i] + ring[i + 2] - 2 * ring[0]);
      y += cross * (ring[i + 1] + ring[i + 3] - 2 * ring[1]);
    }
    if (Math.abs(area) > best[2]) best = [ring[0] + x / (3 * area), ring[1] + y / (3 * area), Math.abs(area)];
  }
  return best.slice(0, 2);
}

/* The fill lets the ground through from close by; an outline known only roughly gets a band as wide as the doubt. */
function paintBasins() {
  bounds = classes();
  paintParts();
  const zoom = theMap.getZoom();
  const fillOpacity = opacity(zoom);
  outlines.forEach(({ shape, edge }, place) => {
    const basin = basins[place];
    const value = measured(basin);
    const chosen = state.basin === place;
    const soft = Math.min(softness(basin, zoom), 40);
    const fuzzy = soft > 1.5;
    shape.setStyle({
      fillColor: rampColour(value, bounds) || "url(#hatch)", fillOpacity: state.units === "parts" ? 0 : fillOpacity, color: colour("basin"),
      weight: chosen ? 2.4 : 1, opacity: fuzzy && !chosen ? 0.45 : 0.95,
    });
    edge.setStyle({ color: colour("basin"), weight: 2 * soft, opacity: fuzzy ? 0.22 : 0 });
    edge.getElement().style.filter = fuzzy ? `blur(${(soft / 2.5).toFixed(1)}px)` : "";
    const path = shape.getElement();
    path.setAttribute("aria-label", `${basinName(basin)}: ${measure().write(value)}`);
    path.setAttribute("aria-pressed", String(chosen));
  });
}

/* Names: watersheds first, then towns by rank, waters, countries; what finds no room is left out. */
function paintLabels(pen, view) {
  const covered = furniture(view);
  const taken = [...covered, ...firmSheet.items.map(({ x, y, r }) => [x - r, y - r, x + r, y + r])];
  const place = ([longitude, latitude]) => [worldX(longitude) * view.scale - view.x, worldY(latitude) * view.scale - view.y];
  const inside = ([x, y]) => x > 0 && y > 0 && x < view.width && y < view.height;
  const within = [view.margin.x + 6, view.margin.y + 6, view.width - view.margin.x - 6, view.height - view.margin.y - 6];
  const towns = ground.towns.filter((town) => view.zoom >= TOWN_ZOOM[town.rank]).map((town) => ({ ...town, far: town.rank === 1 && view.zoom >= 6, at: townAt(town, view) }))
    .filter(({ at: [x, y] }) => inside([x, y]) && !covered.some((box) => meets(box, [x, y, x, y])));
  for (const { at: [x, y] } of towns.filter((town) => town.far)) taken.push([x - 4, y - 4, x + 4, y + 4]);
  for (const basin of basins) labelBasin(pen, view, basin, taken, within);
  for (const town of towns) labelTown(pen, town, taken, within);
  if (view.zoom >= 8) [...ground.lakes, ...ground.rivers.slice().reverse()].forEach((water) => labelWater(pen, view, water, taken, within));
  if (view.zoom < 9) {
    for (const [key, at] of SEAS) inkLabel(pen, [[say(key), { size: 15, tone: "river-text", style: "italic" }]], ...place(at), taken, { within });
    for (const country of ground.land) {
      const at = country.label && place(country.label);
      if (at && inside(at)) inkLabel(pen, [[spaced(bothNames(country)), { size: 13, tone: "muted" }]], at[0], at[1], taken, { within });
    }
  }
}

/* The room that legend, inset, buttons and scale take on the sheet. */
function furniture(view) {
  const origin = theMap.getContainer().getBoundingClientRect();
  return [...document.querySelectorAll("#legend, #inset, #north, .leaflet-control")].map((element) => element.getBoundingClientRect()).filter((box) => box.width).map((box) => [
    box.left - origin.left + view.margin.x - 4, box.top - origin.top + view.margin.y - 4,
    box.right - origin.left + view.margin.x + 4, box.bottom - origin.top + view.margin.y + 4,
  ]);
}

const SEAS = [["caribbean", [-81.6, 13.6]], ["pacific", [-87.4, 10.4]]];
const TOWN_ZOOM = { 1: 5, 2: 7.5, 3: 9, 4: 10 };

function bothNames({ name_es: es, name_en: en }) {
  return pick([es, en || es]);
}

function spaced(text) {
  return Array.from(text.toUpperCase()).join("\u200a");
}

function townAt({ shape: [[[x, y]]] }, view) {
  return [x * view.scale - view.x, y * view.scale - view.y];
}

/* A capital stays even where firms crowd around it: its name stands off, with a thread. */
function labelTown(pen, town, taken, within) {
  const { at: [x, y], far } = town;
  const capital = town.rank === 1;
  const line = [[bothNames(town), { size: capital ? 13.5 : 12.5, weight: capital ? 600 : 400 }]];
  const spots = [[x + 7, y, "left"], [x - 7, y, "right"]];
  for (const away of far ? [24, 38, 54] : []) {
    spots.push([x - away, y, "right"], [x + away, y, "left"], [x, y + away, "center"], [x, y - away, "center"],
      [x - 0.7 * away, y + 0.7 * away, "right"], [x + 0.7 * away, y + 0.7 * away, "left"], [x - 0.7 * away, y - 0.7 * away, "right"], [x + 0.7 * away, y - 0.7 * away, "left"]);
  }
  let box = null;
  const spot = spots.find(([atX, atY, align]) => { box = inkLabel(pen, line, atX, atY, taken, { align, within }); return box; });
  if (box) {
    if (spots.indexOf(spot) > 1) thread(pen, [x, y], box);
    pen.beginPath();
    pen.arc(x, y, capital ? 3.2 : 2.4, 0, 7);
    pen.fillStyle = colour("ink");
    pen.strokeStyle = colour("halo");
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.fill();
  }
}

function thread(pen, [x, y], [left, top, right, bottom]) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(Math.min(Math.max(x, left), right), Math.min(Math.max(y, top), bottom));
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 0.8;
  pen.stroke();
}

/* A river's or lake's name once in the view. */
function labelWater(pen, view, water, taken, within) {
  const [ring] = water.shape[0];
  const name = water.name_es && visible(view, ring) ? bothNames(water) : "";
  if (!name || taken.some((box) => box.name === name)) return;
  for (const share of [0.5, 0.25, 0.75]) {
    const at = 2 * Math.floor((ring.length / 2) * share);
    const [x, y] = [ring[at] * view.scale - view.x, ring[at + 1] * view.scale - view.y];
    const box = x > within[0] && x < within[2] && y > within[1] && y < within[3]
      && inkLabel(pen, [[name, { tone: "river-text", style: "italic", weight: 600, size: 12.5, halo: 5.5 }]], x, y, taken, { within });
    if (box) { box.name = name; return; }
  }
}

/* A watershed's name and value: inside where there is room, beside it with a leader where there is none. */
function labelBasin(pen, view, basin, taken, within) {
  const corner = (latlng) => [worldX(latlng.lng) * view.scale - view.x, worldY(latlng.lat) * view.scale - view.y];
  const [left, bottom] = corner(basin.box.getSouthWest());
  const [right, top] = corner(basin.box.getNorthEast());
  const [x, y] = [basin.middle[0] * view.scale - view.x, basin.middle[1] * view.scale - view.y];
  const lines = [[basinName(basin), { size: 17, weight: 600 }]];
  if (!words.release) lines.push([measure().write(measured(basin)), { size: 15 }]);
  const roomy = right - left > 190 && bottom - top > 70;
  const spots = roomy ? [[x, y, "center"], [x, y - 40, "center"], [x, y + 40, "center"], [x + 90, y, "center"], [x - 90, y, "center"]] : [];
  if (x > within[0] && x < within[2] && y > within[1] && y < within[3]) {
    for (const away of [14, 40]) for (const height of [y, top - 12]) spots.push([right + away, height, "left"], [left - away, height, "right"]);
    for (const away of [14, 40, 68]) spots.push([x, top - away - 16, "center"], [x, bottom + away + 16, "center"], [right, top - away - 16, "right"]);
    spots.push([right + 68, y, "left"], [left - 68, y, "right"]);
  }
  for (const [atX, atY, align] of spots) {
    const line = align === "center" && !roomy ? leaderBox([x, y], atY) : null;
    if (line && taken.some((other) => other.words && meets(other, line))) continue;
    const box = inkLabel(pen, lines, atX, atY, taken, { align, gap: 6, within });
    if (box && line) { leader(pen, [x, y], box); taken.push(line); }
    if (box) return;
  }
}

/* The room a leader takes: it may cross firms, but no words. */
function leaderBox([x, y], from) {
  return Object.assign([x - 3, Math.min(y, from), x + 3, Math.max(y, from)], { words: true });
}

/* A hairline from a label that stands above or below its watershed. */
function leader(pen, [x, y], [, top, , bottom]) {
  const from = top > y ? top : bottom;
  if (Math.abs(from - y) < 40) return;
  pen.beginPath();
  pen.moveTo(x, from);
  pen.lineTo(x, y + Math.sign(from - y) * 22);
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 1;
  pen.stroke();
}
