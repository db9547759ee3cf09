// Numbers and times as the page's language writes them. Times are on the clock of their data, which stands as UTC.

const language = document.documentElement.lang;
export const texts = JSON.parse(document.getElementById("texts").textContent);

const formatters = new Map();

function formatter(kind, options) {
  const key = kind.name + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new kind(language, options));
  return formatters.get(key);
}

/** A sentence of the page's texts, with its words in {braces} filled in. */
export function say(name, words = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, word) => words[word]);
}

/** A number; `compact` for an axis. */
export function written(value, { kind, symbol, decimals, separators, compact }) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const options = compact
    ? { notation: "compact", maximumFractionDigits: 1 }
    : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (kind === "percent") options.style = "percent";
  if (kind === "currency") Object.assign(options, { style: "currency", currency: symbol });
  if (compact && kind === "currency") options.minimumFractionDigits = 0;
  if (compact && kind === "percent") delete options.notation;
  const marks = separators && { decimal: separators[0], group: separators[1] };
  return formatter(Intl.NumberFormat, options)
    .formatToParts(value)
    .map((part) => marks?.[part.type] ?? part.value)
    .join("");
}

const TIMES = {
  YEAR: { year: "numeric" },
  QUARTER: { month: "short", year: "numeric" },
  MONTH: { month: "short", year: "numeric" },
  WEEK: { day: "numeric", month: "short" },
  DAY: { day: "numeric", month: "short" },
  HOUR: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
};

/** A point in time, as exactly as its granularity is. */
export function writtenTime(milliseconds, { granularity }) {
  const options = TIMES[granularity] ?? TIMES.HOUR;
  return formatter(Intl.DateTimeFormat, { timeZone: "UTC", ...options }).format(milliseconds);
}

/** A span of whole days, from YYYY-MM-DD to YYYY-MM-DD. */
export function writtenDays(first, last) {
  const options = { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" };
  return formatter(Intl.DateTimeFormat, options).formatRange(new Date(first), new Date(last));
}

/** What a field's value is in words. */
export function writtenField(value, field) {
  if (field.role === "measure") return typeof value === "number" ? written(value, field.format) : (value ?? "–");
  if (value === null || value === "") return texts.none;
  if (field.type === "time") return writtenTime(value, field);
  return String(value);
}
