// What must hold on every page, asked of the page itself: each function answers with the elements that break it.
window.checks = (() => {
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 140);
  const visible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.getClientRects().length > 0;
  const all = (selector, under = document.body) => [...under.querySelectorAll(selector)].filter(visible);

  function* ancestry(element) {
    for (let each = element; each && each !== document.body; each = each.parentElement) yield [each, getComputedStyle(each)];
  }
  const lifted = (style) => style.position === "absolute" && Number(style.zIndex) > 0; // over the page on purpose
  const afloat = (element) => [...ancestry(element)].some(
    ([, style]) => ["fixed", "sticky"].includes(style.position) || lifted(style));
  const forEars = (element) => [...ancestry(element)].some(([each, style]) => {
    const box = each.getBoundingClientRect();
    return style.overflowX !== "visible" && (box.width <= 2 || box.height <= 2);
  });

  /** Elements beyond the window's width, and elements beyond the padding of the card that holds them. */
  function overflow() {
    const root = document.documentElement;
    const found = [];
    if (Math.max(root.scrollWidth, document.body.scrollWidth) > innerWidth) {
      found.push(`the page is ${root.scrollWidth} px wide in ${innerWidth}`);
      found.push(...all("*").filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5).slice(0, 5).map(told));
    }
    for (const card of all(".card, .banner, .sheet")) {
      const style = getComputedStyle(card);
      const edge = card.getBoundingClientRect().right - parseFloat(style.borderRightWidth) - parseFloat(style.paddingRight);
      const scrolls = (each) => [...ancestry(each.parentElement)].some(([, style]) => ["auto", "scroll"].includes(style.overflowX));
      const free = (each) => each.closest("svg, canvas, .u-wrap") || scrolls(each) || getComputedStyle(each).position === "absolute";
      const beyond = (each) => each.getBoundingClientRect().right > edge + 1.5 && !free(each);
      found.push(...all("*", card).filter(beyond).slice(0, 3).map((each) => `out of its card: ${told(each)}`));
    }
    return found;
  }

  /** Controls smaller than a finger. Links within a text are exempt; a label counts for its field. */
  function smallTargets(least) {
    const inText = (each) => each.matches("a") && getComputedStyle(each).display === "inline"
      && each.parentElement.textContent.trim() !== each.textContent.trim();
    const forKeys = '[tabindex="-1"][aria-hidden="true"]'; // pressed by Enter alone
    const found = [];
    for (const each of all('a[href], button, summary, input:not([type="hidden"]), select, textarea, [role="button"]')) {
      if (inText(each) || each.matches(".skip") || each.matches(forKeys)) continue;
      const boxes = [each, ...(each.labels ?? [])].map((part) => part.getBoundingClientRect());
      const across = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
      const down = Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top));
      const wide = each.matches(".mark") && matchMedia("(pointer: fine)").matches ? 24 : least; // side by side in time
      if (across < wide - 0.5 || down < least - 0.5) found.push(`${Math.round(across)} x ${Math.round(down)}: ${told(each)}`);
    }
    return found;
  }

  /** Elements whose text is hidden because it does not fit. */
  function cutTexts() {
    return all("*").filter((each) => {
      if (!["hidden", "clip"].includes(getComputedStyle(each).overflowX) || each.closest("svg, progress, canvas")) return false;
      return !forEars(each) && each.innerText?.trim() && each.scrollWidth > each.clientWidth + 1;
    }).map((each) => `cut: ${told(each)}`);
  }

  function* texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.trim() && visible(node.parentElement) && !forEars(node.parentElement)) yield node;
    }
  }

  /** Words that were broken in the middle for want of room. */
  function brokenWords() {
    const found = [];
    const range = document.createRange();
    for (const node of texts()) {
      if (node.parentElement.closest("code, pre, svg, .id")) continue;
      for (const { 0: word, index } of node.data.matchAll(/\p{L}{3,}/gu)) {
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) found.push(`broken: ${word} in ${told(node.parentElement)}`);
      }
    }
    return found;
  }

  /** Texts that lie over each other. */
  function overlaps() {
    const range = document.createRange();
    const lines = [];
    for (const node of texts()) {
      if (afloat(node.parentElement) || node.parentElement.matches("option")) continue;
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1) lines.push([box, node]);
    }
    const found = [];
    lines.forEach(([one, first], index) => {
      for (const [other, second] of lines.slice(index + 1)) {
        if (first === second) continue;
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 2 && down > 0.4 * Math.min(one.height, other.height)) {
          found.push(`over each other: "${first.data.trim().slice(0, 40)}" and "${second.data.trim().slice(0, 40)}"`);
        }
      }
    });
    return found.slice(0, 5);
  }

  /** What moved by itself so far, where it was more than `least` of the window: the browser's layout shifts. */
  function jumps(least) {
    return new Promise((done) => {
      const found = [];
      new PerformanceObserver((list) => found.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });
      const what = ({ value, sources }) => sources.filter(({ node }) => node?.outerHTML)
        .map(({ node, previousRect, currentRect }) =>
          `moved by ${value.toFixed(3)} from ${previousRect.top} to ${currentRect.top}: ${told(node)}`);
      const tell = () => done(found.reduce((sum, { value }) => sum + value, 0) > least ? found.flatMap(what) : []);
      requestAnimationFrame(() => requestAnimationFrame(tell));
    });
  }

  /** When the largest thing of the page was painted, in milliseconds after the click that led here. */
  function largestPaint() {
    return new Promise((done) => {
      new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
        .observe({ type: "largest-contentful-paint", buffered: true });
    });
  }

  const stops = new Set();
  const unseen = [];

  /** Watches the focus from here on; answers how many controls Tab should reach. */
  function watchFocus() {
    for (const each of all('a[href], button, summary, input:not([type="hidden"]), select, textarea, [tabindex]')) {
      const group = each.type === "radio" && `input[type=radio][name="${CSS.escape(each.name)}"]:checked`;
      const byArrows = group && !each.checked && document.querySelector(group);
      if (!each.disabled && each.tabIndex >= 0 && !byArrows) stops.add(each);
    }
    const shows = (each) => {
      const style = getComputedStyle(each);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    document.activeElement?.blur();
    document.addEventListener("focusin", ({ target }) => {
      stops.delete(target);
      const shown = [target, target.parentElement, ...(target.labels ?? [])].some(shows);
      if (!shown && target.tabIndex >= 0) unseen.push(told(target));
    });
    return stops.size;
  }

  const focusLeft = () => stops.size;
  const focusFound = () => [[...stops].map(told), unseen];

  return {
    overflow, smallTargets, cutTexts, brokenWords, overlaps, jumps, largestPaint, watchFocus, focusLeft, focusFound,
  };
})();

document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI} (${event.sourceFile})`));
