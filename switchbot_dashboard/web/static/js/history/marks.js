// Commands and errors as links over the chart; where they lie too close together, one button that looks closer.

const FINGER = matchMedia("(pointer: coarse)");
const apart = () => (FINGER.matches ? 44 : 24); // pixels: as wide as a mark is to be pressed, so none covers another

/** Puts the marks of `data` over the chart. `closer(from, to)` shows the time in which several lie. */
export function placeMarks(chart, data, words, times, closer) {
  const layer = chart.over;
  const held = document.activeElement?.closest?.(".mark")?.dataset.key;
  for (const old of layer.querySelectorAll(".mark")) old.remove();
  const shown = data.marks.filter((mark) => mark.at >= chart.scales.x.min && mark.at <= chart.scales.x.max);
  for (const row of [shown.filter((mark) => mark.kind !== "error"), shown.filter((mark) => mark.kind === "error")]) {
    for (const group of grouped(row, chart)) layer.append(element(group, chart, words, times, closer));
  }
  if (held) layer.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
}

/** Marks with their places; those whose middles would lie too close together are one. */
function grouped(marks, chart) {
  const groups = [];
  const middle = ({ from, to }) => (from + to) / 2;
  for (const mark of marks) {
    const x = chart.valToPos(mark.at, "x");
    groups.push({ from: x, to: x, marks: [mark] });
    while (groups.length > 1 && middle(groups.at(-1)) - middle(groups.at(-2)) < apart()) {
      const { to, marks: more } = groups.pop();
      groups.at(-1).to = to;
      groups.at(-1).marks.push(...more);
    }
  }
  return groups.map((group) => ({ x: middle(group), marks: group.marks }));
}

function element({ x, marks }, chart, words, times, closer) {
  const [first, last] = [marks[0], marks.at(-1)];
  const error = first.kind === "error";
  const alone = marks.length === 1;
  const found = document.createElement(alone ? "a" : "button");
  found.className = `mark ${error ? "down" : "up"} ${tone(marks)}`;
  found.dataset.key = `${first.kind}-${first.id}`;
  found.style.left = `${x}px`;
  found.append(sign(marks.every((mark) => mark.kind !== "command") ? "✕" : marks.every(turnsOff) ? "▽" : "▲"));
  if (alone) {
    found.href = `/ticks/${first.id}`;
    name(found, `${times.moment(first.at)}: ${told(first, words)}`);
    return found;
  }
  found.type = "button";
  found.append(sign(String(marks.length), "many"));
  name(found, words.commands.replace("{count}", marks.length) + ` (${times.moment(first.at)} – ${times.moment(last.at)})`);
  const room = Math.max(60, (last.at - first.at) * 0.3);
  found.addEventListener("click", () => closer(first.at - room, last.at + room));
  return found;
}

function told(mark, words) {
  const outcome = words.outcomes[mark.outcome] ?? mark.outcome;
  return mark.kind === "failed" ? `${words.turns[mark.turn] ?? outcome}, ${words.failed}` : outcome;
}

const turnsOff = (mark) => mark.turn === "off";

function tone(marks) {
  if (marks.some((mark) => mark.kind !== "command")) return marks[0].kind === "error" ? "error" : "failed";
  const on = marks.find((mark) => mark.turn === "on");
  return on ? (on.outcome.startsWith("summer") ? "cooling" : "on") : "off";
}

function sign(text, kind = "") {
  const span = document.createElement("span");
  span.textContent = text;
  span.className = kind;
  span.ariaHidden = "true";
  return span;
}

function name(found, words) {
  found.setAttribute("aria-label", words);
  found.title = words;
}
