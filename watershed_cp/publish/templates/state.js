/* What the reader has chosen, and the tables behind the page. `update` changes the choice and redraws. */

const state = {
  view: "map", pollutant: null, measure: "reduction", units: "basins", year: "", basin: null, firm: null, query: "",
  filters: { country: "", sector: "", size: "", confidence: "", fate: "", evidence: "" },
};
const painters = [];

let basins = [];
let parts = [];
let firms = null;
let ledger = null;

function update(change) {
  Object.assign(state, change);
  for (const paint of painters) paint(change);
}

function readBasins({ head, ...columns }) {
  basins = unitsOf(shapes(head.counts, columns.outlines), head.rows, head.loads.basins);
  parts = unitsOf(shapes(head.parts.counts, columns.parts), head.parts.rows, head.loads.parts);
  words.classes = head.classes;
  const overall = byYear(head.overall);
  Object.defineProperty(words, "overall", { get: () => overall[state.year] || {} });
  words.years = Object.keys(overall).filter(Boolean).sort();
}

/* Watersheds or sub-basins, each with its loads per pollutant in the year that the reader has chosen. */
function unitsOf(outlines, facts, loads) {
  const units = rows(facts).map((row, place) => ({ place, ...row, parts: outlines[place] }));
  const own = new Map(units.map((unit) => [unit.basin_id, []]));
  for (const row of loads) own.get(row.unit).push(row);
  for (const unit of units) {
    const years = byYear(own.get(unit.basin_id));
    Object.defineProperty(unit, "loads", { get: () => years[state.year] || {} });
  }
  return units;
}

function byYear(table) {
  const years = Object.create(null);
  for (const row of table) (years[row.year] ||= Object.create(null))[row.pollutant] = row;
  return years;
}

function basinName(basin) {
  if (!basin.parent) return pick([basin.name_es, basin.name_en || basin.name_es]) || basin.basin_id;
  return basin.name ? say("part_of", { name: basin.name, id: basin.basin_id }) : say("part_name", { id: basin.basin_id });
}

function basinCredit(basin) {
  return basin.credit_es ? pick([basin.credit_es, basin.credit_en]) : "";
}

function readFirms(data) {
  const { head } = data;
  const size = head.ids.length;
  firms = { ...data, size_code: data.size, sizes: head.sizes, distinct: head.distinct, ids: head.ids, names: head.names, measures: measuresByFirm(rows(head.measures)), size };
  firms.x = Float64Array.from(data.longitude, (step) => (step === NOWHERE ? NaN : worldX(step / DEGREE)));
  firms.y = Float64Array.from(data.latitude, (step) => (step === NOWHERE ? NaN : worldY(step / DEGREE)));
  firms.eastward = fromWest(data.longitude);
  ledger = { ...data, ...head.ledger, rounded: head.rounded, size: data.row_firm.length };
  firms.first = new Int32Array(size + 1);
  for (const firm of data.row_firm) if (firm >= 0) firms.first[firm + 1] += 1;
  for (let i = 0; i < size; i += 1) firms.first[i + 1] += firms.first[i];
  const next = firms.first.slice();
  firms.order = new Int32Array(firms.first[size]);
  data.row_firm.forEach((firm, row) => { if (firm >= 0) { firms.order[next[firm]] = row; next[firm] += 1; } });
}

/* The located firms from west to east, sorted as plain numbers: ten times sooner than by comparing. */
function fromWest(longitude) {
  const most = 2 ** 22;
  const keys = Float64Array.from(longitude, (step, firm) => (step === NOWHERE ? NaN : step * most + firm)).sort();
  return Int32Array.from(keys.filter((key) => !Number.isNaN(key)), (key) => key - Math.floor(key / most) * most);
}

function measuresByFirm(table) {
  const found = new Map();
  for (const row of table) found.set(row.firm, [...(found.get(row.firm) || []), row]);
  return found;
}

/* The ledger rows of a firm. */
function firmRows(firm) {
  return firms.order.subarray(firms.first[firm], firms.first[firm + 1]);
}

function firmName(firm) {
  return firms.names[firm] || firms.ids[firm];
}

/* A text of a table that stands in the page once, in both languages where it is a note of ours: "" where missing. */
function coded(table, name, row) {
  const text = table.distinct[name] ? table.distinct[name][table[`code_${name}`][row] - 1] || "" : "";
  return Array.isArray(text) ? pick(text) : text;
}

function countryName(code) {
  return own(words.labels.page_country, code) ? say(code, {}, "page_country") : code;
}

/* The division of ISIC (two digits) that a firm's code falls into. */
function sectorOf(firm) {
  const code = coded(firms, "ciiu", firm).replace(/[^0-9]/g, "").slice(0, 2);
  return own(words.sectors, code) ? code : "";
}

/* The watershed that a row is credited to: its own, where the page holds one, or else its firm's. */
function rowBasin(row) {
  if (ledger.row_basin) return basins[ledger.row_basin[row]] || null;
  return ledger.fates[ledger.row_fate[row]] === "credited" ? basins[firms.basin[ledger.row_firm[row]]] || null : null;
}

/* One ledger row as numbers; the ends of its range travel as shares of the reduction. */
function ledgerRow(row) {
  const reduction = ledger.row_reduction[row];
  const baseline = ledger.row_baseline[row];
  const scale = reduction === 0 ? 1 : reduction;
  const below = ledger.row_below[row];
  return {
    row, reduction, baseline, firm: ledger.row_firm[row], pollutant: ledger.pollutants[ledger.row_pollutant[row]],
    fate: ledger.fates[ledger.row_fate[row]], evidence: ledger.evidence[ledger.row_evidence[row]] || "", basin: rowBasin(row),
    followUp: ledger.row_follow_up ? ledger.row_follow_up[row] : baseline - reduction,
    low: reduction - below * scale, high: reduction + (below + ledger.row_skew[row]) * scale,
  };
}

