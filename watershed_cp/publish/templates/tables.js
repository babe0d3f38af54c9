/* The table twin of the map and the ledger: everything the map shows, as rows, a hundred at a time. */

const PAGE = 100;
const paging = { table: 0, ledger: 0 };

function paintTables() {
  const map = state.view === "map";
  document.body.dataset.view = state.view;
  byId("stage").hidden = !map;
  byId("panel").hidden = !map;
  const target = byId("tables");
  target.hidden = map;
  for (const button of document.querySelectorAll(".tabs button")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
  if (map) { target.replaceChildren(); return; }
  target.replaceChildren(h("h1", {}, say(`view_${state.view}`)), ...(state.view === "table" ? [words.visits.length ? "" : basinTable(), partTable(), words.public ? "" : firmTable()] : [ledgerTable()]).flat());
}

/* Rows of cells; what `below` says of a row stands under it, as wide as the table. On a phone each cell names its column. */
function table(caption, headings, lines, below = []) {
  const cell = (content, i) => h(i ? "td" : "th", { scope: i ? null : "row", class: headings[i][1], "data-head": headings[i][0] }, content);
  const row = (cells, i) => {
    const said = (below[i] || []).filter(([, text]) => text);
    return [h("tr", { class: said.length ? "told" : null }, ...cells.map(cell)),
      said.length ? h("tr", {}, h("td", { colspan: headings.length, class: "below" }, ...said.map(([name, text]) => h("p", {}, `${name}: ${text}`)))) : null];
  };
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", {}, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...headings.map(([text, kind]) => h("th", { scope: "col", class: kind }, text)))),
    h("tbody", {}, ...lines.flatMap(row).filter(Boolean))));
}

function basinTable() {
  const headings = [[say("basin")], [say("pollutant")], [say("firms"), "n"], [say("before"), "n"], [say("after"), "n"], [say("avoided"), "n"], [say("range"), "n"], ["%", "n"]];
  const lines = basins.flatMap((basin) => words.pollutants.map(([code]) => [basin, code, basin.loads[code]])).filter(([, , row]) => row && row.msmes)
    .map(([basin, code, row]) => [basinName(basin), pollutantName(code), number(row.msmes, 0), load(row.baseline_kg_yr), load(row.follow_up_kg_yr),
      load(row.reduction_kg_yr), span(row.reduction_low_kg_yr, row.reduction_high_kg_yr, row.reduction_kg_yr), share(row.reduction_pct)]);
  return table(say("table_basins", { period: period() }), headings, lines);
}

function partTable() {
  if (state.units !== "parts") return "";
  const headings = [[say("units_parts")], [say("firms"), "n"], [say("avoided"), "n"], [say("range"), "n"], ["%", "n"]];
  const lines = parts.map((part) => [part, part.loads[state.pollutant]]).filter(([, row]) => row).map(([part, row]) => [
    basinName(part), number(row.msmes, 0), load(row.reduction_kg_yr), span(row.reduction_low_kg_yr ?? null, row.reduction_high_kg_yr ?? null, row.reduction_kg_yr), share(row.reduction_pct ?? null),
  ]);
  return table(say("table_parts", { pollutant: pollutantName(state.pollutant) }), headings, lines);
}

