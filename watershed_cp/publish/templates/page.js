/* Opening the page: the map at once, its layers as they unpack, then every painter in turn. */

let theMap = null;
const arrivals = [];

function open(id, corners) {
  theMap = L.map(id, { zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 90, minZoom: 4, maxZoom: 18, zoomControl: false, attributionControl: false });
  theMap.createPane("ground").style.zIndex = 150;
  theMap.getPane("ground").style.pointerEvents = "none";
  theMap.home = L.latLngBounds(corners);
  goHome();
  keepFitted();
  L.control.scale({ imperial: false, maxWidth: 160, position: "bottomright" }).addTo(theMap);
  theMap.zooming = L.control.zoom({ position: "topright", zoomInTitle: "+", zoomOutTitle: "−" }).addTo(theMap);
  theMap.getContainer().setAttribute("role", "group");
  theMap.getContainer().append(h("div", { id: "whisper", hidden: true, "aria-hidden": "true" }));
  return theMap;
}

function goHome() {
  const edge = narrow() ? 20 : 48;
  theMap.fitBounds(theMap.home, { padding: [edge, edge], animate: false });
}

/* A window of another size shows the same watersheds, until the reader has moved the map. */
function keepFitted() {
  for (const kind of ["pointerdown", "wheel", "keydown"]) theMap.getContainer().addEventListener(kind, () => { theMap.moved = true; }, { capture: true, passive: true });
  theMap.on("resize", () => {
    if (!theMap.moved && state.view === "map" && state.firm === null && !document.body.classList.contains("paper")) {
      if (state.basin === null) goHome();
      else theMap.fitBounds(basins[state.basin].box, { ...room(), animate: false });
    }
  });
}

const READERS = { words: (data) => Object.assign(words, data.head), base: readBase, water: readWater, flow: readFlow, basins: readBasins, firms: readFirms };

function loadLayer(map, role, id) {
  arrivals.push(unpack(id).then((data) => [role, data]));
}

async function start() {
  const data = Object.fromEntries(await Promise.all(arrivals));
  for (const role of Object.keys(READERS)) if (data[role]) await READERS[role](data[role]);
  if (!words.ramp || !firms) return;
  language = words.languages[0];
  state.pollutant = leading();
  if (!words.public && !basins.some((basin) => Object.keys(basin.loads).length)) state.measure = "located";
  addBasins(theMap);
  addFlow(theMap);
  addFirms(theMap);
  addTools();
  painters.push(repaint);
  theMap.on("moveend", paintInset);
  repaint({ language });
  if (words.release) showRelease();
  document.body.classList.remove("waiting");
  performance.mark("ready");
}

/* A page made for one course opens with it. */
function showRelease() {
  const [longitude, latitude] = words.release;
  follow(longitude, latitude);
  if (!flow.course) return;
  document.body.classList.add("course-only");
  paintCard();
  theMap.home = courseBox();
  goHome();
}

/* Open with the first pollutant that anything was credited for. */
function leading() {
  if (words.release) return words.release[2];
  const codes = words.pollutants.map(([code]) => code);
  return codes.find((code) => basins.some((basin) => (basin.loads[code] || {}).msmes > 0)) || codes[0] || null;
}

function repaint(change) {
  const has = (...names) => names.some((name) => name in change);
  if (has("pollutant", "filters", "query", "basin", "language", "year")) weighFirms();
  if (has("language")) paintWords();
  if (has("firm", "basin") && !words.release) follow(state.firm === null ? NaN : lonOf(state.firm), state.firm === null ? NaN : latOf(state.firm));
  paintBasins();
  paintFinding();
  if (!has("year")) paintChoices(); // a slider that is held stays
  if (!has("firm") || has("basin")) paintOverview();
  paintCard();
  paintLegend();
  paintTables();
  if (has("language")) { paintSources(); theMap.invalidateSize({ pan: false }); } // a longer footer leaves less room
  if (has("view") && state.view === "map") theMap.invalidateSize();
  redraw();
  paintInset();
  if (has("firm", "basin")) goTo();
}

