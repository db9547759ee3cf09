// How old the data is, in words that stay true.

import { say, texts } from "./written.js";

const language = document.documentElement.lang;
const line = document.getElementById("age");
const ago = new Intl.RelativeTimeFormat(language, { numeric: "always" });
const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
let importedAt = null;

/** Show the age of data imported at a time in ISO 8601; null: never. */
export function showAge(time) {
  importedAt = time;
  tell();
}

function tell() {
  if (!importedAt) {
    line.textContent = texts.never;
    return;
  }
  const at = new Date(importedAt);
  const seconds = Math.max(0, (Date.now() - at) / 1000);
  const [unit, length] = STEPS.find(([, length]) => seconds >= length) ?? [];
  const options = { hour: "2-digit", minute: "2-digit", ...(unit === "day" && { day: "numeric", month: "short" }) };
  line.textContent = say("age", {
    time: new Intl.DateTimeFormat(language, options).format(at),
    ago: unit ? ago.format(-Math.floor(seconds / length), unit) : texts.just_now,
  });
}

setInterval(tell, 10_000);
