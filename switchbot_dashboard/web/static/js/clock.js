// Fields for a time of day: "7:30", "0730", "7h30" and "7.30" become "07:30"; the arrows step the hour or the minutes.

const CLOCK = /^([0-9]{1,2})(?:\s*[:.,h]\s*([0-9]{2})|\s*h|([0-9]{2}))?$/i;
const DAY = 24 * 60; // minutes

/** The time that was typed, as `07:30`; what is none as it was typed. */
export function clockTyped(text) {
  const plain = text.trim();
  const found = CLOCK.exec(plain);
  const [hour, minute] = found ? [Number(found[1]), Number(found[2] ?? found[3] ?? 0)] : [24, 60];
  return hour < 24 && minute < 60 ? told(hour * 60 + minute) : plain;
}

function told(minutes) {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

function stepped(field, way) {
  const [hour, minute] = clockTyped(field.value || "00:00").split(":").map(Number);
  if (!Number.isInteger(hour + minute)) return;
  const caret = field.selectionStart;
  const inHours = caret <= 2;
  const before = hour * 60 + minute;
  const after = inHours ? before + 60 * way : way > 0 ? Math.floor(before / 5) * 5 + 5 : Math.ceil(before / 5) * 5 - 5;
  field.value = told((after + DAY) % DAY);
  field.setSelectionRange(inHours ? 0 : 3, inHours ? 2 : 5);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-clock]")) target.value = clockTyped(target.value);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-clock]") || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  stepped(event.target, event.key === "ArrowUp" ? 1 : -1);
});
