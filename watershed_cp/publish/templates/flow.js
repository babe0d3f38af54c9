/* Follow the water: from any point of a built-in watershed, cell by cell, down to the end of its network. */

const NEXT = [null, [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1], [-1, 0], [-1, 1]]; // row, column; D8 from east clockwise
const OUTLET = 9;
const ALONG = (0.0015 / 360) * 256; // a course and the river it follows are drawn from the same cells
const LEAST_KM = 0.5; // a shorter touch is a corner cut, not a passage
const NEAR_TOWN_KM = 3; // a river passes a town within sight of it
const flow = { grids: [], course: null, sheet: null, drawn: 1, segments: null };

function readFlow({ head, ...columns }) {
  flow.grids = head.grids.map((grid, i) => ({ ...grid, directions: columns[`grid_${i}`] }));
}

function addFlow(map) {
  if (!flow.grids.length) return;
  map.createPane("course").style.zIndex = 430;
  map.getPane("course").style.pointerEvents = "none";
  flow.sheet = new Sheet("course", paintCourse, { steady: true });
}

function lonOf(firm) {
  return firms.longitude[firm] === NOWHERE ? NaN : firms.longitude[firm] / DEGREE;
}

function latOf(firm) {
  return firms.latitude[firm] / DEGREE;
}

/* The cell below, or -1 where the water leaves the grid; an outlet is its own. */
function below({ rows: high, columns: wide, directions }, cell) {
  const code = directions[cell];
  if (code === OUTLET) return cell;
  const row = Math.floor(cell / wide) + NEXT[code][0];
  const column = (cell % wide) + NEXT[code][1];
  return row >= 0 && column >= 0 && row < high && column < wide && directions[row * wide + column] ? row * wide + column : -1;
}

/* Land whose water passes each cell, km²: a cell hands it on once all cells above have handed theirs to it. */
function drainage(grid) {
  if (grid.drained) return grid.drained;
  const { north, step, columns: wide, directions } = grid;
  const size = directions.length;
  const next = Int32Array.from(directions, (code, cell) => (code ? below(grid, cell) : -1));
  const waiting = new Uint8Array(size);
  next.forEach((to, cell) => { if (to >= 0 && to !== cell) waiting[to] += 1; });
  const side = (step * Math.PI * 6371.0088) / 180;
  grid.drained = Float64Array.from(directions, (code, cell) => (
    code ? side * side * Math.cos(((north - (Math.floor(cell / wide) + 0.5) * step) * Math.PI) / 180) : 0));
  for (let cell = 0; cell < size; cell += 1) {
    for (let at = cell; waiting[at] === 0 && next[at] >= 0 && next[at] !== at;) {
      const to = next[at];
      grid.drained[to] += grid.drained[at];
      waiting[to] -= 1;
      next[at] = -1;
      at = to;
    }
  }
  return grid.drained;
}

/* The cells from a place to the end, with the land each drains, and whether that end is the sea; null off the network. */
function walk(longitude, latitude) {
  for (const grid of flow.grids) {
    const { west, north, step, rows: high, columns: wide, directions } = grid;
    const row = Math.floor((north - latitude) / step);
    const column = Math.floor((longitude - west) / step);
    if (row < 0 || column < 0 || row >= high || column >= wide || !directions[row * wide + column]) continue;
    const drained = drainage(grid);
    const way = { places: [], km2: [], sea: false };
    for (let cell = row * wide + column, last = -1; cell >= 0 && cell !== last;) {
      way.places.push([west + ((cell % wide) + 0.5) * step, north - (Math.floor(cell / wide) + 0.5) * step]);
      way.km2.push(drained[cell]);
      way.sea = directions[cell] === OUTLET;
      [last, cell] = [cell, below(grid, cell)];
    }
    return way;
  }
  return null;
}

/* Two rounds of averaging, so that a course is as long as a river and not as its staircase. */
function smoothed(places) {
  let line = places;
  for (let round = 0; round < 2; round += 1) {
    line = line.map((place, i) => (i === 0 || i === line.length - 1 ? place
      : [0, 1].map((axis) => (line[i - 1][axis] + 2 * place[axis] + line[i + 1][axis]) / 4)));
  }
  return line;
}

function courseFrom(longitude, latitude) {
  const way = walk(longitude, latitude);
  if (!way || way.places.length < 2) return null;
  const line = smoothed(way.places);
  const ring = Float64Array.from(line.flatMap(([x, y]) => [worldX(x), worldY(y)]));
  const km = lengths(line);
  const cells = way.places.map(([x, y], i) => {
    const lake = lakeAt(worldX(x), worldY(y));
    const river = riverAt(ring[2 * i], ring[2 * i + 1]);
    return { lake, river, km2: Math.max(way.km2[i], river ? river.upstream_km2 : 0) };
  });
  const steps = lengths(way.places);
  cells.forEach((cell, i) => { cell.stepKm = i + 1 < cells.length ? steps[i + 1] - steps[i] : 0; });
  const ends = { km: km[km.length - 1], sea: way.sea };
  return { longitude, latitude, ring, cells, ...ends, places: passes(line, km, cells) };
}

