/* A canvas that covers the map and a margin around it. */

const waiting = [];

/* After a move one sheet is drawn a frame, so that no frame is long; until then what was drawn is moved or scaled. */
function drawNext() {
  const sheet = waiting.shift();
  if (waiting.length) requestAnimationFrame(drawNext);
  sheet.redraw();
}

/* A `steady` sheet shows the same wherever the view lies, and is left as it is for as long as it fills the view. */
const Sheet = L.Layer.extend({
  initialize(pane, paint, { steady = false } = {}) {
    this.paint = paint;
    this.steady = steady;
    this.options = { pane };
  },
  onAdd() {
    this.canvas = L.DomUtil.create("canvas", "sheet leaflet-zoom-animated", this.getPane());
    this.canvas.setAttribute("aria-hidden", "true");
  },
  onRemove() {
    this.canvas.remove();
  },
  getEvents() {
    return { move: this.drift, moveend: this.follow, viewreset: this.settle, resize: this.redraw, zoomanim: this.animate };
  },
  drift() {
    if (!this.bounds) return;
    if (this._map.getZoom() !== this.zoom) this.settle();
    else if (!this.fills()) this.wait();
  },
  follow() {
    if (!this.steady || this._map.getZoom() !== this.zoom || !this.fills()) this.wait();
  },
  fills() {
    return this.bounds.contains(this._map.getBounds());
  },
  wait() {
    if (waiting.includes(this)) return;
    waiting.push(this);
    if (waiting.length === 1) requestAnimationFrame(drawNext);
  },
  /* What was drawn at another zoom is scaled until it is drawn anew. */
  settle() {
    if (!this.bounds) return;
    const corner = this._map.latLngToLayerPoint(this.bounds.getNorthWest());
    L.DomUtil.setTransform(this.canvas, corner, this._map.getZoomScale(this._map.getZoom(), this.zoom));
  },
  animate({ zoom, center }) {
    const offset = this._map._latLngBoundsToNewLayerBounds(this.bounds, zoom, center).min;
    L.DomUtil.setTransform(this.canvas, offset, this._map.getZoomScale(zoom, this.zoom));
  },
  /* A canvas that keeps its size is wiped, not made anew: that is most of the cost of a move. */
  measure({ x, y }, density) {
    if (this.canvas.width === Math.round(x * density) && this.canvas.height === Math.round(y * density)) return;
    this.canvas.width = Math.round(x * density);
    this.canvas.height = Math.round(y * density);
    this.canvas.style.width = `${x}px`;
    this.canvas.style.height = `${y}px`;
  },
  redraw() {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    const margin = size.multiplyBy(0.25).round();
    const corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    const extent = size.add(margin.multiplyBy(2));
    const density = window.devicePixelRatio || 1;
    this.zoom = map.getZoom();
    this.bounds = L.latLngBounds(map.layerPointToLatLng(corner), map.layerPointToLatLng(corner.add(extent)));
    this.measure(extent, density);
    L.DomUtil.setPosition(this.canvas, corner);
    const origin = map.getPixelOrigin().add(corner);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, extent.x, extent.y);
    this.paint(pen, { scale: map.getZoomScale(this.zoom, 0), x: origin.x, y: origin.y, width: extent.x, height: extent.y, zoom: this.zoom, margin });
  },
});

/* Lay one ring of world places into the pen's path. */
function trace(pen, view, ring, closed) {
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i] * view.scale - view.x;
    const y = ring[i + 1] * view.scale - view.y;
    if (i) pen.lineTo(x, y);
    else pen.moveTo(x, y);
  }
  if (closed) pen.closePath();
}

function traceAll(pen, view, shape, closed) {
  pen.beginPath();
  for (const part of shape) for (const ring of part) if (visible(view, ring)) trace(pen, view, ring, closed);
}

const BOXES = new WeakMap();

/* Whether any of a ring can lie on the sheet. */
function visible(view, ring) {
  let box = BOXES.get(ring);
  if (!box) {
    box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < ring.length; i += 2) {
      box = [Math.min(box[0], ring[i]), Math.min(box[1], ring[i + 1]), Math.max(box[2], ring[i]), Math.max(box[3], ring[i + 1])];
    }
    BOXES.set(ring, box);
  }
  return box[2] * view.scale > view.x && box[0] * view.scale < view.x + view.width
    && box[3] * view.scale > view.y && box[1] * view.scale < view.y + view.height;
}

const TONES = new Map();

function colour(name) {
  if (!TONES.has(name)) TONES.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return TONES.get(name);
}

/* The page's own type, for words on a canvas. */
function typeface() {
  if (!TONES.has("type")) TONES.set("type", getComputedStyle(document.body).fontFamily);
  return TONES.get("type");
}

function meets(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

const WIDTHS = new Map();

function widthOf(pen, text, font) {
  const key = `${font} ${text}`;
  if (!WIDTHS.has(key)) {
    pen.font = font;
    WIDTHS.set(key, pen.measureText(text).width);
  }
  return WIDTHS.get(key);
}

/* Words on the map with a halo, in lines of [text, style]; left out, and told so, where the room is taken. */
function inkLabel(pen, lines, x, y, taken, { align = "center", gap = 3, within = null } = {}) {
  const set = lines.map(([text, { size = 12, weight = 400, tone = "ink", style = "", halo = Math.max(3, size / 4) } = {}]) => {
    const font = `${style} ${weight} ${size}px ${typeface()}`;
    return { text, size, tone, halo, font, width: widthOf(pen, text, font) };
  });
  const width = Math.max(...set.map((line) => line.width));
  const height = set.reduce((sum, line) => sum + line.size * 1.25, 0);
  const left = align === "center" ? x - width / 2 : align === "left" ? x : x - width;
  const box = [left - gap, y - height / 2 - gap / 2, left + width + gap, y + height / 2 + gap / 2];
  box.words = true;
  if (taken.some((other) => meets(box, other))) return null;
  if (within && (box[0] < within[0] || box[1] < within[1] || box[2] > within[2] || box[3] > within[3])) return null;
  taken.push(box);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.textAlign = "left";
  let line = y - height / 2;
  for (const { text, size, tone, halo, font, width: own } of set) {
    const start = align === "center" ? x - own / 2 : align === "left" ? x : x - own;
    line += size * 0.625;
    pen.font = font;
    pen.lineWidth = halo;
    pen.strokeStyle = colour("halo");
    pen.strokeText(text, start, line);
    pen.fillStyle = colour(tone);
    pen.fillText(text, start, line);
    line += size * 0.625;
  }
  return box;
}
