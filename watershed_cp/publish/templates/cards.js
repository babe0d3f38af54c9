/* The cards of one watershed and of one firm. */

function paintCard() {
  const card = byId("card");
  const open = state.firm !== null || state.basin !== null || Boolean(words.release);
  card.hidden = !open;
  byId("overview").hidden = open;
  if (!open) { card.replaceChildren(); return; }
  if (words.release) { card.replaceChildren(...courseCard()); return; }
  const back = state.firm !== null && state.basin !== null ? { firm: null } : { firm: null, basin: null };
  const label = "basin" in back ? say("back_all") : say("back_to", { name: basinName(basins[state.basin]) });
  card.replaceChildren(
    h("button", { type: "button", class: "link back", onclick: () => update(back) }, `← ${label}`),
    ...(state.firm !== null ? firmCard(state.firm) : basinCard(basins[state.basin])),
  );
}

function basinCard(basin) {
  const row = basin.loads[state.pollutant];
  const countries = (basin.countries || "").split(" ").filter(Boolean).map(countryName).join(", ");
  const area = basin.area_km2;
  const leading = contributors(basin.place);
  return [
    h("h2", { class: "card-title" }, basinName(basin)),
    h("p", { class: "small" }, [countries, area ? `${number(area, 0)} km²` : null].filter(Boolean).join(" · ")),
    ...(row ? [h("h3", {}, say("before_after", { pollutant: pollutantName(state.pollutant, true) })), beforeAfter(row.baseline_kg_yr, row.follow_up_kg_yr, row.reduction_low_kg_yr, row.reduction_high_kg_yr),
      expected(row), target(row)] : []),
    ...(flow.course ? courseCard() : waterHint(basin)),
    ...pollutantTable(basin),
    leading.length ? h("h3", {}, say("contributors")) : null,
    h("ul", { class: "firm-list" }, ...leading.map(firmRow)),
    h("h3", {}, say(words.public ? "public_edition" : "not_in_it")), ...notCounted(basin.place),
    basin.accuracy_m > 60 ? h("p", { class: "small" }, say("outline_accuracy", { accuracy: distance(basin.accuracy_m) })) : null,
    basinCredit(basin) ? h("p", { class: "small" }, basinCredit(basin)) : null,
  ].filter(Boolean);
}

function expected(row) {
  const value = row.expected_reduction_kg_yr;
  return value === null || value === undefined ? null : h("p", { class: "small" }, say("expected", { amount: load(value, row.reduction_kg_yr) }));
}

/* How far the reduction has come towards the target of the programme. */
function target(row) {
  const { reduction_pct: percent } = row;
  if (!words.target || !Number.isFinite(percent)) return null;
  const most = Math.max(words.target, percent);
  return h("div", { class: "target" }, h("p", { class: "small" }, say("target", { percent: words.target })),
    h("span", { class: "bar", role: "img", "aria-label": say("target_words", { share: share(percent), percent: words.target }) },
      h("span", { class: "fill after", "width%": (100 * percent) / most }), h("span", { class: "mark", "left%": (100 * words.target) / most })), h("span", { class: "value" }, share(percent)));
}

function contributors(place) {
  const mine = [];
  for (let i = 0; i < firms.size; i += 1) if (firms.basin[i] === place && firms.value[i] > 0) mine.push(i);
  return mine.sort((one, other) => firms.value[other] - firms.value[one]).slice(0, 5);
}

function pollutantTable(basin) {
  const entries = words.pollutants.filter(([code]) => basin.loads[code] && basin.loads[code].msmes > 0);
  if (!entries.length) return [];
  return [h("h3", {}, say("all_pollutants")), h("table", { class: "plain" }, h("caption", { class: "hidden" }, say("all_pollutants")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("pollutant")), h("th", { scope: "col" }, say("avoided")), h("th", { scope: "col" }, say("range")))),
    h("tbody", {}, ...entries.map(([code]) => {
      const row = basin.loads[code];
      return h("tr", {}, h("th", { scope: "row" }, pollutantName(code)), h("td", {}, load(row.reduction_kg_yr)),
        h("td", {}, span(row.reduction_low_kg_yr, row.reduction_high_kg_yr, row.reduction_kg_yr)));
    })))];
}

function span(low, high, like) {
  return low === null || high === null || Number.isNaN(low) || Number.isNaN(high) ? "–" : say("span", { low: amount(low, like).value, high: load(high, like) });
}

/* Two bars from zero: before and after; the range of the reduction stands as a whisker on the second. */
function beforeAfter(before, after, low, high) {
  if (before === null || after === null || !Number.isFinite(before) || !Number.isFinite(after)) return h("p", { class: "small" }, say("only_difference"));
  const range = Number.isFinite(low) && Number.isFinite(high) && high !== low ? [before - high, before - low] : null;
  const shown = [before, after, ...(range || [])];
  const scale = axis(Math.min(0, ...shown), Math.max(0, ...shown));
  const bar = (name, value, ends) => h("div", { class: "pair" }, h("span", { class: "small" }, say(name)),
    h("span", { class: "bar" }, h("span", { class: `fill ${name}`, ...scale(0, value) }), ...marks(scale, ends)), h("span", { class: "value" }, load(value, before)));
  return h("div", { class: "before-after", role: "img", "aria-label": say("before_after_words", { before: load(before), after: load(after, before) }) },
    bar("before", before, null), bar("after", after, range));
}

