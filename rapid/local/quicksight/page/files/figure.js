// A visual as a figure: its question, then a number, a chart or a table. Each chart has its numbers behind a button.

import { say, texts, written, writtenField, writtenTime } from "./written.js";

/** Visuals whose numbers are shown in place of their charts. */
const asTable = new Set();

/** Make an element with what is in it. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Whether a visual has nothing to show. */
export function isEmpty({ fields, rows }) {
  const measures = fields.flatMap(({ role }, index) => (role === "measure" ? [index] : []));
  return rows.every((row) => measures.every((index) => row[index] === null));
}

/** The figure of a visual, and where its chart is to be drawn, if it has one. */
export function figure(visual) {
  const title = make("h2", { id: `title-${visual.id}` }, visual.title);
  const caption = make("figcaption", {}, title);
  const kind = { KPIVisual: "kpi", TableVisual: "table" }[visual.kind] ?? "chart";
  const card = make("figure", { class: `card ${kind}`, id: `visual-${visual.id}` }, caption);
  place(card, visual);
  if (kind === "kpi") {
    card.append(headline(visual));
    return { card };
  }
  if (!visual.rows.length) {
    card.append(make("p", { class: "none" }, texts.no_rows));
    return { card };
  }
  const numbers = table(visual);
  card.append(numbers);
  if (!visual.chart) {
    if (kind === "chart") card.append(make("p", { class: "none" }, texts.not_drawn));
    return { card };
  }
  // Its parts would be read one by one; the summary says what they say together.
  const canvas = make("div", { class: "canvas", "aria-hidden": true });
  const drawing = make("div", { class: "drawing", role: "img", "aria-label": summary(visual) }, canvas);
  card.append(drawing);
  caption.append(button(visual, drawing, numbers));
  return { card, canvas };
}

function place(card, { place }) {
  if (!place) return;
  const [column, row, width, height] = place;
  card.style.setProperty("--place", `${row + 1} / ${column + 1} / span ${height} / span ${width}`);
  card.style.setProperty("--width", width);
}

function headline({ fields, rows: [row = []] }) {
  const shown = fields.flatMap((field, index) => (field.role === "measure" ? [[field, row[index] ?? null]] : []));
  return make(
    "div",
    { class: "headline" },
    ...shown.map(([field, value]) =>
      make(
        "p",
        {},
        make("data", { value: value ?? "" }, written(value, field.format)),
        // Of one number the question says what it is.
        ...(shown.length > 1 ? [make("span", { class: "label" }, field.label)] : []),
      ),
    ),
  );
}

function table({ id, title, kind, fields, rows }) {
  const head = fields.map((field) => make("th", { scope: "col", class: field.role }, field.label));
  const body = rows.map((row) =>
    make(
      "tr",
      {},
      ...fields.map((field, index) => {
        const value = row[index];
        const text = field.role !== "measure" && field.type === "time" ? day(value, field) : writtenField(value, field);
        return field.role === "measure"
          ? make("td", {}, make("data", { value: value ?? "" }, text))
          : make("th", { scope: "row", "data-value": value ?? "" }, text);
      }),
    ),
  );
  const name = say("table_of", { title });
  return make(
    "div",
    { class: "numbers", id: `numbers-${id}`, role: "region", "aria-label": name, tabindex: 0, hidden: kind !== "TableVisual" },
    make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)),
  );
}

function day(value, field) {
  return value === null ? texts.none : writtenTime(value, field);
}

function button(visual, drawing, numbers) {
  const switched = make("button", { type: "button", class: "plain", id: `table-${visual.id}`, "aria-controls": numbers.id });
  const show = () => {
    const isTable = asTable.has(visual.id);
    drawing.hidden = isTable;
    numbers.hidden = !isTable;
    switched.textContent = isTable ? texts.chart : texts.table;
    switched.setAttribute("aria-expanded", isTable);
    switched.setAttribute("aria-label", `${switched.textContent}: ${visual.title}`);
  };
  switched.addEventListener("click", () => {
    asTable[asTable.has(visual.id) ? "delete" : "add"](visual.id);
    show();
  });
  show();
  return switched;
}

/** What a chart shows, in a sentence or two. */
function summary({ kind, fields, rows }) {
  const at = (role) => fields.findIndex((field) => field.role === role);
  const [category, value] = [at("dimension"), at("measure")];
  const measures = fields.filter((field) => field.role === "measure").map((field) => field.label);
  const points = say("summary_points", {
    kind: texts.summary[kind] ?? "",
    measure: measures.join(", "),
    category: fields.filter((field) => field.role !== "measure").map((field) => field.label).join(", "),
    count: rows.length,
  });
  const known = rows.filter((row) => row[value] !== null).sort((one, other) => other[value] - one[value]);
  if (category < 0 || !known.length || measures.length > 1) return points;
  const name = (row) => fields.flatMap((field, index) => (field.role === "measure" ? [] : [writtenField(row[index], field)])).join(", ");
  const [most, least] = [known[0], known.at(-1)];
  return `${points} ${say("summary_range", {
    most: written(most[value], fields[value].format),
    most_at: name(most),
    least: written(least[value], fields[value].format),
    least_at: name(least),
  })}`;
}
