// The history page: asks for what is shown, a little beyond it, and finer when someone looks closer.

import { clockTyped } from "../clock.js";
import { Chart } from "./chart.js";
import { movable, moved } from "./gestures.js";
import { placeMarks } from "./marks.js";
import { fillTable, rowsAddress } from "./table.js";
import { formats } from "./times.js";

const SETTLED = 250; // ms after the last movement before anything is asked for
const RENEWED = 60_000; // ms between two looks while the present is shown
const MARGIN = 0.5; // how much beyond what is shown is fetched, in its own length

const root = document.getElementById("history");
const words = JSON.parse(root.dataset.words);
const times = formats(root.dataset.language, root.dataset.timezone);
const zone = root.dataset.zone;
const place = document.getElementById("chart");
const part = (id) => document.getElementById(id);

let wanted = [Date.parse(root.dataset.start) / 1000, Date.parse(root.dataset.end) / 1000]; // what reset goes back to
let typed = part("own").querySelector("[aria-invalid]") !== null; // whether a range was filled in, which stands until it is asked for
let follows = root.dataset.own === "0"; // whether the end is the present
let data = null;
let loaded = null; // the time that was fetched
let chart = null;
let timer = 0;
let asked = 0;
let ahead = 0; // how far the server's clock is ahead of ours, in seconds

const now = () => Date.now() / 1000 + ahead;

function tall() {
  return innerWidth < 900 ? 320 : Math.min(460, Math.max(320, innerHeight - 380));
}

function build() {
  const view = chart?.view;
  chart?.destroy();
  chart = new Chart(place, {
    times,
    timezone: root.dataset.timezone,
    height: tall(),
    humidity: part("humidity").checked,
    moved: settle,
    read: tell,
  });
  movable(chart.plot.over, () => chart.view, show, reset);
  if (data) chart.set(data, ...(view ?? wanted));
}

function show(from, to) {
  chart.show(from, to);
}

function reset() {
  show(...wanted);
}

function settle() {
  if (!chart || !data) return;
  placeMarks(chart.plot, data, words, times, show);
  clearTimeout(timer);
  timer = setTimeout(look, SETTLED);
}

/** Fetches what the shown time needs: what lies beyond what is known, or finer steps of it. */
function look() {
  const [from, to] = chart.view;
  const beyond = from < loaded[0] || to > loaded[1];
  const finer = data.granularity !== "raw" && to - from < (loaded[1] - loaded[0]) / 5;
  if (beyond || finer) load(from, to);
  else about(from, to);
}

async function load(from, to, margin = MARGIN) {
  const turn = ++asked;
  const room = (to - from) * margin;
  const range = [from - room, to + room];
  part("loading").hidden = false;
  try {
    const fresh = await json(`/history/api/data?${query(range)}`);
    if (turn !== asked) return;
    [data, loaded] = [fresh, range];
    found(from, to);
  } catch (error) {
    if (turn === asked) lost(error);
  } finally {
    if (turn === asked) part("loading").hidden = true;
  }
}

function found(from, to) {
  part("trouble").hidden = true;
  ahead = (Date.parse(data.now) - Date.now()) / 1000;
  const empty = !data.times.length && from >= wanted[0] && to <= wanted[1];
  part("empty").hidden = !empty;
  place.hidden = empty;
  if (!empty && !chart) build();
  if (!empty) chart.set(data, from, to);
  if (!empty) placeMarks(chart.plot, data, words, times, show);
  tell(null);
  about(from, to);
}

function lost() {
  const line = part("trouble");
  if (line.hidden) line.textContent = words.lost.replace("{time}", times.clock(Date.now() / 1000));
  line.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (chart && data ? load(...chart.view) : load(...wanted, 0)), 10_000);
}

