/* Words, numbers and elements. Every text enters the page as a text node or an attribute, never as markup. */

const words = { languages: ["es"], labels: {}, pollutants: [], visits: [], title: ["", ""], period: null };
let language = "es";

function pick(pair) {
  return pair[language === "es" ? 0 : 1];
}

/* An entry of a table of words; a name such as `constructor` is only a word here. */
function own(table, key) {
  return table && Object.hasOwn(table, key) ? table[key] : undefined;
}

function say(key, data = {}, block = "page") {
  const pair = own(words.labels[block], key);
  return pair ? pick(pair).replace(/\{(\w+)\}/g, (whole, name) => (name in data ? data[name] : whole)) : key;
}

/* A pollutant's short name ("DBO5"), or the whole one. */
function pollutantName(code, whole = false) {
  const row = words.pollutants.find((entry) => entry[0] === code);
  return row ? pick(whole ? row[2] : row[1]) : code;
}

/* Numbers as es-SV, es-GT, es-HN and es-PA write them: 1,234.5. Unknown is a dash, never a zero. */
const FORMATS = [];

function number(value, digits = null, significant = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (digits === null) digits = decimals(value, significant);
  FORMATS[digits] ||= new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const written = FORMATS[digits].format(value);
  return /^-[0.,]*$/.test(written) ? written.slice(1) : written.replace("-", "−");
}

/* How many decimals leave so many significant figures. */
function decimals(value, significant = 3) {
  const magnitude = value ? Math.floor(Math.log10(Math.abs(value))) : significant;
  return Math.min(Math.max(significant - 1 - magnitude, 0), 6);
}

/* Kilograms a year for people: tonnes from one tonne up; `like` gives the ends of a range the unit and decimals of its middle. */
function amount(kg, like = kg) {
  const [per, unit] = Math.abs(like) >= 1000 ? [1000, "t"] : [1, "kg"];
  return { value: number(kg / per, Number.isFinite(like) ? decimals(like / per) : null), unit };
}

function load(kg, like = kg) {
  const { value, unit } = kg === null || kg === undefined ? { value: "–" } : amount(kg, like);
  return value === "–" ? value : `${value}\u00a0${unit}`;
}

function share(value) {
  return Number.isFinite(value) ? `${number(value, 1)}\u00a0%` : "–";
}

function distance(metres) {
  const far = Math.abs(metres);
  return far >= 1000 ? `${number(far / 1000, 1)}\u00a0km` : `${number(far, 0)}\u00a0m`;
}

/* `2019-01-31` as people write it in either language. */
function day(text) {
  const date = new Date(`${text}T00:00:00Z`);
  const form = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return Number.isNaN(date.valueOf()) ? text : date.toLocaleDateString(language === "es" ? "es-SV" : "en-GB", form);
}

/* The year that the reader has chosen, or all that was measured. */
function period(year = state.year) {
  if (year) return sentence(say("in_year", { year }));
  return words.period ? say("period", { first: day(words.period[0]), last: day(words.period[1]) }) : say("period_unknown");
}

function sentence(text) {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/* Letters without accents and case, for searching. */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/* An element with attributes, listeners (`onclick`) and children; strings become text nodes. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "width%") element.style.width = `${Math.max(0, Math.min(100, value))}%`;
    else if (name === "left%") element.style.left = `${Math.max(0, Math.min(100, value))}%`;
    else if (name === "colour") element.style.background = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

/* A sentence whose `{names}` may be elements. */
function rich(key, data) {
  return say(key).split(/(\{\w+\})/).map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece);
    return name && name[1] in data ? data[name[1]] : piece;
  });
}