function redraw() {
  theMap.eachLayer((layer) => { if (layer instanceof Sheet) layer.redraw(); });
}

function narrow() {
  return window.matchMedia("screen and (max-width: 760px)").matches;
}

/* What the legend and the edges take of the view. */
function room() {
  return { paddingTopLeft: [40, 30], paddingBottomRight: [60, narrow() ? 30 : byId("legend").offsetHeight + 30] };
}

/* Move to what was chosen, and put the reader's place at its card. */
function goTo() {
  const options = { duration: 0.8, ...room() };
  const fit = (box) => (calm() ? theMap.fitBounds(box, options) : theMap.flyToBounds(box, options));
  if (state.view !== "map") return;
  theMap.moved = false;
  theMap.invalidateSize({ pan: false });
  if (state.firm !== null) {
    if (!Number.isNaN(firms.x[state.firm])) {
      const place = toLatLng(firms.x[state.firm], firms.y[state.firm]);
      if (calm()) theMap.setView(place, Math.max(theMap.getZoom(), 11.5));
      else theMap.flyTo(place, Math.max(theMap.getZoom(), 11.5), options);
    }
  } else fit(state.basin === null ? theMap.home : basins[state.basin].box);
  const heading = byId("card").querySelector(".back") || byId("panel");
  heading.focus({ preventScroll: true });
  if (narrow()) theMap.getContainer().scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
  else byId("panel").scrollTop = 0;
}

/* Every fixed text in the chosen language. */
function paintWords() {
  document.documentElement.lang = language;
  document.title = pick(words.title);
  byId("programme").textContent = pick(words.title);
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  theMap.getContainer().setAttribute("aria-label", say("map"));
  const [nearer, farther] = theMap.zooming.getContainer().children;
  for (const [button, key] of [[nearer, "zoom_in"], [farther, "zoom_out"]]) { button.title = say(key); button.setAttribute("aria-label", say(key)); }
  for (const button of byId("languages").children) button.setAttribute("aria-pressed", String(button.lang === language));
}

function addTools() {
  const names = { es: "Español", en: "English" };
  if (words.languages.length > 1) {
    byId("languages").append(...words.languages.map((code) => h("button", {
      type: "button", lang: code, title: names[code], onclick: () => { language = code; update({ language: code }); },
    }, code.toUpperCase())));
  }
  if (words.public || words.visits.length) document.querySelector('.tabs [data-view="ledger"]').remove();
  for (const button of document.querySelectorAll(".tabs button")) button.addEventListener("click", () => update({ view: button.dataset.view }));
  byId("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => layOut(true));
  window.addEventListener("afterprint", () => layOut(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || (state.firm === null && state.basin === null)) return;
    update(state.firm !== null && state.basin !== null ? { firm: null } : { firm: null, basin: null });
  });
}

/* Paper takes the map as it stands on the screen, scaled to the sheet: what was chosen is what is printed. */
function layOut(paper) {
  const stage = byId("stage");
  const { width, height } = stage.getBoundingClientRect();
  document.body.classList.toggle("paper", paper);
  const size = paper && width ? { width: `${width}px`, height: `${height}px`, zoom: Math.min(800 / width, 545 / height) } : { width: "", height: "", zoom: "" };
  Object.assign(stage.style, size);
}

/* folium writes a popup's element through `$`; this is all of it that it needs. Its style attribute, which the page
   forbids, only says that the element is as wide as the popup. */
window.$ = (markup) => {
  const holder = document.createElement("template");
  holder.innerHTML = markup.replace(/^(\s*<div id="\w+") style="[^"]*"/, "$1");
  return [holder.content.firstElementChild];
};

window.watershed = { open, load: loadLayer };
document.addEventListener("DOMContentLoaded", () => start().catch((error) => {
  byId("failed").hidden = false;
  throw error;
}));
