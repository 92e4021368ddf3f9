// Makes the settings form quicker: rows come and go in place, a change from elsewhere is told, mistakes are marked early.

import { clockTyped } from "./js/clock.js";

const LOOK = 1_000; // ms between two looks at the file while someone looks at the page
const form = document.getElementById("settings");
const elsewhere = document.getElementById("elsewhere");
const left = document.getElementById("left");
let dirty = false;
let leaving = false;
let asking = false;

function furnish() {
  for (const select of form.querySelectorAll("[data-pick]")) offerOther(select);
  const zones = document.getElementById("time-zones");
  if (zones && !zones.children.length && Intl.supportedValuesOf) {
    zones.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
  }
}

function offerOther(select) {
  const other = select.parentElement.querySelector(".other");
  other.hidden = select.value !== "(other)" && !other.value;
  other.disabled = other.hidden;
}

function tellEnd(row) {
  const [start, end] = row.querySelectorAll(".edge input");
  const [opens, closes] = [clockTyped(start.value), clockTyped(end.value)];
  const overnight = [opens, closes].every((time) => /^\d\d:\d\d$/.test(time)) && closes < opens;
  const clock = document.documentElement.lang === "fr" ? closes.replace(/^0?(\d+):/, "$1\u00a0h\u00a0") : closes;
  row.querySelector(".until").textContent = overnight ? row.closest(".windows").dataset.overnight.replace("%", clock) : "";
}

function check(input) {
  const text = input.value.trim().replace(/(?<=\d)\s(?=\d)/g, "").replace(",", ".");
  const value = Number(text);
  const fits = text === "" || (Number.isFinite(value) && value >= Number(input.dataset.least) &&
    value <= Number(input.dataset.most) && (!("whole" in input.dataset) || Number.isInteger(value)));
  if (fits) input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
}

async function arrange(button) {
  const typed = new FormData(form);
  typed.append(button.name, button.value);
  button.setAttribute("aria-busy", "true");
  try {
    const sent = { method: "POST", body: new URLSearchParams(typed), headers: { Accept: "text/html" } };
    const answer = await fetch("/settings", sent);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("settings");
    if (!found) throw new Error("no form came back");
    replace(found);
  } catch {
    button.removeAttribute("aria-busy");
    leaving = true;
    form.requestSubmit(button); // the plain way says what is wrong
  }
}

function replace(found) {
  const open = new Set([...form.querySelectorAll("details[open]")].map(place));
  form.replaceChildren(...found.childNodes);
  for (const details of form.querySelectorAll("details")) if (open.has(place(details))) details.open = true;
  furnish();
  const target = found.dataset.at && document.getElementById(found.dataset.at);
  for (let outer = target; outer; outer = outer.parentElement?.closest("details")) if (outer.matches("details")) outer.open = true;
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}

const place = (details) => details.id || `${details.parentElement.closest("[id]").id}/${details.querySelector("summary").textContent.trim()}`;

/** Puts the answer to a question in its place; where no answer comes, the plain way says why. */
async function ask(button) {
  if (button.getAttribute("aria-busy") === "true") return;
  const place = document.getElementById(button.dataset.part);
  const typed = new FormData(form);
  typed.append("part", "1");
  button.setAttribute("aria-busy", "true");
  try {
    const sent = { method: "POST", body: new URLSearchParams(typed), headers: { Accept: "application/json, text/html;q=0.9" } };
    const answer = await fetch(button.formAction, sent);
    const json = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (json) return say(place, (await answer.json()).message);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("what-if");
    if (!found) {
      leaving = true;
      button.removeAttribute("aria-busy");
      return form.requestSubmit(button);
    }
    place.replaceChildren(found);
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "start" });
  } catch {
    say(place, button.dataset.silence);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function say(place, message) {
  const line = Object.assign(document.createElement("p"), { className: "banner warn", textContent: message });
  place.replaceChildren(line);
  line.scrollIntoView({ block: "center" });
}

async function look() {
  if (asking || document.hidden || leaving) return;
  asking = true;
  try {
    const tag = `"${form.dataset.etag}"`;
    const answer = await fetch("/api/settings", { headers: { "If-None-Match": tag, Accept: "application/json" }, cache: "no-store" });
    left.hidden = answer.status !== 401;
    if (answer.status === 304) elsewhere.hidden = true;
    else if (answer.ok) elsewhere.hidden = answer.headers.get("ETag")?.replace("W/", "") === tag;
  } catch {
    // the page stays as it is; saving will say what is wrong
  } finally {
    asking = false;
  }
}

function open(target) {
  for (let outer = target?.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}

form.addEventListener("input", (event) => {
  dirty = true;
  if (event.target.matches(".edge input")) tellEnd(event.target.closest(".window"));
  if (event.target.matches(".whole input") && !event.target.checked) {
    const [start, end] = event.target.closest(".window").querySelectorAll(".edge input");
    if (clockTyped(start.value) === clockTyped(end.value)) end.value = "";
  }
});
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick]")) offerOther(event.target);
  if (event.target.matches("[data-least]")) check(event.target);
});
form.addEventListener("click", (event) => {
  const link = event.target.closest('#wrong a[href^="#"]');
  if (!link) return;
  event.preventDefault();
  open(document.getElementById(link.hash.slice(1)));
});
form.addEventListener("submit", (event) => {
  if (!leaving && event.submitter?.matches("[data-part]")) {
    event.preventDefault();
    return void ask(event.submitter);
  }
  if (leaving || !event.submitter?.matches("[data-row]")) return void (leaving = true);
  event.preventDefault();
  dirty = true;
  arrange(event.submitter);
});
window.addEventListener("beforeunload", (event) => dirty && !leaving && event.preventDefault());
window.addEventListener("pageshow", () => (leaving = false));
document.addEventListener("visibilitychange", look);
elsewhere.querySelector("a").addEventListener("click", () => (leaving = true));

furnish();
document.getElementById("wrong")?.focus();
setInterval(look, LOOK);
