// What every page does: its times stay current, and "more" closes when one looks elsewhere.

import { tellTimes } from "./times.js";

const more = document.querySelector(".more");

document.addEventListener("click", (event) => {
  if (more?.open && !more.contains(event.target)) more.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !more?.open) return;
  more.open = false;
  more.querySelector("summary").focus();
});
setInterval(() => document.hidden || tellTimes(), 1000);
