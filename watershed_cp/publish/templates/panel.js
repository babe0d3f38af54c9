/* The panel: the finding in words, the choices, the watersheds in order, and the card of what was chosen. */

function paintFinding() {
  const basin = state.basin === null ? null : basins[state.basin];
  const total = basin ? basin.loads[state.pollutant] : own(words.overall, state.pollutant);
  const target = byId("finding");
  if (words.release) { target.replaceChildren(h("h1", {}, say("finding_release"))); return; }
  if (words.visits.length) { paintVisits(target); return; }
  if (!total) { target.replaceChildren(h("h1", {}, say(words.public ? "finding_kept" : state.measure === "located" ? "finding_located" : "finding_none", { n: number(firms.basin.filter((place) => place >= 0).length, 0) }))); return; }
  const reduction = total.reduction_kg_yr;
  const rose = reduction < 0;
  const data = {
    amount: h("strong", {}, load(Math.abs(reduction))), pollutant: pollutantName(state.pollutant),
    basin: basin ? basinName(basin) : "",
  };
  const key = `finding${rose ? "_rose" : ""}${basin ? "_basin" : ""}`;
  const range = { low: amount(total.reduction_low_kg_yr, reduction).value, high: load(total.reduction_high_kg_yr, reduction) };
  const facts = [
    Number.isFinite(total.reduction_low_kg_yr) && total.reduction_high_kg_yr > total.reduction_low_kg_yr ? say("between", range) : null,
    total.reduction_low_kg_yr < 0 && total.reduction_high_kg_yr > 0 ? say("not_from_zero") : null,
    total.reduction_pct !== null && total.reduction_pct !== undefined ? say(total.reduction_pct < 0 ? "more_than_baseline" : "of_baseline", { percent: share(Math.abs(total.reduction_pct)) }) : null,
    state.year ? say("in_year", { year: state.year }) : null,
    say(total.msmes === 1 ? "by_firm" : "by_firms", { n: number(total.msmes, 0) }),
  ].filter(Boolean);
  target.replaceChildren(h("h1", {}, ...rich(key, data)), h("p", { class: "range" }, facts.join(" · ")));
}

/* A search for firms near water tells firms, and no load. */
function paintVisits(target) {
  const inside = firms.basin.filter((place) => place < basins.length).length;
  target.replaceChildren(h("h1", {}, say(firms.size === 1 ? "visit_one" : "visit_some", { n: number(firms.size, 0) })),
    h("p", { class: "range" }, say("visit_parts", { inside: number(inside, 0), outside: number(firms.size - inside, 0) })));
}

function paintChoices() {
  if (words.visits.length) return;
  const chips = words.pollutants.filter(([code]) => basins.some((basin) => basin.loads[code])).map(([code]) => h("button", {
    type: "button", class: "chip", "aria-pressed": String(code === state.pollutant), title: pollutantName(code, true),
    onclick: () => update({ pollutant: code }),
  }, pollutantName(code)));
  const options = Object.keys(measures()).map((name) => h("option", { value: name, selected: name === state.measure }, say(`measure_${name}`)));
  byId("choices").replaceChildren(
    h("div", { class: "chips", role: "group", "aria-label": say("pollutant") }, ...chips),
    h("label", { class: "field" }, h("span", {}, say("measure")), h("select", { id: "measure", onchange: (event) => update({ measure: event.target.value }) }, ...options)),
    unitChoice(), yearSlider(),
  );
}

/* Whole watersheds or their sub-basins. */
function unitChoice() {
  if (!parts.length || state.measure === "located") return "";
  const buttons = ["basins", "parts"].map((units) => h("button", { type: "button", "data-units": units, "aria-pressed": String(units === state.units), onclick: () => update({ units }) }, say(`units_${units}`)));
  return h("div", { class: "field" }, h("span", {}, say("units")), h("div", { class: "switch", role: "group", "aria-label": say("units") }, ...buttons));
}

