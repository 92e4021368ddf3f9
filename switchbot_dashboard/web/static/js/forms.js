// A form that says what came of it at its own place, and then shows anew what may have changed. Without this file the
// same form leads to the page with its answer on top.

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-form]")) return;
  event.preventDefault();
  send(event.target);
});

// What came meanwhile is shown too, unless someone is just about to press or choose something there.
document.addEventListener("news", () => {
  const busy = "[data-fresh] :is(select, input, textarea):focus, [data-fresh] details[open], [aria-busy='true']";
  const { activeElement: focused } = document;
  if (!document.querySelector(busy)) renew(focused.dataset.key, focused.closest("[data-told]") ?? document.body);
});

async function send(form) {
  const button = form.querySelector("button");
  const place = form.closest("[data-told]").querySelector(".said");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  place.hidden = true;
  try {
    const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } };
    const answer = await fetch(form.action, sent);
    if (answer.status === 401) return location.assign("/login");
    const told = await answer.json();
    tell(place, told.message, answer.ok ? (told.tone ?? "ok") : "warn");
  } catch {
    tell(place, document.querySelector("[data-silence]").dataset.silence, "warn");
  } finally {
    button.removeAttribute("aria-busy");
  }
  await renew(button.dataset.key, form.closest("[data-told]"));
}

function tell(place, message, tone) {
  place.className = `said ${tone}`;
  place.textContent = message;
  place.hidden = false;
}

/** Reads the page again and puts in what has changed; the focus stays where it was, as far as that is still there. */
async function renew(key, card) {
  let html;
  try {
    html = await (await fetch(location.href, { cache: "no-store" })).text();
  } catch {
    return;
  }
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement;
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const found = fresh.getElementById(part.id);
    if (!found) return location.reload();
    if (part.innerHTML !== found.innerHTML) part.replaceChildren(...found.childNodes);
  }
  if (focused && !focused.isConnected) {
    const again = card.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`) ?? card.querySelector("button, summary, a");
    again?.focus();
  }
}
