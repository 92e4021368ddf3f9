// Keeps the first page current: asks often only while someone looks, and changes only what changed.

const SHOWN = 5_000;
const HIDDEN = 60_000;
const body = document.body;
const seen = new Map(); // the last text of each part, as it was sent
let tag = body.dataset.tag;
let ahead = Date.parse(body.dataset.now) - Date.now(); // how far the server's clock is ahead of ours
let lostAt = null;
let timer = 0;
let asking = false;

const now = () => Date.now() + ahead;

function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

function tellTimes() {
  for (const element of document.querySelectorAll("[data-past]")) {
    const seconds = Math.round((now() - Date.parse(element.dateTime)) / 1000);
    put(element, seconds < 5 ? "just now" : `${span(seconds)} ago`);
  }
  for (const element of document.querySelectorAll("[data-coming]")) {
    const seconds = Math.round((Date.parse(element.dateTime) - now()) / 1000);
    put(element, seconds <= 0 ? "now" : `in ${span(seconds)}`);
  }
  for (const element of document.querySelectorAll("progress[data-from]")) {
    element.value = Math.max(0, (now() - Date.parse(element.dataset.from)) / 1000);
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function ask(url, headers = {}) {
  const answer = await fetch(url, { headers: { Accept: "application/json", ...headers }, cache: "no-store" });
  if (answer.status === 401) location.assign("/login");
  if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  return answer;
}

async function refresh() {
  const state = await ask("/api/state", { "If-None-Match": tag });
  if (state.status === 304) return;
  const fresh = state.headers.get("ETag");
  const answer = await (await ask("/parts/home")).json();
  ahead = Date.parse(answer.now) - Date.now();
  if (!Object.keys(answer.parts).every((id) => document.getElementById(id))) return location.reload(); // new zones
  for (const [id, html] of Object.entries(answer.parts)) show(id, html);
  tag = fresh;
  tellTimes();
}

function show(id, html) {
  if (seen.get(id) === html) return;
  seen.set(id, html);
  const place = document.getElementById(id);
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  if (place.querySelector('[aria-busy="true"]')) return void seen.delete(id); // its answer comes first
  place.innerHTML = html;
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

async function follow() {
  clearTimeout(timer);
  if (asking) return;
  asking = true;
  try {
    await refresh();
    found();
  } catch {
    lost();
  } finally {
    asking = false;
    timer = setTimeout(follow, document.hidden ? HIDDEN : SHOWN);
  }
}

function lost() {
  lostAt ??= new Date();
  const clock = lostAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  const line = document.getElementById("offline");
  put(line, `The dashboard has not answered since ${clock}. This is what was known then; it is asked again by itself.`);
  line.hidden = false;
}

function found() {
  lostAt = null;
  document.getElementById("offline").hidden = true;
}

async function press(form) {
  const button = form.querySelector("button");
  const said = form.closest("section, .banner").querySelector(".said");
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  said.hidden = true;
  try {
    const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } };
    const answer = await fetch(form.action, sent);
    if (answer.status === 401) return location.assign("/login");
    const told = await answer.json();
    tell(said, told.message, told.tone ?? "warn");
  } catch {
    tell(said, "No answer came. Look at what is shown in a moment before you press again.", "warn");
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
    follow();
  }
}

function tell(place, message, tone) {
  place.className = `said ${tone}`;
  place.textContent = message;
  place.hidden = false;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-act]")) return;
  event.preventDefault();
  press(event.target);
});
document.addEventListener("visibilitychange", () => document.hidden || follow());
window.addEventListener("online", follow);
setInterval(() => document.hidden || tellTimes(), 1000);
timer = setTimeout(follow, SHOWN);
