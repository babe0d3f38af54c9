/* Packed columns become typed arrays, counts and steps become rings. */

const KINDS = { int32: Int32Array, float32: Float32Array, uint16: Uint16Array, uint8: Uint8Array };
const DEGREE = 100000;
const NOWHERE = -2147483648;

async function unpack(id) {
  const element = byId(id);
  const packed = fromBase64(element.textContent);
  element.remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = new DataView(bytes.buffer).getUint32(0, true);
  const { head, columns } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const out = { head };
  for (const [name, place] of Object.entries(columns)) out[name] = column(bytes.subarray(4 + size), place);
  return out;
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/* Bytes lie plane by plane; weave them into numbers again. */
function column(bytes, [kind, offset, size]) {
  const Kind = KINDS[kind];
  const width = Kind.BYTES_PER_ELEMENT;
  const woven = new Uint8Array(size * width);
  for (let plane = 0; plane < width; plane += 1) {
    for (let i = 0, from = offset + plane * size; i < size; i += 1) woven[i * width + plane] = bytes[from + i];
  }
  return new Kind(woven.buffer);
}

/* Geometries as lists of parts of rings of places on the world of zoom 0 (256 pixels wide). */
function shapes(counts, steps) {
  let at = 0;
  let longitude = 0;
  let latitude = 0;
  const ring = (size) => {
    const places = new Float64Array(2 * size);
    for (let i = 0; i < size; i += 1, at += 2) {
      longitude += steps[at];
      latitude += steps[at + 1];
      places[2 * i] = worldX(longitude / DEGREE);
      places[2 * i + 1] = worldY(latitude / DEGREE);
    }
    return places;
  };
  return counts.map((parts) => parts.map((rings) => rings.map(ring)));
}

/* Spherical Mercator, as the map's. */
function worldX(longitude) {
  return ((longitude + 180) / 360) * 256;
}

function worldY(latitude) {
  const sine = Math.sin((latitude * Math.PI) / 180);
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
}

function toLatLng(x, y) {
  const n = Math.PI * (1 - (2 * y) / 256);
  return L.latLng((180 / Math.PI) * Math.atan(Math.sinh(n)), (x / 256) * 360 - 180);
}

/* A table given column by column, as rows. */
function rows(columns) {
  const names = Object.keys(columns || {});
  const size = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: size }, (_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}
