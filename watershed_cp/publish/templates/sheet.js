/* A canvas that covers the map and a margin around it, and draws itself anew after every move. */

const Sheet = L.Layer.extend({
  initialize(pane, paint) {
    this.paint = paint;
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
    return { moveend: this.redraw, viewreset: this.redraw, resize: this.redraw, zoomanim: this.animate };
  },
  animate({ zoom, center }) {
    const offset = this._map._latLngBoundsToNewLayerBounds(this.bounds, zoom, center).min;
    L.DomUtil.setTransform(this.canvas, offset, this._map.getZoomScale(zoom, this.zoom));
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
    this.canvas.width = extent.x * density;
    this.canvas.height = extent.y * density;
    this.canvas.style.width = `${extent.x}px`;
    this.canvas.style.height = `${extent.y}px`;
    L.DomUtil.setPosition(this.canvas, corner);
    const origin = map.getPixelOrigin().add(corner);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
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
  for (const part of shape) for (const ring of part) trace(pen, view, ring, closed);
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/* Words on the map with a halo, in lines of [text, style]; left out, and told so, where the room is taken. */
function inkLabel(pen, lines, x, y, taken, { align = "center", gap = 3, within = null } = {}) {
  const family = getComputedStyle(document.body).fontFamily;
  const set = lines.map(([text, { size = 12, weight = 400, tone = "ink", style = "" } = {}]) => {
    const font = `${style} ${weight} ${size}px ${family}`;
    pen.font = font;
    return { text, size, tone, font, width: pen.measureText(text).width };
  });
  const width = Math.max(...set.map((line) => line.width));
  const height = set.reduce((sum, line) => sum + line.size * 1.25, 0);
  const left = align === "center" ? x - width / 2 : align === "left" ? x : x - width;
  const box = [left - gap, y - height / 2 - gap / 2, left + width + gap, y + height / 2 + gap / 2];
  if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return null;
  if (within && (box[0] < within[0] || box[1] < within[1] || box[2] > within[2] || box[3] > within[3])) return null;
  taken.push(box);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.textAlign = "left";
  let line = y - height / 2;
  for (const { text, size, tone, font, width: own } of set) {
    const start = align === "center" ? x - own / 2 : align === "left" ? x : x - own;
    line += size * 0.625;
    pen.font = font;
    pen.lineWidth = Math.max(3, size / 4);
    pen.strokeStyle = colour("halo");
    pen.strokeText(text, start, line);
    pen.fillStyle = colour(tone);
    pen.fillText(text, start, line);
    line += size * 0.625;
  }
  return box;
}
