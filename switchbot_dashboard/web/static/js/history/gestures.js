// Zoom and pan: two fingers or the wheel come closer, one finger or the mouse moves along. A touch that goes up or down
// scrolls the page, as anywhere else.

const SHORTEST = 5 * 60; // seconds shown at least
const LONGEST = 3650 * 86400;
const WHEEL = 0.0015;
const STILL = 6; // pixels: a hand is never quite still

/** Lets `over`, the chart's plane, be moved. `view()` is what is shown as [from, to]; `show` shows something else. */
export function movable(over, view, show, reset) {
  const hand = new Hand(over, view, show);
  over.addEventListener("pointerdown", (event) => hand.down(event));
  over.addEventListener("pointermove", (event) => hand.move(event));
  over.addEventListener("pointerup", (event) => hand.up(event));
  over.addEventListener("pointercancel", (event) => hand.up(event));
  over.addEventListener("wheel", (event) => turnWheel(event, over, view, show), { passive: false });
  over.addEventListener("dblclick", reset);
}

/** The fingers on the chart, or the mouse with its button down. */
class Hand {
  constructor(over, view, show) {
    [this.over, this.view, this.show] = [over, view, show];
    this.fingers = new Map();
  }

  down(event) {
    if (event.target.closest(".mark") || (event.pointerType === "mouse" && event.button !== 0)) return;
    this.fingers.set(event.pointerId, { x: this.x(event), moved: false });
    this.begin();
  }

  move(event) {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    const x = this.x(event);
    if (!finger.moved && this.fingers.size === 1 && Math.abs(x - finger.x) < STILL) return;
    if (!finger.moved) {
      finger.moved = true;
      this.over.setPointerCapture(event.pointerId);
      this.over.classList.add("moving");
    }
    finger.x = x;
    this.follow();
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    this.over.classList.toggle("moving", this.fingers.size > 0);
    if (this.fingers.size) this.begin();
  }

  begin() {
    const [from, to] = this.view();
    this.began = { from, to, ...this.grip() };
  }

  /** What lay under the hand when it began stays under it. */
  follow() {
    const { from, to, middle: before, apart: wide } = this.began;
    const { middle, apart } = this.grip();
    const width = this.over.clientWidth;
    const length = bounded((to - from) * (apart > 8 && wide > 8 ? wide / apart : 1));
    const under = from + ((to - from) * before) / width;
    this.show(under - (length * middle) / width, under + length * (1 - middle / width));
  }

  grip() {
    const [first, second] = [...this.fingers.values()].map((finger) => finger.x);
    return { middle: (first + (second ?? first)) / 2, apart: Math.abs(first - (second ?? first)) };
  }

  x(event) {
    return event.clientX - this.over.getBoundingClientRect().left;
  }
}

function turnWheel(event, over, view, show) {
  event.preventDefault();
  const [from, to] = view();
  const pixels = event.deltaMode ? 16 : 1;
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (sideways) {
    const by = ((to - from) * sideways * pixels) / over.clientWidth;
    return show(from + by, to + by);
  }
  const share = (event.clientX - over.getBoundingClientRect().left) / over.clientWidth;
  const length = bounded((to - from) * Math.exp(event.deltaY * pixels * WHEEL));
  const under = from + (to - from) * share;
  show(under - length * share, under + length * (1 - share));
}

/** The same by buttons: `closer`, `further`, `earlier`, `later`. */
export function moved(name, [from, to]) {
  const length = to - from;
  const middle = (from + to) / 2;
  if (name === "earlier") return [from - length / 2, to - length / 2];
  if (name === "later") return [from + length / 2, to + length / 2];
  const half = bounded(length * (name === "closer" ? 0.5 : 2)) / 2;
  return [middle - half, middle + half];
}

function bounded(length) {
  return Math.min(LONGEST, Math.max(SHORTEST, length));
}
