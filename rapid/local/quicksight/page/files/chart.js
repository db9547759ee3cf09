// Draws charts: Vega-Lite, whose expressions are interpreted, so that no script is made of text.

import { written, writtenTime } from "./written.js";

const here = new URL(".", import.meta.url);
/** The size of letters on paper, in pixels of the page; charts keep those of the screen, and are drawn larger and shrunk. */
const PAPER_LETTERS = 10;
let letters = 16;
/** The views that are shown, by the element that each is in. */
const drawn = new Map();
let vegaLoaded = null;

function script(name) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(name, here);
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${name} could not be loaded`));
    document.head.append(element);
  });
}

async function loadVega() {
  await script("vendor/vega.min.js");
  const [, { expressionInterpreter }] = await Promise.all([
    script("vendor/vega-lite.min.js"),
    import("./vendor/vega-interpreter.js"),
  ]);
  vega.expressionFunction("written", written);
  vega.expressionFunction("written_time", writtenTime);
  return expressionInterpreter;
}

/** Begin to load what draws. */
export function prepare() {
  vegaLoaded ??= loadVega();
  return vegaLoaded;
}

/** Draw a chart into an element, at the element's size. */
export async function draw(element, spec) {
  const expr = await prepare();
  if (!element.isConnected) return;
  const { width, height } = size(element);
  const sized = { ...spec, width, height, autosize: { type: "fit", contains: "padding" }, padding: 0 };
  const compiled = vegaLite.compile(sized, { config: config(width) }).spec;
  const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
    expr,
    renderer: "svg",
    container: element,
    hover: false,
    tooltip: tell,
  });
  drawn.set(element, view);
  await view.runAsync();
  resizing.observe(element);
}

/** Forget the charts inside of an element. */
export function forget(parent) {
  for (const [element, view] of drawn) {
    if (!parent.contains(element)) continue;
    resizing.unobserve(element);
    view.finalize();
    drawn.delete(element);
  }
}

/** Give charts the size that their elements have now. */
export function fit(elements = drawn.keys()) {
  for (const element of elements) {
    const view = drawn.get(element);
    const { width, height } = size(element);
    if (!view || !width || !height || (view.width() === width && view.height() === height)) continue;
    view.width(width).height(height).run();
  }
}

const resizing = new ResizeObserver((entries) => fit(entries.map((entry) => entry.target)));

/** On paper charts are drawn larger than they stand there, so that their letters are as small as the others. */
function size(element) {
  const share = document.documentElement.classList.contains("printing") ? letters / PAPER_LETTERS : 1;
  return { width: Math.floor(share * element.clientWidth), height: Math.floor(share * element.clientHeight) };
}

function config(width) {
  const style = getComputedStyle(document.documentElement);
  const rem = parseFloat(style.fontSize);
  letters = rem;
  const font = getComputedStyle(document.body).fontFamily;
  const small = 0.8 * rem;
  const columns = Math.max(2, Math.floor(width / (9 * rem)));
  return {
    aria: false,
    background: null,
    customFormatTypes: true,
    font,
    mark: { color: "var(--data-1)" },
    text: { color: "var(--ink)", fill: "var(--ink)", fontSize: small },
    view: { stroke: null },
    axis: {
      labelColor: "var(--quiet)",
      labelFontSize: small,
      labelLimit: Math.min(11 * rem, 0.45 * width),
      labelLineHeight: rem,
      labelPadding: 0.4 * rem,
      titleColor: "var(--quiet)",
      titleFontSize: small,
      titleFontWeight: "normal",
      gridColor: "var(--grid)",
      domainColor: "var(--grid)",
      tickColor: "var(--grid)",
    },
    legend: {
      columns,
      labelColor: "var(--ink)",
      labelFontSize: small,
      labelLimit: width / columns - 1.6 * rem,
      rowPadding: 4,
      symbolSize: 7 * rem,
      symbolStrokeWidth: 0,
      titleColor: "var(--quiet)",
      titleFontSize: small,
      titleFontWeight: "normal",
      titleOrient: width < 30 * rem ? "top" : "left",
    },
  };
}

const tooltip = document.getElementById("tooltip");

/** Shows what is told of a mark beside the pointer. */
function tell(_, event, __, told) {
  tooltip.hidden = !told;
  if (!told) return;
  tooltip.replaceChildren(
    ...Object.entries(told).map(([name, value]) => {
      const line = document.createElement("p");
      const shown = document.createElement("b");
      shown.textContent = value;
      line.append(name.trim() ? `${name} ` : "", shown);
      return line;
    }),
  );
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const left = Math.min(event.clientX + 14, innerWidth - width - 8);
  const above = event.clientY - height - 14;
  tooltip.style.left = `${Math.max(8, left)}px`;
  tooltip.style.top = `${above < 8 ? event.clientY + 18 : above}px`;
}

addEventListener("scroll", () => (tooltip.hidden = true), { passive: true });
