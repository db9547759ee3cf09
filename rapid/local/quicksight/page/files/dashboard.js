// The page of a dashboard: shows what came with it, and asks for more where somebody chooses otherwise or data is new.

import { showAge } from "./age.js";
import { draw, fit, forget, prepare } from "./chart.js";
import { chosen, onChange, showControls } from "./controls.js";
import { figure, isEmpty, make } from "./figure.js";
import { applyColors } from "./colors.js";
import { say, texts } from "./written.js";

/** How often the page asks whether data was imported. */
const LOOK_SECONDS = 30;
/** How long it waits for an import that it asked for. */
const IMPORT_SECONDS = 60;
const KPIS_A_ROW = 6;
const main = document.getElementById("visuals");
const told = document.getElementById("told");
const refresh = document.getElementById("refresh");
let shown = null;
let asked = 0;

function show(data) {
  shown = data;
  document.title = data.name;
  applyColors(data.colors);
  showAge(data.importedAt);
  showControls(data);
  tell(data);
  const focused = document.activeElement?.id;
  forget(main);
  const figures = data.visuals.map((visual) => ({ visual, ...figure(visual) }));
  main.replaceChildren(...figures.map(({ card }) => card));
  layPaper();
  // Headlines are all as large as the longest one can be.
  const lengths = [...main.querySelectorAll(".headline data")].map((number) => number.textContent.length);
  main.style.setProperty("--length", Math.max(5, ...lengths));
  if (focused?.startsWith("table-")) document.getElementById(focused)?.focus();
  links.replaceChildren(...data.links.map(({ text, href }) => make("a", { href, target: "_blank", rel: "noopener" }, text)));
  return drawAll(figures.filter(({ canvas }) => canvas));
}

/** On paper numbers stand in a row or two, and charts below them in as many rows as fill the page. */
function layPaper() {
  const kpis = main.querySelectorAll(".kpi").length;
  const charts = main.children.length - kpis;
  const columns = charts > 4 ? 3 : Math.min(2, charts);
  const kpiRows = Math.ceil(kpis / KPIS_A_ROW);
  const rows = [
    ...Array(kpiRows).fill("18mm"),
    ...Array(Math.ceil(charts / columns) || 0).fill("minmax(0, 1fr)"),
  ];
  main.style.setProperty("--paper-rows", rows.join(" "));
  main.style.setProperty("--paper-kpi", Math.floor(36 / Math.ceil(kpis / (kpiRows || 1)) || 1));
  main.style.setProperty("--paper-chart", 36 / (columns || 1));
}

/** From the top, each painted before the next one is drawn. */
async function drawAll(figures) {
  main.dataset.drawn = "no";
  const these = shown;
  for (const { canvas, visual } of figures) {
    await draw(canvas, visual.chart);
    performance.mark("chart");
    if (these !== shown) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  main.dataset.drawn = "yes";
}

/** Say what is to be known before one looks at the charts. */
function tell({ importedAt, failures, hints, visuals }) {
  const lines = [];
  const empty = visuals.filter(isEmpty).length;
  if (chosen().size && importedAt) {
    if (empty === visuals.length) lines.push(texts.empty_selection);
  } else if (2 * empty >= visuals.length) {
    lines.push(empty === visuals.length ? texts.empty : texts.empty_in_part, ...hints);
  }
  lines.push(...failures.map((reason) => say("import_failed", { reason })));
  told.replaceChildren(...lines.filter(Boolean).map((line) => make("span", {}, ...withCode(line))));
}

function withCode(line) {
  return line.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(`${location.pathname}/${path}`, options);
  } catch {
    throw new Error(texts.unreachable);
  }
  const found = await answer.json().catch(() => ({ message: `HTTP ${answer.status}` }));
  if (!answer.ok) throw new Error(found.message);
  return found;
}

/** Show what is chosen now. A later choice overtakes an earlier one. */
async function load() {
  const number = ++asked;
  main.setAttribute("aria-busy", "true");
  try {
    const data = await ask(`data${location.search}`);
    if (number === asked) await show(data);
  } catch (error) {
    if (number === asked) told.textContent = say("load_failed", { reason: error.message });
  } finally {
    if (number === asked) main.removeAttribute("aria-busy");
  }
}

/** Show data that was imported meanwhile; whether more of it is being imported. */
async function look() {
  const number = asked;
  const data = await ask(`data${location.search}`);
  if (number === asked && content(data) !== content(shown)) await show(data);
  return data.isImporting;
}

function content({ isImporting, ...shown }) {
  return JSON.stringify(shown);
}

async function importNow() {
  refresh.setAttribute("aria-disabled", "true");
  refresh.textContent = texts.refreshing;
  try {
    await ask("refresh", { method: "POST" });
    const end = Date.now() + 1000 * IMPORT_SECONDS;
    do await new Promise((resolve) => setTimeout(resolve, 400));
    while ((await look()) && Date.now() < end);
  } catch (error) {
    told.textContent = say("refresh_failed", { reason: error.message });
  }
  refresh.textContent = texts.refresh;
  refresh.removeAttribute("aria-disabled");
}

const links = document.getElementById("links");
onChange(load);
refresh.addEventListener("click", () => refresh.ariaDisabled || importNow());
document.getElementById("print").addEventListener("click", () => print());
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  fit();
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  fit();
});
// What the page cannot learn, such as that the local cloud was ended, it tries to learn again.
const lookQuietly = () => document.hidden || look().catch(() => {});
setInterval(lookQuietly, 1000 * LOOK_SECONDS);
document.addEventListener("visibilitychange", lookQuietly);

prepare();
show(JSON.parse(document.getElementById("data").textContent));
