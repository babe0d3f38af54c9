/* The way of the water in words, and what of a load arrives at each place; the same rules as `impact/delivery.py`. */

/* Share of a load that arrives at each cell of a course, and past its end: low, central and high estimate. */
function arriving(cells, pollutant) {
  const rate = own(words.decay.rates, pollutant);
  if (!rate) return null;
  const [low, central, high] = words.decay.runoff;
  const cases = [[rate[2], low], [rate[1], central], [rate[0], high]];
  let share = [1, 1, 1];
  const shares = [share];
  cells.forEach((cell, i) => {
    const leaves = cell.lake && cell.lake !== (cells[i + 1] || {}).lake;
    const held = leaves && rate[2] > 0 && !cell.lake.volume_hm3;
    share = held ? [0, NaN, share[2]] : share.map((before, end) => before * leaving(cell, leaves, ...cases[end]));
    shares.push(share);
  });
  return shares;
}

/* A river decays for as long as it takes; a lake is mixed, and takes all of its share where the water leaves it. */
function leaving({ lake, km2, stepKm }, leaves, perDay, litres) {
  const { coefficient, exponent } = words.decay;
  const discharge = (km2 * litres) / 1000;
  if (leaves) return 1 / (1 + (perDay * (lake.volume_hm3 || 0) * 1e6) / discharge / 86400);
  return lake ? 1 : Math.exp((-perDay * stepKm * 1000) / (coefficient * discharge ** exponent) / 86400);
}

/* What is followed: the load that the chosen firm avoids, the one asked for, or a hundred kilograms. */
function followed() {
  if (state.firm !== null && firms.value[state.firm] > 0 && firms.stand[state.firm] < 4) return { kg: firms.value[state.firm], key: "water_firm" };
  if (words.release && words.release[3]) return { kg: words.release[3], key: "water_load" };
  return { kg: 100, key: "water_hundred" };
}

function courseCard() {
  if (!flow.course) return [];
  const { km, sea, places, cells } = flow.course;
  const pollutant = state.pollutant;
  const shares = arriving(cells, pollutant);
  const { kg, key } = followed();
  const row = ({ name, kind, at, km: far, length }) => h("tr", {}, h("th", { scope: "row", class: kind }, name, length ? h("span", { class: "small" }, ` ${distance(1000 * length)}`) : null),
    h("td", {}, `${number(far, far < 10 ? 1 : 0)}\u00a0km`), shares ? h("td", {}, ...arrived(shares[at], kg)) : null);
  const end = { name: say(sea ? "water_sea" : "water_end"), kind: "end", at: cells.length, km, length: 0 };
  return [
    h(words.release ? "h2" : "h3", {}, say("water_title")),
    h("p", {}, say(sea ? "water_to_sea" : "water_to_end", { km: number(km, 0) })),
    shares ? h("p", {}, say(key, { amount: load(kg), pollutant: pollutantName(pollutant) })) : null,
    h("table", { class: "plain course" }, h("caption", { class: "hidden" }, say("water_title")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("water_place")), h("th", { scope: "col" }, say("water_way")), shares ? h("th", { scope: "col" }, say("water_arrives")) : null)),
      h("tbody", {}, ...places.map(({ thing, ...rest }) => row({ name: bothNames(thing), ...rest })), row(end))),
    ...(pollutant === null ? [] : decayWords(pollutant, shares)),
    h("button", { type: "button", class: "link", onclick: () => theMap.fitBounds(courseBox(), room()) }, say("water_whole")),
  ].filter(Boolean);
}

/* A course begins where the reader clicks, or in the middle of the map for a reader without a pointer. */
function waterHint(basin) {
  if (!flow.grids.length) return [];
  const begin = () => {
    const { lng, lat } = theMap.getCenter();
    follow(lng, lat);
    if (!flow.course) { const { lng: x, lat: y } = toLatLng(...basin.middle); follow(x, y); }
    paintCard();
    byId("card").querySelector(".back").focus();
  };
  return [h("p", { class: "small" }, say("water_hint")), h("button", { type: "button", class: "link", onclick: begin }, say("water_middle"))];
}

function arrived([low, central, high], kg) {
  if (low === high) return [load(kg * central)];
  const like = kg * (Number.isNaN(central) ? high : central);
  return [load(kg * central), h("span", { class: "small" }, ` (${span(kg * low, kg * high, like)})`)];
}

/* How it was estimated, with its source, or why it was not. */
function decayWords(pollutant, shares) {
  const name = pollutantName(pollutant);
  const note = (text) => h("p", { class: "small" }, text);
  if (!shares) return [note(say("water_unknown", { pollutant: name }))];
  const [low, central, high] = words.decay.rates[pollutant];
  const said = high > 0 ? say("water_rate", { pollutant: name, rate: number(central), low: number(low), high: number(high) }) : say("water_conservative", { pollutant: name });
  return [note(said), h("details", { class: "small" }, h("summary", {}, say("water_how")), h("p", {}, say("water_rule")), h("p", { lang: "en" }, words.decay.sources[pollutant]))];
}