function firmTable() {
  const found = [];
  for (let i = 0; i < firms.size; i += 1) if (firms.shown[i]) found.push(i);
  const headings = [[say("firm")], [say("id")], [say("municipality")], [say("filter_country")], [say("filter_sector")], [say("basin")], [say("filter_confidence")], words.visits.length ? [say("filter_people"), "n"] : null, [words.visits.length ? say("visit_distance") : say("avoided_of", { pollutant: pollutantName(state.pollutant) }), "n"]].filter(Boolean);
  const lines = slice("table", found).map((i) => [
    h("button", { type: "button", class: "link", onclick: () => update({ view: "map", firm: i }) }, firmName(i)), firms.ids[i], coded(firms, "municipality", i), countryName(coded(firms, "country", i)),
    sectorOf(i) ? pick(words.sectors[sectorOf(i)]) : "", basins[firms.basin[i]] ? basinName(basins[firms.basin[i]]) : say(firms.stand[i] === 0 ? "stand_unlocated" : "stand_outside"),
    firms.stand[i] ? say(`stand_${STANDS[firms.stand[i]]}`) : "–", ...(words.visits.length ? [Number.isNaN(firms.employees[i]) ? "–" : number(firms.employees[i], 0), standWords(i)] : [firms.stand[i] > 0 && firms.stand[i] < 4 ? load(firms.value[i]) : "–"]),
  ]);
  return [table(say("table_firms", { n: number(found.length, 0) }), headings, lines), pager("table", found.length)];
}

function ledgerTable() {
  const { fate, evidence } = state.filters;
  const found = [];
  for (let row = 0; row < ledger.size; row += 1) {
    const firm = ledger.row_firm[row];
    const fits = (!fate || ledger.fates[ledger.row_fate[row]] === fate) && (!evidence || ledger.evidence[ledger.row_evidence[row]] === evidence);
    if (fits && (firm < 0 || firms.shown[firm])) found.push(row);
  }
  const headings = [[say("firm")], [say("pollutant")], [say("filter_fate")], [say("basin")], [say("before"), "n"], [say("after"), "n"], [say("avoided"), "n"], [say("range"), "n"], [say("filter_evidence"), "c"]];
  const entries = slice("ledger", found).map(ledgerRow);
  const lines = entries.map((entry) => [
    entry.firm < 0 ? "–" : firmName(entry.firm), pollutantName(entry.pollutant), say(entry.fate, {}, "fate"), entry.basin ? basinName(entry.basin) : "–", load(entry.baseline),
    load(entry.followUp), load(entry.reduction), span(entry.low, entry.high, entry.reduction), entry.evidence || "–",
  ]);
  const below = entries.map(({ row }) => [[say("reason"), coded(ledger, "reason", row)], [say("equation"), equationText(row)]]);
  return [
    h("p", { class: "lead" }, say("ledger_lead")), ledgerFilters(),
    table(say("table_ledger", { n: number(found.length, 0) }), headings, lines, below), pager("ledger", found.length),
    ledger.rounded ? h("p", { class: "small" }, say("rounded")) : "",
  ];
}

function ledgerFilters() {
  const select = h("select", {}, h("option", { value: "" }, say("any")), ...ledger.fates.map((fate) => h("option", { value: fate, selected: state.filters.fate === fate }, say(fate, {}, "fate"))));
  select.addEventListener("change", () => update({ filters: { ...state.filters, fate: select.value } }));
  const field = h("input", { type: "search", value: state.query, "aria-label": say("search"), placeholder: say("search") });
  field.addEventListener("change", () => update({ query: field.value }));
  return h("div", { class: "line" }, field, h("label", { class: "field" }, h("span", {}, say("filter_fate")), select));
}

function slice(name, found) {
  paging[name] = Math.min(paging[name], Math.max(0, Math.ceil(found.length / PAGE) - 1));
  return found.slice(paging[name] * PAGE, (paging[name] + 1) * PAGE);
}

function pager(name, size) {
  if (size <= PAGE) return "";
  const pages = Math.ceil(size / PAGE);
  const go = (to) => () => { paging[name] = to; paintTables(); };
  return h("p", { class: "line pager" },
    h("button", { type: "button", disabled: paging[name] === 0, onclick: go(paging[name] - 1) }, say("previous")),
    h("span", {}, say("page_of", { page: number(paging[name] + 1, 0), pages: number(pages, 0) })),
    h("button", { type: "button", disabled: paging[name] >= pages - 1, onclick: go(paging[name] + 1) }, say("next")));
}
