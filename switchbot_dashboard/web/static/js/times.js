// Keeps what is said of times current: "2 min ago", "in 6 min", and bars that fill.

const page = document.body;
const words = document.getElementById("words")?.dataset ?? {};
const gap = document.documentElement.lang === "fr" ? "\u00a0" : " ";
let ahead = Date.parse(page.dataset.now) - Date.now() || 0; // how far the server's clock is ahead of ours

export const now = () => Date.now() + ahead;

export function setClock(iso) {
  ahead = Date.parse(iso) - Date.now();
}

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function span(seconds) {
  if (seconds < 120) return `${seconds}${gap}s`;
  const minutes = Math.round(seconds / 60);
  if (seconds >= 2 * 86400) return words.days.replace("{}", Math.round(seconds / 86400));
  if (minutes < 120) return `${minutes}${gap}min`;
  const hours = `${Math.floor(minutes / 60)}${gap}h`;
  return minutes % 60 ? `${hours}${gap}${minutes % 60}${gap}min` : hours;
}

export function tellTimes() {
  for (const element of document.querySelectorAll("[data-past]")) {
    const seconds = Math.round((now() - Date.parse(element.dateTime)) / 1000);
    put(element, seconds < 5 ? words.justNow : words.ago.replace("{}", span(seconds)));
  }
  for (const element of document.querySelectorAll("[data-coming]")) {
    const seconds = Math.round((Date.parse(element.dateTime) - now()) / 1000);
    put(element, seconds <= 0 ? words.now : words.ahead.replace("{}", span(seconds)));
  }
  for (const element of document.querySelectorAll("progress[data-from]")) {
    element.value = Math.max(0, (now() - Date.parse(element.dataset.from)) / 1000);
  }
}
