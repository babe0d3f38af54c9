/* The firms: one canvas, size by avoided load, shape and colour by standing; close ones of a watershed gathered by zoom. */

const CELL = 58;
const firmSheet = { items: [], most: 1, sheet: null, gathered: null };

function addFirms(map) {
  map.createPane("firms").style.zIndex = 450;
  map.getPane("firms").style.pointerEvents = "none";
  firmSheet.sheet = new Sheet("firms", paintFirms).addTo(map);
  map.on("click", (event) => choose(map, itemAt(map, event.latlng)));
  map.on("mousemove", (event) => {
    const item = itemAt(map, event.latlng);
    map.getContainer().classList.toggle("pointing", Boolean(item));
    whisper(item, event.containerPoint, item ? null : partAt(event.latlng));
  });
}

function choose(map, item) {
  if (!item) return;
  if (item.firm >= 0) { update({ firm: item.firm }); return; }
  const box = L.latLngBounds(toLatLng(item.left, item.bottom), toLatLng(item.right, item.top));
  map.flyToBounds(box.pad(0.2), { maxZoom: Math.max(map.getZoom() + 2, 13), duration: calm() ? 0 : 0.6 });
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/* What stands on a sheet: gathered for a third of it more on every side, and kept for as long as the view stays within. */
function itemsOn(view) {
  const box = [view.x, view.y, view.x + view.width, view.y + view.height].map((edge) => edge / view.scale);
  const of = [view.zoom, state.firm, firms.shown, firms.value];
  const { gathered } = firmSheet;
  const kept = gathered && of.every((part, i) => part === gathered.of[i]) && box.every((edge, i) => (i < 2 ? edge >= gathered.box[i] : edge <= gathered.box[i]));
  if (!kept) {
    const more = [view.width, view.height].map((length) => length / view.scale / 3);
    const wide = box.map((edge, i) => (i < 2 ? edge - more[i] : edge + more[i - 2]));
    firmSheet.gathered = { of, box: wide, items: gather(wide, view) };
  }
  return firmSheet.gathered.items.map((item) => ({ ...item, x: item.worldX * view.scale - view.x, y: item.worldY * view.scale - view.y }))
    .filter(({ x, y, r }) => x > -r && y > -r && x < view.width + r && y < view.height + r);
}

/* Count the firms of a box of the world per cell and watershed; a cell of one is the firm itself. */
function gather([west, north, east, south], { scale, zoom }) {
  const size = CELL / scale;
  const [firstColumn, firstLine] = [Math.floor(west / size), Math.floor(north / size)];
  const columns = Math.floor(east / size) - firstColumn + 1;
  const groups = basins.length + 1;
  const cells = new Map();
  const alone = [];
  for (let at = firstFrom(west); at < firms.eastward.length; at += 1) {
    const firm = firms.eastward[at];
    const [x, y] = [firms.x[firm], firms.y[firm]];
    if (x > east) break;
    if (!firms.shown[firm] || y < north || y > south) continue;
    const basin = words.visits.length ? 0 : Math.min(firms.basin[firm], basins.length);
    const single = zoom >= 15 || firm === state.firm;
    const place = single ? -1 : ((Math.floor(y / size) - firstLine) * columns + Math.floor(x / size) - firstColumn) * groups + basin;
    const counted = firms.stand[firm] < 4 ? 1 : 0;
    const cell = cells.get(place);
    if (cell) {
      cell.n += 1; cell.sumX += x; cell.sumY += y; cell.counted += counted;
      cell.right = x; // they come from west to east
      if (y < cell.top) cell.top = y;
      if (y > cell.bottom) cell.bottom = y;
    } else {
      const first = { basin, n: 1, sumX: x, sumY: y, firm, counted, left: x, right: x, top: y, bottom: y };
      if (single) alone.push(first);
      else cells.set(place, first);
    }
  }
  const items = [...merge([...cells.values()], size), ...alone].map((cell) => {
    const item = { ...cell, firm: cell.n === 1 ? cell.firm : -1, worldX: cell.sumX / cell.n, worldY: cell.sumY / cell.n };
    return { ...item, r: radius(item), latlng: toLatLng(item.worldX, item.worldY) };
  });
  const chosen = ({ firm }) => firm >= 0 && firm === state.firm;
  const credited = ({ counted }) => Number(counted > 0); // what is not counted never covers what is
  return items.sort((one, other) => chosen(one) - chosen(other) || credited(one) - credited(other) || other.r - one.r);
}

function join(cell, other) {
  for (const name of ["n", "sumX", "sumY", "counted"]) cell[name] += other[name];
  cell.left = Math.min(cell.left, other.left); cell.right = Math.max(cell.right, other.right);
  cell.top = Math.min(cell.top, other.top); cell.bottom = Math.max(cell.bottom, other.bottom);
}

/* The place in `eastward` of the first firm not west of a place. */
function firstFrom(west) {
  let [low, high] = [0, firms.eastward.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firms.x[firms.eastward[middle]] < west) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Cells of one watershed whose middles nearly touch become one, the fuller first. */
function merge(cells, size) {
  cells.sort((one, other) => other.n - one.n);
  const kept = [];
  const far = (size * 0.7) ** 2;
  for (const cell of cells) {
    const x = cell.sumX / cell.n;
    const y = cell.sumY / cell.n;
    const host = kept.find((other) => other.basin === cell.basin && (other.sumX / other.n - x) ** 2 + (other.sumY / other.n - y) ** 2 < far);
    if (host) join(host, cell);
    else kept.push(cell);
  }
  return kept;
}

/* Names give way to firms, and lie under them. */
function paintFirms(pen, view) {
  firmSheet.items = itemsOn(view);
  paintLabels(pen, view);
  for (const item of firmSheet.items) {
    if (item.firm >= 0) glyph(pen, item.x, item.y, item.r, STANDS[firms.stand[item.firm]], item.firm === state.firm);
    else bunch(pen, item);
  }
}

function radius(item) {
  if (item.firm >= 0 && words.visits.length) return 7;
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
  const text = part ? partWords(part) : item.firm >= 0 ? `${firmName(item.firm)} · ${standWords(item.firm)}` : say("firms_here", { n: number(item.n, 0), counted: number(item.counted, 0) });
  note.textContent = text;
  note.style.transform = `translate(${Math.round(point.x + 14)}px, ${Math.round(point.y + 14)}px)`;
}

function standWords(firm) {
  const stand = STANDS[firms.stand[firm]];
  if (words.visits.length) return firms.away[firm] > 0 ? distance(firms.away[firm]) : say("inside");
  return firms.stand[firm] < 4 && firms.stand[firm] > 0 ? load(firms.value[firm]) : say(`stand_${stand}`);
}

/* Recompute what depends on pollutant, filters and search. */
function weighFirms() {
  Object.assign(firms, standing());
  firmSheet.most = firms.value.reduce((most, value) => Math.max(most, value), 1e-9);
  firms.shown = passing();
}