/* Way from the first place to each, km. */
function lengths(line) {
  let km = 0;
  return line.map(([x, y], i) => {
    if (i) km += L.CRS.Earth.distance(L.latLng(line[i - 1][1], line[i - 1][0]), L.latLng(y, x)) / 1000;
    return km;
  });
}

/* Rivers, lakes and towns in the order in which the water meets them, each with its way. */
function passes(line, km, cells) {
  const sums = new Map();
  cells.forEach((cell, at) => {
    for (const kind of ["lake", "river"]) {
      const thing = cell[kind];
      if (!thing) continue;
      const sum = sums.get(thing.name_es) || { thing, kind, at, km: km[at], length: 0 };
      sum.length += (km[at + 1] || km[at]) - km[at];
      sums.set(thing.name_es, sum);
    }
  });
  return [...sums.values()].filter(({ length }) => length >= LEAST_KM).concat(townsAlong(line, km)).sort((one, other) => one.km - other.km);
}

/* A town within sight of the water is passed where the water is nearest to it. */
function townsAlong(line, km) {
  return ground.towns.map((town) => {
    const [[[x, y]]] = town.shape;
    const { lat, lng } = toLatLng(x, y);
    const narrowing = Math.cos((lat * Math.PI) / 180);
    let [at, least] = [-1, NEAR_TOWN_KM / 111.2];
    line.forEach(([longitude, latitude], i) => {
      const away = Math.hypot((longitude - lng) * narrowing, latitude - lat);
      if (away < least) [at, least] = [i, away];
    });
    return { thing: town, kind: "town", at, km: km[at], length: 0 };
  }).filter(({ at }) => at >= 0);
}

function lakeAt(x, y) {
  return ground.lakes.find((lake) => {
    if (!lake.name_es) return false;
    let inside = false;
    for (const part of lake.shape) for (const ring of part) if (crosses(ring, x, y)) inside = !inside;
    return inside;
  });
}

/* Whether a ray from the place crosses the ring an odd number of times. */
function crosses(ring, x, y) {
  let odd = false;
  for (let i = 0; i < ring.length - 2; i += 2) {
    if ((ring[i + 1] > y) !== (ring[i + 3] > y) && x < ring[i] + ((ring[i + 2] - ring[i]) * (y - ring[i + 1])) / (ring[i + 3] - ring[i + 1])) odd = !odd;
  }
  return odd;
}

/* The named river whose line passes within reach of a place. */
function riverAt(x, y) {
  flow.segments ||= ground.rivers.filter((river) => river.name_es).flatMap((river) => river.shape.flatMap(([ring]) => (
    Array.from({ length: ring.length / 2 - 1 }, (_, i) => [river, ring[2 * i], ring[2 * i + 1], ring[2 * i + 2], ring[2 * i + 3]]))));
  let best = null;
  let least = ALONG;
  for (const [river, x0, y0, x1, y1] of flow.segments) {
    if (Math.min(x0, x1) - ALONG > x || Math.max(x0, x1) + ALONG < x || Math.min(y0, y1) - ALONG > y || Math.max(y0, y1) + ALONG < y) continue;
    const along = Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1)));
    const away = Math.hypot(x0 + along * (x1 - x0) - x, y0 + along * (y1 - y0) - y);
    if (away < least) [least, best] = [away, river];
  }
  return best;
}

/* The course grows from its source to its end, once; a reader who prefers less motion sees it whole. */
function follow(longitude, latitude) {
  flow.course = Number.isNaN(longitude) ? null : courseFrom(longitude, latitude);
  flow.began = null;
  flow.drawn = calm() ? 1 : 0;
  if (!flow.sheet) return;
  if (flow.course) flow.sheet.addTo(theMap); // a canvas without a course would be carried along for nothing
  else flow.sheet.remove();
  requestAnimationFrame(growCourse);
}

function growCourse(now) {
  flow.began ??= now;
  if (flow.drawn < 1) flow.drawn = Math.min(1, (now - flow.began) / 2600);
  flow.sheet.redraw();
  if (flow.course && flow.drawn < 1) requestAnimationFrame(growCourse);
}

function paintCourse(pen, view) {
  if (!flow.course) return;
  const { ring } = flow.course;
  const shown = ring.subarray(0, 2 * Math.max(2, Math.ceil((ring.length / 2) * flow.drawn)));
  pen.lineJoin = "round";
  pen.lineCap = "round";
  stroke(pen, view, [[shown]], "paper", 8);
  stroke(pen, view, [[shown]], "river-text", 4.5);
  const [x, y] = [shown[shown.length - 2] * view.scale - view.x, shown[shown.length - 1] * view.scale - view.y];
  pen.beginPath();
  pen.arc(x, y, 6, 0, 7);
  pen.fillStyle = colour("paper");
  pen.fill();
  pen.lineWidth = 3.5;
  pen.strokeStyle = colour("river-text");
  pen.stroke();
}

function courseBox() {
  const { ring } = flow.course;
  const box = L.latLngBounds([]);
  for (let i = 0; i < ring.length; i += 2) box.extend(toLatLng(ring[i], ring[i + 1]));
  return box;
}
