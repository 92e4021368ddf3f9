// The chart itself: what is drawn, in the colours of the theme.

import uPlot from "../../vendor/uplot/uPlot.esm.js";

const STRIP = 8; // height of the running time under the plot, in CSS pixels
const SHADES = { heat: "heat", cool: "cool", fan: "muted" };
const SERIES = ["temperature", "temperature_min", "temperature_max", "low", "high", "cold", "warm", "humidity"];
const place = (name) => SERIES.indexOf(name) + 1;
const READ = [place("temperature"), place("humidity")]; // those with a point at the cursor

/** A chart in `box`. `moved` is told when another time is shown, `read` which point lies under the cursor. */
export class Chart {
  constructor(box, { times, timezone, height, humidity, moved, read }) {
    this.times = times;
    this.data = null;
    this.readColours();
    const told = { setScale: [(_, key) => key === "x" && moved()], setCursor: [(plot) => read(plot.cursor.idx ?? null)] };
    const size = { width: box.clientWidth, height, padding: [10, humidity ? 0 : 28, 0, 0] };
    this.plot = new uPlot({ ...size, ...this.options(timezone, humidity, told) }, [[], ...SERIES.map(() => [])], box);
  }

  /** Puts other data in and shows a time; both at once, so that nothing flickers. */
  set(data, from, to) {
    this.data = data;
    const empty = () => new Array(data.times.length).fill(null);
    this.plot.batch(() => {
      this.plot.setData([data.times, ...SERIES.map((name) => data[name] ?? empty())], false);
      this.show(from, to);
    });
  }

  show(from, to) {
    this.plot.setScale("x", { min: from, max: to });
  }

  get view() {
    return [this.plot.scales.x.min, this.plot.scales.x.max];
  }

  resize(width, height) {
    if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
  }

  recolour() {
    this.readColours();
    this.plot.redraw(false, true);
  }

  destroy() {
    this.plot.destroy();
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.faint = (name, share) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(this.colour(name).slice(at, at + 2), 16));
      return `rgb(${r} ${g} ${b} / ${share})`;
    };
  }

  options(timezone, humidity, told) {
    return {
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: (_, series) => (READ.includes(series) ? 9 : 0) } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), timezone),
      scales: { x: { time: true }, y: { range: (_, low, high) => spread(low, high) }, humidity: { range: (_, low, high) => tens(low, high) } },
      axes: this.axes(humidity),
      series: [{}, ...this.series(humidity)],
      bands: [
        { series: [place("high"), place("low")], fill: () => this.faint("ok", 0.12) },
        { series: [place("temperature_max"), place("temperature_min")], fill: () => this.faint("ink", 0.14) },
      ],
      hooks: { drawClear: [() => this.data && this.drawGround()], draw: [() => this.data && this.drawStrip()], ...told },
    };
  }

  series(humidity) {
    const paths = uPlot.paths.stepped({ align: 1 });
    const ink = () => this.colour("ink");
    const hidden = { scale: "y", stroke: "transparent", width: 0, points: { show: false } };
    const dashed = { scale: "y", stroke: () => this.colour("muted"), width: 1, dash: [4, 4], paths, points: { show: false } };
    return [
      { scale: "y", stroke: ink, width: 2, points: { show: true, size: 5, filter: lonely, fill: ink } },
      hidden,
      hidden,
      { ...hidden, paths },
      { ...hidden, paths },
      dashed,
      dashed,
      { scale: "humidity", stroke: () => this.colour("cool"), width: 1, show: humidity, points: { show: false } },
    ];
  }

  axes(humidity) {
    const { times } = this;
    const look = { stroke: () => this.colour("muted"), font: "12px system-ui", ticks: { show: false }, grid: { show: false } };
    const label = (at, step) => (step >= 86400 || at === times.midnight(at) ? times.day(at) : times.clock(at));
    const level = (value) => `${Number.isInteger(value) ? times.whole(value) : times.bare(value)}°`;
    const lines = { stroke: () => this.faint("muted", 0.15), width: 1 };
    return [
      { ...look, gap: STRIP + 8, size: 34 + STRIP, space: 64, values: (_, at, axis, space, step) => at.map((each) => label(each, step)) },
      { ...look, scale: "y", size: 40, space: 36, grid: lines, values: (_, values) => values.map(level) },
      { ...look, scale: "humidity", side: 1, size: 44, space: 36, show: humidity, stroke: () => this.colour("cool"), values: (_, values) => values.map(times.percent) },
    ];
  }

  /** Where an instant lies on the canvas, within the plot. */
  x(at) {
    const { left, width } = this.plot.bbox;
    return Math.min(left + width, Math.max(left, this.plot.valToPos(at, "x", true)));
  }

  drawGround() {
    const { ctx, bbox, scales } = this.plot;
    ctx.save();
    ctx.fillStyle = this.faint("accent", 0.1);
    for (const [opens, closes] of this.data.windows) ctx.fillRect(this.x(opens), bbox.top, this.x(closes) - this.x(opens), bbox.height);
    ctx.strokeStyle = this.faint("muted", 0.6);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const at of this.times.midnights(scales.x.min, scales.x.max)) {
      const line = Math.round(this.x(at)) + 0.5;
      ctx.moveTo(line, bbox.top);
      ctx.lineTo(line, bbox.top + bbox.height + STRIP * devicePixelRatio);
    }
    ctx.stroke();
    ctx.restore();
  }

  drawStrip() {
    const { ctx, bbox } = this.plot;
    const [top, tall] = [bbox.top + bbox.height + 3 * devicePixelRatio, STRIP * devicePixelRatio];
    ctx.save();
    ctx.fillStyle = this.faint("muted", 0.18);
    ctx.fillRect(bbox.left, top, bbox.width, tall);
    for (const { start, end, doing, seconds } of this.data.running) {
      const [from, to] = [this.x(start), this.x(end)];
      if (from === to && (from === bbox.left || from === bbox.left + bbox.width)) continue; // not within what is shown
      const full = Math.min(1, seconds / Math.max(1, end - start));
      ctx.fillStyle = this.faint(SHADES[doing] ?? "muted", 0.25 + 0.75 * full);
      ctx.fillRect(from, top, Math.max(to - from, 1), tall);
    }
    ctx.restore();
  }
}

/** A steady room is not drawn as a mountain range. */
function spread(low, high) {
  if (low === null || high === null) return [15, 25];
  const room = Math.max(0.3, (high - low) * 0.08, (2 - (high - low)) / 2);
  return [low - room, high + room];
}

function tens(low, high) {
  return [Math.max(0, Math.floor((low ?? 30) / 10) * 10 - 10), Math.min(100, Math.ceil((high ?? 60) / 10) * 10 + 10)];
}

/** Values between two gaps, which have no line of their own. */
function lonely(plot, series) {
  const values = plot.data[series];
  const [first, last] = plot.series[0].idxs;
  const found = [];
  for (let at = first; at <= last; at++) {
    if (values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null) found.push(at);
  }
  return found;
}
