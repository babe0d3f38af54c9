/* Follow the water: from any point of a built-in watershed, cell by cell, down to the end of its network. */

const NEXT = [null, [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1], [-1, 0], [-1, 1]]; // row, column; D8 from east clockwise
const OUTLET = 9;
const ALONG = (0.0015 / 360) * 256; // a course and the river it follows are drawn from the same cells
const LEAST_KM = 0.5; // a shorter touch is a corner cut, not a passage
const flow = { grids: [], course: null, sheet: null, drawn: 1, segments: null };

function readFlow({ head, ...columns }) {
  flow.grids = head.grids.map((grid, i) => ({ ...grid, directions: columns[`grid_${i}`] }));
}

function addFlow(map) {
  if (!flow.grids.length) return;
  map.createPane("course").style.zIndex = 430;
  map.getPane("course").style.pointerEvents = "none";
  flow.sheet = new Sheet("course", paintCourse).addTo(map);
}

function lonOf(firm) {
  return firms.longitude[firm] === NOWHERE ? NaN : firms.longitude[firm] / DEGREE;
}

function latOf(firm) {
  return firms.latitude[firm] / DEGREE;
}

/* The cells from a place to the end, and whether that is the sea; null where no network lies. */
function walk(longitude, latitude) {
  for (const { west, north, step, rows: high, columns: wide, directions } of flow.grids) {
    let row = Math.floor((north - latitude) / step);
    let column = Math.floor((longitude - west) / step);
    if (row < 0 || column < 0 || row >= high || column >= wide || !directions[row * wide + column]) continue;
    const places = [];
    let code = 0;
    for (let guard = 0; guard < directions.length; guard += 1) {
      places.push([west + (column + 0.5) * step, north - (row + 0.5) * step]);
      code = directions[row * wide + column];
      if (!code || code === OUTLET) break;
      const down = row + NEXT[code][0];
      const right = column + NEXT[code][1];
      if (down < 0 || right < 0 || down >= high || right >= wide || !directions[down * wide + right]) break;
      [row, column] = [down, right];
    }
    return { places, sea: code === OUTLET };
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
  const steps = line.slice(1).map(([x, y], i) => L.CRS.Earth.distance(L.latLng(line[i][1], line[i][0]), L.latLng(y, x)) / 1000);
  const km = steps.reduce((sum, step) => sum + step, 0);
  return { ring, km, sea: way.sea, passes: passes(ring, steps) };
}

/* Rivers and lakes along a course in the order the water meets them, each with its kilometres. */
function passes(ring, steps) {
  const sums = new Map();
  steps.forEach((km, i) => {
    const x = (ring[2 * i] + ring[2 * i + 2]) / 2;
    const y = (ring[2 * i + 1] + ring[2 * i + 3]) / 2;
    const water = lakeAt(x, y) || riverAt(x, y);
    if (water) sums.set(water.name_es, { water, km: (sums.get(water.name_es) || { km: 0 }).km + km });
  });
  return [...sums.values()].filter(({ km }) => km >= LEAST_KM);
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
  if (flow.sheet) requestAnimationFrame(growCourse);
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

/* The way of the water in words: its length and what it passes. */
function courseCard() {
  if (!flow.course) return [];
  const { km, sea, passes: list } = flow.course;
  return [
    h("h3", {}, say("water_title")),
    h("p", {}, say(sea ? "water_to_sea" : "water_to_end", { km: number(km, 0) })),
    h("ol", { class: "course" }, ...list.map(({ water, km: own }) => h("li", {}, h("span", {}, bothNames(water)), h("span", { class: "value" }, `${number(own, own < 10 ? 1 : 0)}\u00a0km`)))),
    h("button", { type: "button", class: "link", onclick: () => theMap.fitBounds(courseBox(), room()) }, say("water_whole")),
  ];
}

function courseBox() {
  const { ring } = flow.course;
  const box = L.latLngBounds([]);
  for (let i = 0; i < ring.length; i += 2) box.extend(toLatLng(ring[i], ring[i + 1]));
  return box;
}
