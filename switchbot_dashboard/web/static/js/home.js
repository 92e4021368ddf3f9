// Keeps the first page current: asks often only while someone looks, and changes only what changed.

import { put, setClock, tellTimes } from "./times.js";

const SHOWN = 3_000;
const HIDDEN = 60_000;
const words = document.getElementById("words").dataset;
const seen = new Map(); // the last text of each part, as it was sent
let tag = document.body.dataset.tag;
let lostAt = null;
let timer = 0;
let asking = false;

async function ask(url, headers = {}) {
  const answer = await fetch(url, { headers: { Accept: "application/json", ...headers }, cache: "no-store" });
  if (answer.status === 401) location.assign("/login");
  if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  return answer;
}

async function refresh() {
  const state = await ask("/api/state", { "If-None-Match": tag });
  if (state.status === 304) return;
  const answer = await (await ask("/parts/home")).json();
  setClock(answer.now);
  if (!Object.keys(answer.parts).every((id) => document.getElementById(id))) return location.reload(); // new zones
  for (const [id, html] of Object.entries(answer.parts)) show(id, html);
  tag = answer.tag;
  tellTimes();
}

function show(id, html) {
  if (seen.get(id) === html) return;
  seen.set(id, html);
  const place = document.getElementById(id);
  if (place.querySelector('[aria-busy="true"]')) return void seen.delete(id); // its answer comes first
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
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
  const style = { hour: "2-digit", minute: "2-digit", hour12: false };
  const line = document.getElementById("offline");
  put(line, words.lost.replace("{}", lostAt.toLocaleTimeString(document.documentElement.lang, style)));
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
    tell(said, words.silence, "warn");
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
    button.focus();
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
timer = setTimeout(follow, SHOWN);