/* One year of follow-ups, or all of them at its left end. */
function yearSlider() {
  const years = words.years;
  if (years.length < 2) return "";
  const written = (place) => (place ? years[place - 1] : say("all_years"));
  const at = years.indexOf(state.year) + 1;
  const told = h("output", { class: "value", for: "year" }, written(at));
  const slider = h("input", { type: "range", id: "year", min: 0, max: years.length, step: 1, value: at, "aria-valuetext": written(at) });
  slider.addEventListener("input", () => {
    const place = Number(slider.value);
    told.textContent = written(place);
    slider.setAttribute("aria-valuetext", written(place));
    update({ year: years[place - 1] || "" });
  });
  return h("label", { class: "field year" }, h("span", {}, say("filter_year")), slider, told);
}

/* The watersheds from most to least, each with a bar from zero; what is less than zero lies left of a zero that is drawn. */
function paintOverview() {
  const ranked = basins.map((basin) => ({ basin, value: measured(basin) })).sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
  const shown = ranked.flatMap(({ basin, value }) => [value ?? 0, ...(rangeOf(basin) || [])]);
  const scale = axis(Math.min(0, ...shown), Math.max(0, ...shown));
  const items = ranked.map(({ basin, value }) => h("li", {}, h("button", {
    type: "button", class: "basin-row", onclick: () => update({ basin: basin.place, firm: null }),
  },
  h("span", { class: "name" }, basinName(basin)), h("span", { class: "value" }, measure().write(value)),
  h("span", { class: value === null ? "bar hatch" : "bar" },
    value === null ? null : h("span", { class: "fill", ...scale(0, value), colour: words.ramp[3] }),
    ...marks(scale, rangeOf(basin))), rangeWords(basin))));
  const left = [h("h2", {}, say(words.public ? "public_edition" : "not_in_it")), h("div", { class: "missing" }, ...notCounted(null))];
  const list = words.public ? [] : [h("h2", {}, say("firms_title")), ...search(), h("div", { id: "found" })];
  byId("overview").replaceChildren(
    h("h2", {}, say("basins_title", { measure: say(`measure_${state.measure}`) })),
    h("ol", { class: "basins" }, ...items),
    ...(words.visits.length ? [...list, ...left] : [...left, ...list]),
  );
  paintFound();
}

/* The range in words, which paper shows and the screen keeps for the card. */
function rangeWords(basin) {
  const [low, high] = rangeOf(basin) || [];
  return low === undefined ? null : h("span", { class: "ends small" }, span(low, high, basin.loads[state.pollutant].reduction_kg_yr));
}

/* The range of a reduction, where there is one to draw. */
function rangeOf(basin) {
  const row = basin.loads[state.pollutant];
  const ends = row && [row.reduction_low_kg_yr, row.reduction_high_kg_yr];
  return state.measure === "reduction" && ends && ends.every(Number.isFinite) && row.reduction_kg_yr !== 0 ? ends : null;
}

/* Places along a bar that reaches from `least` to `most`, percent of its width. */
function axis(least, most) {
  const at = (value) => (100 * (value - least)) / Math.max(most - least, 1e-9);
  return (one, other) => ({ "left%": at(Math.min(one, other)), "width%": at(Math.max(one, other)) - at(Math.min(one, other)) });
}

/* Zero, where a bar does not begin with it, and the range. */
function marks(scale, range) {
  const zero = scale(0, 0);
  return [zero["left%"] > 0 ? h("span", { class: "mark", "left%": zero["left%"] }) : null, range && h("span", { class: "whisker", ...scale(...range) })];
}

/* What no total holds, and why; a public edition tells its rule instead. */
function notCounted(basin) {
  if (words.public) return words.public.map((line) => h("p", { class: "small" }, pick(line)));
  if (words.visits.length) return words.visits.map((line) => h("p", { class: "small" }, pick(line)));
  const list = [];
  const mine = (firm) => basin === null || firms.basin[firm] === basin;
  let all = 0;
  let placed = 0;
  for (let i = 0; i < firms.size; i += 1) if (mine(i)) { all += 1; if (firms.stand[i] !== 0) placed += 1; }
  list.push(h("p", {}, say(all === 1 ? "firm_count" : "firm_counts", { all: number(all, 0), placed: number(placed, 0), rest: number(all - placed, 0) })));
  const fates = fatesOf(basin);
  if (!fates.length) list.push(state.pollutant === null ? "" : h("p", { class: "small" }, say("all_counted", { pollutant: pollutantName(state.pollutant) })));
  else {
    list.push(h("ul", { class: "fates" }, ...fates.map((row) => h("li", {}, h("button", {
      type: "button", class: "link", onclick: () => update({ view: "ledger", filters: { ...state.filters, fate: row.fate } }),
    }, say(row.rows === 1 ? "fate_row" : "fate_rows", { n: number(row.rows, 0), fate: say(row.fate, {}, "fate") })),
    h("span", { class: "value" }, row.known ? load(row.reduction) : say("no_figure"))))));
  }
  return list;
}