/** Everything beside the chart that speaks of the shown time. */
async function about(from, to) {
  const span = `${times.moment(from)} – ${times.moment(to)}`;
  part("shown").textContent = span;
  place.setAttribute("aria-label", words.chart.replace("{start}", times.moment(from)).replace("{end}", times.moment(to)));
  for (const kind of ["csv", "json"]) part(`export-${kind}`).href = `/history/export.${kind}?${query([from, to])}`;
  if (!typed) {
    for (const [name, at] of [["start", from], ["end", to]]) [part(name).value, part(`${name}_time`).value] = times.field(at);
  }
  try {
    const { facts } = await json(`/history/api/words?${query([from, to])}`);
    if (part("shown").textContent !== span) return;
    part("facts").replaceChildren(...facts.map(fact));
    if (part("as-table").open) await table(from, to);
  } catch (error) {
    lost(error);
  }
}

async function table(from, to) {
  fillTable(part("as-table").querySelector("table"), await json(rowsAddress(zone, from, to)), words, times);
}

function fact([name, value]) {
  const found = document.createElement("div");
  const [term, told] = [document.createElement("dt"), document.createElement("dd")];
  [term.textContent, told.textContent] = [name, value];
  found.append(term, told);
  return found;
}

/** All series at the cursor, or the last known values where there is none. */
function tell(index) {
  if (!data?.times.length) return part("readout").replaceChildren();
  const at = index ?? data.temperature.findLastIndex((value) => value !== null);
  if (at < 0 || at === undefined) return part("readout").replaceChildren();
  const value = (name) => data[name]?.[at] ?? null;
  const told = [times.moment(data.times[at])];
  if (value("temperature") !== null) told.push(Object.assign(document.createElement("strong"), { textContent: times.degrees(value("temperature")) }));
  if (value("humidity") !== null) told.push(times.percent(value("humidity")));
  if (value("low") !== null) told.push(`${times.bare(value("low"))} – ${times.degrees(value("high"))}`);
  const ran = data.running.find(({ start, end }) => start <= data.times[at] && data.times[at] < end);
  if (ran) told.push(Object.assign(document.createElement("span"), { textContent: words[ran.doing], className: ran.doing }));
  part("readout").replaceChildren(...told.map((item) => (typeof item === "string" ? Object.assign(document.createElement("span"), { textContent: item }) : item)));
}

function query([from, to]) {
  const iso = (at) => new Date(Math.round(at) * 1000).toISOString().replace(".000", "");
  return new URLSearchParams({ zone, start: iso(from), end: iso(to) });
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Shows another range, and keeps it in the address. */
function choose(from, to, address, link) {
  wanted = [from, to];
  follows = Boolean(link);
  for (const other of root.querySelectorAll("[data-range]")) other.toggleAttribute("aria-current", other === link);
  link?.setAttribute("aria-current", "true");
  history.replaceState(null, "", address);
  load(from, to, 0);
}

for (const link of root.querySelectorAll("[data-range]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(now() - Number(link.dataset.seconds), now(), link.href, link);
  });
}
part("own").addEventListener("input", () => (typed = true));
part("own").addEventListener("submit", (event) => {
  const [start, end] = ["start", "end"].map((name) => `${part(name).value}T${clockTyped(part(`${name}_time`).value) || "00:00"}`);
  const wrong = !(start < end) || Date.parse(end) - Date.parse(start) > 3653 * 86_400_000;
  part("own-fault").hidden = !wrong;
  if (wrong) event.preventDefault();
});
part("humidity").addEventListener("change", () => chart && build());
part("as-table").addEventListener("toggle", () => part("as-table").open && chart && table(...chart.view).catch(lost));
for (const button of root.querySelectorAll("[data-move]")) {
  button.addEventListener("click", () => {
    if (!chart) return;
    if (button.dataset.move === "reset") reset();
    else show(...moved(button.dataset.move, chart.view));
  });
}
const fit = () => place.clientWidth && chart?.resize(place.clientWidth, tall());
new ResizeObserver(fit).observe(root);
addEventListener("resize", fit);
const recolour = () => chart?.recolour();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
setInterval(() => {
  if (document.hidden || !follows) return;
  const before = wanted;
  wanted = [now() - (before[1] - before[0]), now()];
  const view = chart?.view ?? before;
  if (Math.abs(view[0] - before[0]) < 1 && Math.abs(view[1] - before[1]) < 1) load(...wanted, 0);
}, RENEWED);

load(...wanted, 0);