/* How a firm stands for the chosen pollutant: sure, likely or ambiguous credit, located but not counted, or unlocated. */
const STANDS = ["unlocated", "sure", "likely", "ambiguous", "uncounted"];

function standing() {
  const pollutant = ledger.pollutants.indexOf(state.pollutant);
  const credited = ledger.fates.indexOf("credited");
  const value = new Float64Array(firms.size);
  const counted = new Uint8Array(firms.size);
  for (let row = 0; row < ledger.size; row += 1) {
    const firm = ledger.row_firm[row];
    if (firm >= 0 && ledger.row_pollutant[row] === pollutant && ledger.row_fate[row] === credited && inYear(row)) {
      value[firm] += ledger.row_reduction[row] || 0;
      counted[firm] = 1;
    }
  }
  const stand = Uint8Array.from(counted, (credit, i) => {
    if (Number.isNaN(firms.x[i])) return 0;
    const yes = words.visits.length ? basins[firms.basin[i]] : credit;
    return yes ? Math.min(firms.confidence[i] === 255 ? 0 : firms.confidence[i], 2) + 1 : 4;
  });
  return { value, stand };
}

function inYear(row) {
  return !state.year || ledger.row_year[row] === Number(state.year);
}

/* Which firms pass the filters and the search, as one byte each. */
function passing() {
  if (!filtering() && state.basin === null) return new Uint8Array(firms.size).fill(1);
  const wanted = plain(state.query.trim());
  const { country, sector, size, confidence, fate, evidence } = state.filters;
  if (wanted && !firms.searched) {
    firms.searched = firms.names.map((name, i) => plain(`${name} ${firms.ids[i]} ${coded(firms, "municipality", i)}`));
  }
  const some = (firm, test) => firmRows(firm).some(test);
  return Uint8Array.from({ length: firms.size }, (_, i) => Number(
    (!wanted || firms.searched[i].includes(wanted))
      && (state.basin === null || firms.basin[i] === state.basin)
      && (!country || coded(firms, "country", i) === country)
      && (!sector || sectorOf(i) === sector)
      && (!size || firms.sizes[firms.size_code[i]] === size)
      && (!state.year || some(i, inYear))
      && (!confidence || STANDS[firms.stand[i]] === confidence)
      && (!fate || some(i, (row) => ledger.fates[ledger.row_fate[row]] === fate))
      && (!evidence || some(i, (row) => ledger.evidence[ledger.row_evidence[row]] === evidence)),
  ));
}

/* The `size` firms of most avoided load among those that pass, without sorting them all. */
function largest(size) {
  const best = [];
  for (let firm = 0; firm < firms.size; firm += 1) {
    const value = firms.value[firm];
    if (!firms.shown[firm] || (best.length === size && value <= firms.value[best[size - 1]])) continue;
    let at = best.length;
    while (at > 0 && firms.value[best[at - 1]] < value) at -= 1;
    best.splice(at, 0, firm);
    if (best.length > size) best.pop();
  }
  return best;
}

function filtering() {
  return Boolean(state.year || state.query.trim() || Object.values(state.filters).some(Boolean));
}

/* What the map can show of a watershed: its value, how to write it, and the words of the legend. */
const MEASURES = {
  reduction: { of: (load) => load.reduction_kg_yr, write: load, mass: true },
  percent: { of: (load) => load.reduction_pct, write: share, unit: "%" },
  per_km2: { of: (load, basin) => load.reduction_kg_yr / basin.area_km2, write: (kg) => (Number.isFinite(kg) ? `${number(kg)}\u00a0kg/km²` : "–"), unit: "kg/km²" },
  range: { of: (load) => load.reduction_high_kg_yr - load.reduction_low_kg_yr, write: load, mass: true },
  firms: { of: (load) => load.msmes, write: (n) => number(n, 0), unit: "" },
  follow_up: { of: (load) => load.follow_up_kg_yr, write: load, mass: true },
};

/* Where nothing was measured, the map still tells where the firms are. */
const LOCATED = { located: { write: (n) => number(n, 0), unit: "" } };

function measures() {
  return state.measure === "located" ? LOCATED : MEASURES;
}

function measure() {
  return measures()[state.measure];
}

function measured(basin) {
  if (state.measure === "located") return firms.basin.filter((place) => place === basin.place).length;
  const row = basin.loads[state.pollutant];
  const value = row && row.msmes ? measure().of(row, basin) : null; // nothing credited is no zero
  return value === null || !Number.isFinite(value) ? null : value;
}

/* Upper bounds of the ramp's classes, the same in every year. */
function classes() {
  if (state.measure === "located") return words.located ||= roundBounds(Math.max(1, ...basins.map(measured)));
  return (own(words.classes[state.units], state.measure) || {})[state.pollutant] || words.ramp.map((_, i) => i + 1);
}

function roundBounds(most) {
  const step = Math.ceil(most / words.ramp.length);
  return words.ramp.map((_, i) => step * (i + 1));
}

function rampColour(value, bounds) {
  if (value === null) return null;
  const place = bounds.findIndex((bound) => value <= bound);
  return words.ramp[place < 0 ? words.ramp.length - 1 : place];
}
