// The shown time as a table, a row for each step, for whoever cannot see the chart.

const ROWS = 200;
const STEPS = [["minute", 60], ["5min", 300], ["15min", 900], ["hour", 3600], ["day", 86400]];
const METRICS = "temperature,temperature_min,temperature_max,humidity,low,high,heating,cooling";

/** The address of the rows for a range. */
export function rowsAddress(zone, from, to) {
  const step = STEPS.find(([, seconds]) => (to - from) / seconds <= ROWS)?.[0] ?? "day";
  const query = { zone, start: new Date(from * 1000).toISOString(), end: new Date(to * 1000).toISOString(), granularity: step, metrics: METRICS };
  return `/history/api/data?${new URLSearchParams(query)}`;
}

/** Fills the table. What is not known is a dash. */
export function fillTable(table, data, words, times) {
  const known = (value, form) => (value === null || value === undefined ? "–" : form(value));
  const head = [words.time, words.temperature, words.least, words.most, words.humidity, words.band, words.running];
  table.tHead.replaceChildren(row("th", "col", head));
  const day = data.granularity === "day";
  const rows = data.times.map((at, place) => {
    const band = data.low[place] === null ? "–" : `${times.bare(data.low[place])} – ${times.degrees(data.high[place])}`;
    const cells = [
      day ? times.day(at) : times.moment(at),
      known(data.temperature[place], times.degrees),
      known(data.temperature_min[place], times.degrees),
      known(data.temperature_max[place], times.degrees),
      known(data.humidity[place], times.percent),
      band,
      running(data, place, words, times),
    ];
    return row("td", "", cells);
  });
  table.tBodies[0].replaceChildren(...rows);
}

function running(data, place, words, times) {
  const [heat, cool] = [data.heating[place], data.cooling[place]];
  if (heat === null) return "–";
  const minutes = Math.round((heat + cool) / 60);
  if (!minutes) return words.off;
  return `${heat >= cool ? words.heat : words.cool}, ${times.whole(minutes)} min`;
}

function row(kind, scope, cells) {
  const found = document.createElement("tr");
  cells.forEach((text, place) => {
    const cell = document.createElement(place ? kind : "th");
    cell.scope = scope || "row";
    if (place && kind === "td") cell.removeAttribute("scope");
    cell.textContent = text;
    found.append(cell);
  });
  return found;
}
