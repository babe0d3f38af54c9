/* The firms: one canvas, size by avoided load, shape and colour by standing; close ones of a watershed gathered by zoom. */

const CELL = 58;
const firmSheet = { items: [], most: 1, sheet: null };

function addFirms(map) {
  map.createPane("firms").style.zIndex = 450;
  map.createPane("names").style.zIndex = 440;
  map.getPane("firms").style.pointerEvents = "none";
  map.getPane("names").style.pointerEvents = "none";
  firmSheet.sheet = new Sheet("firms", paintFirms).addTo(map);
  new Sheet("names", paintLabels).addTo(map);
  map.on("click", (event) => choose(map, itemAt(map, event.latlng)));
  map.on("mousemove", (event) => {
    const item = itemAt(map, event.latlng);
    map.getContainer().classList.toggle("pointing", Boolean(item));
    whisper(item, event.containerPoint, item ? null : partAt(event.latlng));
  });
}

function choose(map, item) {
  if (!item) return;
  if (item.firm >= 0) update({ firm: item.firm });
  else map.flyToBounds(item.box.pad(0.2), { maxZoom: Math.max(map.getZoom() + 2, 13), duration: calm() ? 0 : 0.6 });
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/* Count the firms per cell and watershed; a cell of one is the firm itself. */
function gather(view) {
  const columns = Math.ceil(view.width / CELL) + 1;
  const lines = Math.ceil(view.height / CELL) + 1;
  const anchorX = Math.floor(view.x / CELL) * CELL;
  const anchorY = Math.floor(view.y / CELL) * CELL;
  const groups = basins.length + 1;
  const cells = Array(columns * lines * groups);
  const near = view.zoom >= 15;
  const alone = [];
  for (let i = 0; i < firms.size; i += 1) {
    if (!firms.shown[i] || firms.stand[i] === 0) continue;
    const x = firms.x[i] * view.scale;
    const y = firms.y[i] * view.scale;
    if (x < view.x || y < view.y || x > view.x + view.width || y > view.y + view.height) continue;
    if (near || i === state.firm) { alone.push({ firm: i, x: x - view.x, y: y - view.y }); continue; }
    const basin = Math.min(firms.basin[i], basins.length);
    const place = (Math.floor((y - anchorY) / CELL) * columns + Math.floor((x - anchorX) / CELL)) * groups + basin;
    const cell = cells[place];
    const counted = firms.stand[i] < 4 ? 1 : 0;
    if (!cell) {
      cells[place] = { basin, n: 1, sumX: x, sumY: y, firm: i, counted, value: firms.value[i], left: x, right: x, top: y, bottom: y };
    } else {
      cell.n += 1; cell.sumX += x; cell.sumY += y; cell.counted += counted; cell.value += firms.value[i];
      cell.left = Math.min(cell.left, x); cell.right = Math.max(cell.right, x);
      cell.top = Math.min(cell.top, y); cell.bottom = Math.max(cell.bottom, y);
    }
  }
  return merge(cells.filter(Boolean)).map((cell) => ({
    ...cell, firm: cell.n === 1 ? cell.firm : -1, x: cell.sumX / cell.n - view.x, y: cell.sumY / cell.n - view.y,
  })).concat(alone);
}

/* Cells of one watershed whose middles nearly touch become one, the fuller first. */
function merge(cells) {
  cells.sort((one, other) => other.n - one.n);
  const kept = [];
  const far = (CELL * 0.7) ** 2;
  for (const cell of cells) {
    const x = cell.sumX / cell.n;
    const y = cell.sumY / cell.n;
    const host = kept.find((other) => other.basin === cell.basin && (other.sumX / other.n - x) ** 2 + (other.sumY / other.n - y) ** 2 < far);
    if (!host) { kept.push(cell); continue; }
    for (const name of ["n", "sumX", "sumY", "counted", "value"]) host[name] += cell[name];
    host.left = Math.min(host.left, cell.left); host.right = Math.max(host.right, cell.right);
    host.top = Math.min(host.top, cell.top); host.bottom = Math.max(host.bottom, cell.bottom);
  }
  return kept;
}

function paintFirms(pen, view) {
  firmSheet.items = gather(view);
  firmSheet.items.sort((one, other) => (one.firm >= 0 && one.firm === state.firm) - (other.firm >= 0 && other.firm === state.firm) || radius(other) - radius(one));
  for (const item of firmSheet.items) {
    item.r = radius(item);
    item.latlng = toLatLng((item.x + view.x) / view.scale, (item.y + view.y) / view.scale);
    if (item.firm >= 0) glyph(pen, item.x, item.y, item.r, STANDS[firms.stand[item.firm]], item.firm === state.firm);
    else {
      item.box = L.latLngBounds(toLatLng(item.left / view.scale, item.bottom / view.scale), toLatLng(item.right / view.scale, item.top / view.scale));
      bunch(pen, item);
    }
  }
}

function radius(item) {
  if (item.firm >= 0) return 5 + 11 * Math.sqrt(Math.max(0, firms.value[item.firm]) / firmSheet.most);
  return 13 + 4 * Math.log10(item.n);
}

/* One firm: full = sure, ringed = likely, half = ambiguous, hollow grey = not counted. */
function glyph(pen, x, y, r, stand, chosen) {
  const counted = stand !== "uncounted";
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fillStyle = counted && stand !== "ambiguous" ? colour("firm") : colour("paper");
  pen.fill();
  if (stand === "ambiguous") {
    pen.beginPath();
    pen.arc(x, y, r, Math.PI / 2, (3 * Math.PI) / 2);
    pen.fillStyle = colour("firm");
    pen.fill();
  }
  if (stand === "likely") {
    pen.beginPath();
    pen.arc(x, y, r * 0.62, 0, 2 * Math.PI);
    pen.lineWidth = Math.max(1.4, r * 0.16);
    pen.strokeStyle = colour("paper");
    pen.stroke();
  }
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.lineWidth = counted ? 1.4 : 2;
  pen.strokeStyle = counted ? colour("firm-edge") : colour("uncounted");
  pen.stroke();
  if (chosen) {
    pen.beginPath();
    pen.arc(x, y, r + 5, 0, 2 * Math.PI);
    pen.lineWidth = 2.5;
    pen.strokeStyle = colour("ink");
    pen.stroke();
  }
}

/* Many firms: their number, in a ring whose warm part are the counted ones. */
function bunch(pen, { x, y, r, n, counted }) {
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fillStyle = colour("paper");
  pen.fill();
  pen.lineWidth = 4;
  pen.strokeStyle = colour("uncounted");
  pen.stroke();
  pen.beginPath();
  pen.arc(x, y, r, -Math.PI / 2, -Math.PI / 2 + (2 * Math.PI * counted) / n);
  pen.strokeStyle = colour("firm");
  pen.stroke();
  pen.font = `600 ${n > 999 ? 11 : 13}px ${typeface()}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour("ink");
  pen.fillText(n > 9999 ? `${Math.round(n / 1000)}k` : number(n, 0), x, y + 0.5);
}

function itemAt(map, latlng) {
  const point = map.latLngToContainerPoint(latlng);
  let best = null;
  for (const item of firmSheet.items) {
    const away = map.latLngToContainerPoint(item.latlng).distanceTo(point);
    if (away <= item.r + 4 && (!best || away < best.away)) best = { ...item, away };
  }
  return best;
}

/* The short note beside the pointer. */
function whisper(item, point, part) {
  const note = byId("whisper");
  note.hidden = !item && !part;
  if (note.hidden) return;
  const text = part ? `${basinName(part)} · ${measure().write(measured(part))}` : item.firm >= 0 ? `${firmName(item.firm)} · ${standWords(item.firm)}` : say("firms_here", { n: number(item.n, 0), counted: number(item.counted, 0) });
  note.textContent = text;
  note.style.transform = `translate(${Math.round(point.x + 14)}px, ${Math.round(point.y + 14)}px)`;
}

function standWords(firm) {
  const stand = STANDS[firms.stand[firm]];
  return firms.stand[firm] < 4 && firms.stand[firm] > 0 ? load(firms.value[firm]) : say(`stand_${stand}`);
}

/* Recompute what depends on pollutant, filters and search. */
function weighFirms() {
  Object.assign(firms, standing());
  firmSheet.most = firms.value.reduce((most, value) => Math.max(most, value), 1e-9);
  firms.shown = passing();
}