/* The uncounted rows of a watershed, or of all, by fate; a fate whose loads are unknown has no sum. */
function fatesOf(basin) {
  const sums = new Map();
  for (let row = 0; row < ledger.size; row += 1) {
    const firm = ledger.row_firm[row];
    if (basin !== null && (firm < 0 || firms.basin[firm] !== basin)) continue;
    const fate = ledger.fates[ledger.row_fate[row]];
    if (!inYear(row) || fate === "credited" || ledger.pollutants[ledger.row_pollutant[row]] !== state.pollutant) continue;
    const sum = sums.get(fate) || { fate, rows: 0, known: 0, reduction: 0 };
    const reduction = ledger.row_reduction[row];
    sum.rows += 1;
    sum.known += Number(!Number.isNaN(reduction));
    sum.reduction += reduction || 0;
    sums.set(fate, sum);
  }
  return [...sums.values()].sort((one, other) => other.rows - one.rows);
}

/* The search field and the filters. */
function search() {
  const options = {
    country: distinct("country").map((code) => [code, countryName(code)]),
    size: firms.sizes.filter((_, place) => firms.size_code.includes(place)).map((name) => [name, say(name, {}, "size_class")]),
    sector: Object.keys(words.sectors).map((code) => [code, pick(words.sectors[code])]),
    confidence: ["sure", "likely", "ambiguous", "uncounted", "unlocated"].map((name) => [name, say(`stand_${name}`)]),
    ...(words.visits.length ? {} : { evidence: ledger.evidence.map((grade) => [grade, say(grade, {}, "page_evidence")]),
      fate: ledger.fates.map((fate) => [fate, say(fate, {}, "fate")]) }),
  };
  const field = h("input", { type: "search", id: "search", value: state.query, placeholder: say("search"), "aria-label": say("search"), autocomplete: "off" });
  field.addEventListener("input", () => { state.query = field.value; filtersChanged(); });
  const selects = Object.entries(options).filter(([, list]) => list.length > 1).map(([name, list]) => {
    const select = h("select", {}, h("option", { value: "" }, say("any")), ...list.map(([value, text]) => h("option", { value, selected: state.filters[name] === value }, text)));
    select.addEventListener("change", () => { state.filters[name] = select.value; filtersChanged(); });
    return h("label", { class: "field" }, h("span", {}, say(`filter_${name}`)), select);
  });
  const open = Object.values(state.filters).some(Boolean);
  return [field, h("details", { class: "filters", open }, h("summary", {}, say("filters")), ...selects)];
}

function distinct(name) {
  return firms.distinct[name].slice().sort();
}

function filtersChanged() {
  firms.shown = passing();
  paintFound();
  firmSheet.sheet.redraw();
  if (state.view !== "map") paintTables();
}

/* The firms that pass: the largest first, a hundred at a time. */
function paintFound() {
  const target = byId("found");
  if (!target) return;
  const found = firms.shown.reduce((sum, shown) => sum + shown, 0);
  const few = largest(filtering() ? 100 : 8);
  target.replaceChildren(
    h("p", { class: "small", role: "status" }, filtering() ? say("found", { n: number(found, 0) }) : say("largest")),
    h("ul", { class: "firm-list" }, ...few.map(firmRow)),
  );
}

function firmRow(firm) {
  const where = [coded(firms, "municipality", firm), countryName(coded(firms, "country", firm))].filter(Boolean).join(", ");
  return h("li", {}, h("button", { type: "button", class: "firm-row", onclick: () => update({ firm }) },
    drawn(20, 20, (pen) => glyph(pen, 10, 10, 7, STANDS[firms.stand[firm]] === "unlocated" ? "uncounted" : STANDS[firms.stand[firm]], false)),
    h("span", { class: "name" }, firmName(firm), h("span", { class: "small where" }, where)),
    h("span", { class: "value" }, standWords(firm))));
}
