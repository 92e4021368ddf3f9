// The bell: its count stays current only while someone looks, and it opens what came last. Reading marks as read.

import { put, tellTimes } from "./times.js";

const EVERY = 5_000;
const bell = document.querySelector("details.bell");
let tag = "";
let known = null; // how many were unread when it was last asked
let timer = 0;
let asking = false;

async function ask() {
  const headers = { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) };
  const answer = await fetch(bell.dataset.url, { headers, cache: "no-store" });
  if (answer.status === 304 || !answer.ok) return;
  tag = answer.headers.get("ETag") ?? "";
  show(await answer.json());
}

function show({ count, shown, words, first, html }) {
  const figure = bell.querySelector(".count");
  const asDrawn = known === null && (figure.hidden ? count === 0 : figure.textContent === shown);
  put(figure, shown);
  figure.hidden = count === 0;
  bell.querySelector("summary").setAttribute("aria-label", words);
  const place = bell.querySelector(".newest");
  const within = place.contains(document.activeElement);
  place.innerHTML = html;
  if (within) (place.querySelector("a") ?? bell.querySelector("summary")).focus();
  if (!asDrawn) document.dispatchEvent(new CustomEvent("news")); // a page that shows it may follow
  if (known !== null && count > known) put(document.getElementById("bell-said"), `${words}: ${first}`);
  known = count;
  tellTimes();
}

async function follow() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  try {
    await ask();
  } catch {
    // the page's own line tells when the dashboard does not answer
  } finally {
    asking = false;
    if (!document.hidden) timer = setTimeout(follow, EVERY);
  }
}

async function post(form) {
  try {
    const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } };
    await (await fetch(form.action, sent)).text(); // unread, it would hold its connection
  } catch {
    return;
  }
  await follow();
}

if (bell) {
  document.addEventListener("visibilitychange", follow);
  document.addEventListener("click", (event) => {
    if (bell.open && !bell.contains(event.target)) bell.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !bell.open) return;
    bell.open = false;
    bell.querySelector("summary").focus();
  });
  bell.addEventListener("submit", (event) => {
    event.preventDefault();
    post(event.target);
  });
  const unread = document.querySelector("form[data-read-at-once]");
  if (unread) {
    post(unread);
  } else {
    follow();
  }
}