function firmCard(firm) {
  const where = ["municipality", "department"].map((name) => coded(firms, name, firm)).concat(countryName(coded(firms, "country", firm)));
  const sector = sectorOf(firm);
  const people = firms.employees[firm];
  return [
    h("h2", { class: "card-title" }, firmName(firm)),
    h("p", { class: "small" }, [...new Set([firms.ids[firm], ...where])].filter(Boolean).join(" · ")),
    sector ? h("p", {}, pick(words.sectors[sector])) : null,
    Number.isNaN(people) ? null : h("p", { class: "small" }, say(people === 1 ? "employee" : "employees", { n: number(people, 0) })),
    h("p", { class: "place" }, placeWords(firm)),
    ...audits(firm, true), ...measureList(firm), ...courseCard(), ...audits(firm, false),
    words.visits.length ? null : h("button", { type: "button", class: "link", onclick: () => update({ view: "ledger", query: firms.ids[firm] }) }, say("see_ledger")),
  ].filter(Boolean);
}

/* The firm's ledger rows of the chosen pollutant, or those of all others. */
function audits(firm, chosen) {
  return Array.from(firmRows(firm), ledgerRow).filter(({ pollutant }) => (pollutant === state.pollutant) === chosen).map(rowCard);
}

/* The firm's measures, how far each has come, and the money. */
function measureList(firm) {
  const list = firms.measures.get(firm) || [];
  if (!list.length) return [];
  const done = list.filter(({ status }) => status === "implemented" || status === "verified");
  const usd = (rows, name) => number(rows.reduce((sum, row) => sum + (row[name] || 0), 0), 0);
  const money = (rows) => ({ n: number(rows.length, 0), investment: usd(rows, "investment_usd"), saving: usd(rows, "saving_usd_yr") });
  const known = (row) => row.investment_usd !== null || row.saving_usd_yr !== null;
  return [h("h3", {}, say("measures_title")), h("ul", { class: "measures" }, ...list.map((row) => h("li", {}, h("span", {}, row.measure || "–"),
    h("span", { class: `status ${row.status}` }, say(row.status, {}, "page_status")), known(row) ? h("span", { class: "small" }, moneyWords(row)) : null))),
  done.length ? h("p", { class: "small" }, say("money_total", money(done))) : null];
}

function moneyWords({ investment_usd: investment, saving_usd_yr: saving }) {
  return say("money", { investment: number(investment, 0), saving: number(saving, 0) });
}

/* Where the firm stands and how sure that is. */
function placeWords(firm) {
  const basin = basins[firms.basin[firm]];
  const divide = firms.divide[firm];
  const repairs = coded(firms, "repairs", firm);
  const parts = [];
  if (words.visits.length && firms.away[firm] > 0 && !basins.some(({ basin_id }) => basin_id === coded(firms, "near", firm))) parts.push(say("visit_near", { near: coded(firms, "near", firm) || "–", distance: distance(firms.away[firm]) }));
  if (Number.isNaN(firms.x[firm])) parts.push(say("place_unlocated"));
  else if (basin) {
    const name = ["sure", "likely", "ambiguous"][firms.confidence[firm]];
    parts.push(say("place_inside", { basin: basinName(basin), confidence: name ? say(name, {}, "page_confidence") : "", percent: sureness(firms.probability[firm]) }));
    if (!Number.isNaN(divide)) parts.push(say("place_divide", { distance: distance(divide) }));
  } else {
    const nearest = basins[firms.nearest[firm]];
    parts.push(nearest && !Number.isNaN(divide) ? say("place_outside", { basin: basinName(nearest), distance: distance(divide) }) : say("stand_outside"));
  }
  if (!Number.isNaN(firms.accuracy[firm])) parts.push(say("place_accuracy", { accuracy: distance(firms.accuracy[firm]) }));
  return [...parts, repairs && `${sentence(repairs)}.`].filter(Boolean).join(" ");
}

function sureness(probability) {
  return probability > 0.99 ? say("nearly_all") : `${number(100 * probability, 0)}\u00a0%`;
}

function rowCard(entry) {
  const credited = entry.fate === "credited";
  return h("section", { class: credited ? "audit" : "audit uncounted" },
    h("h3", {}, pollutantName(entry.pollutant, true)),
    ...(Number.isNaN(entry.reduction) ? [oneSided(entry)] : [
      h("p", { class: "avoided" }, h("strong", {}, load(entry.reduction)), ` ${say("a_year")} `, h("span", { class: "small" }, `(${span(entry.low, entry.high, entry.reduction)})`)),
      beforeAfter(entry.baseline, entry.followUp, entry.low, entry.high),
    ]),
    h("p", { class: "small" }, [
      credited ? say("credited_to", { basin: entry.basin ? basinName(entry.basin) : "" }) : say("not_credited", { fate: say(entry.fate, {}, "fate") }),
      entry.evidence ? say(entry.evidence, {}, "page_evidence") : null,
      coded(ledger, "reason", entry.row),
    ].filter(Boolean).join(" · ")),
    ...coded(ledger, "flags", entry.row).split(" ").filter(Boolean).map((flag) => h("p", { class: "small" }, say("check", { what: say(flag, {}, "flag") }))),
    equation(entry));
}

/* A row that knows only one side, or none. */
function oneSided({ baseline, followUp }) {
  const known = [["before", baseline], ["after", followUp]].filter(([, kg]) => Number.isFinite(kg));
  return h("p", {}, known.length ? known.map(([name, kg]) => `${say(name)}: ${load(kg)}`).join(" · ") : say("no_figure"));
}

function equation(entry) {
  const text = equationText(entry.row);
  return text ? h("details", {}, h("summary", {}, say("equation")), h("code", {}, text)) : null;
}

function equationText(row) {
  const text = coded(ledger, "equation", row);
  if (language !== "es") return text;
  return Object.values(words.labels.equation).reduce((said, [spanish, english]) => said.replaceAll(english, spanish), text);
}
