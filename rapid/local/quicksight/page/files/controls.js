// The choices above the charts. What is chosen stands in the address, so that it can be sent, kept and gone back from.

import { make } from "./figure.js";
import { say, texts, writtenDays } from "./written.js";

const form = document.getElementById("controls");
const group = form.querySelector("select[name=as]");
const DAY_MILLISECONDS = 86_400_000;
const scope = document.getElementById("scope");
let changed = () => {};
/** The query of the address where somebody has begun to choose dates; null where nobody has. */
let begun = null;

/** What is chosen now, as the query of the address. */
export function chosen() {
  return new URLSearchParams(location.search);
}

/** Call `callback` whenever somebody chose otherwise. */
export function onChange(callback) {
  changed = callback;
}

/** Show the controls as an answer has them, and keep those that are open. */
export function showControls({ controls, periods }) {
  if (group) group.value = chosen().get("as") ?? "";
  const shown = controls.map((control) => {
    if (control.kind !== "dates") return choice(control);
    const before = begun === location.search && document.getElementById(control.id);
    return before || dates(control, periods);
  });
  for (const control of shown) {
    const before = document.getElementById(control.id);
    if (before?.open) control.open = true;
  }
  const focused = document.activeElement?.id;
  for (const before of form.querySelectorAll(".made")) before.remove();
  form.prepend(...shown.flat());
  if (focused) document.getElementById(focused)?.focus();
  scope.textContent = [...controls.flatMap(inWords), ...(group?.value ? [`${texts.as_group}: ${group.value}`] : [])].join(" · ");
}

/** What paper says of a choice. */
function inWords({ kind, title, selected }) {
  if (!selected.length) return [];
  return [kind === "dates" ? writtenDays(...selected) : `${title}: ${selected.map((it) => it || texts.none).join(", ")}`];
}

function choose(change) {
  const query = chosen();
  change(query);
  const address = query.size ? `?${query}` : location.pathname;
  history.pushState(null, "", address);
  begun = null;
  changed();
}

function dates({ id, title, selected: [first, last] }, periods) {
  const named = chosen().get("dates") ?? usual(first, last);
  const isCustom = !periods.includes(named);
  const select = make(
    "select",
    { id: `${id}-period` },
    ...periods.map((name) => make("option", { value: name }, texts.periods[name] ?? name)),
    make("option", { value: "" }, texts.custom),
  );
  select.value = isCustom ? "" : named;
  const from = make("input", { type: "date", id: `${id}-from`, value: first, max: last, required: true });
  const to = make("input", { type: "date", id: `${id}-to`, value: last, min: first, required: true });
  const custom = make(
    "span",
    { class: "custom", hidden: !isCustom },
    make("label", {}, make("span", {}, texts.from), from),
    make("label", {}, make("span", {}, texts.to), to),
  );
  const days = make("span", { class: "days", hidden: isCustom }, first ? writtenDays(first, last) : "");
  select.addEventListener("change", () => {
    custom.hidden = select.value !== "";
    days.hidden = select.value === "";
    if (select.value) choose((query) => query.set("dates", select.value));
    else {
      begun = location.search;
      from.focus();
    }
  });
  for (const end of [from, to]) {
    end.addEventListener("change", () => {
      if (from.value && to.value) choose((query) => query.set("dates", `${from.value}..${to.value}`));
      else begun = location.search;
    });
  }
  const label = make("label", {}, make("span", {}, title || texts.dates), select);
  return make("div", { class: "control dates made", id }, label, custom, days);
}

/** The period that a dashboard has where nobody chose: its last days. */
function usual(first, last) {
  const days = Math.round((new Date(last) - new Date(first)) / DAY_MILLISECONDS) + 1;
  return days === 1 ? "today" : `last-${days}-days`;
}

function choice({ id, title, column, options, selected }) {
  const count = selected.length
    ? selected.length === 1
      ? selected[0] || texts.none
      : say("chosen", { count: selected.length, all: options.length })
    : texts.all;
  const boxes = options.map((option, index) => {
    const box = make("input", { type: "checkbox", id: `${id}-${index}`, value: option, checked: selected.includes(option) });
    return make("label", {}, box, option || texts.none);
  });
  const clear = make("button", { type: "button", class: "plain", id: `${id}-clear`, disabled: !selected.length }, texts.clear);
  const list = make("fieldset", {}, make("legend", {}, title), clear, ...boxes);
  const summary = make("summary", { id: `${id}-summary` }, make("span", {}, title), " ", make("b", {}, count));
  const details = make("details", { class: "control choice made", id }, summary, list);
  list.addEventListener("change", () => {
    const values = [...list.querySelectorAll("input:checked")].map((box) => box.value);
    choose((query) => {
      query.delete(column);
      for (const value of values) query.append(column, value);
    });
  });
  clear.addEventListener("click", () => choose((query) => query.delete(column)));
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  return details;
}

group?.addEventListener("change", () => {
  choose((query) => (group.value ? query.set("as", group.value) : query.delete("as")));
});
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("popstate", () => changed());
document.addEventListener("click", (event) => {
  for (const open of form.querySelectorAll("details[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
