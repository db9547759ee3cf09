// Counts which elements of a menu a guest opens, and for how long. Nothing is kept on the phone, and nothing says who it was.

import { uuid } from "/assets/uuid.js";

const MAX_SECONDS = 86_400; // of sources/clickstream.yaml, as all names of members are; a test holds it to that
const SEND_AT = 20;
const MAX_BATCH = 100; // A browser takes 64 KiB at a time: https://w3c.github.io/beacon/
const PAUSE_MILLISECONDS = 2_000;

/** Follows the page until it is left. */
export async function countClicks({ send: { clickstream: way } }) {
  const store = document.querySelector("[data-store]").dataset.store;
  const opened = new Map();
  const waiting = [];
  const send = way.url ? beacons(way.url, waiting) : await guests(way, waiting);

  function end(element) {
    const { since, click } = opened.get(element) ?? {};
    if (!click) return;
    opened.delete(element);
    waiting.push({ ...click, time_spent: Math.min(Math.round((performance.now() - since) / 1000), MAX_SECONDS) });
  }

  function open(element) {
    const click = { event_id: uuid(), element_clicked: element.dataset.item, source_menu: store };
    opened.set(element, { since: performance.now(), click: { ...click, created_at: new Date().toISOString() } });
  }

  for (const element of document.querySelectorAll("details[data-item]")) {
    element.addEventListener("toggle", () => {
      if (element.open) open(element);
      else end(element);
      send.soon();
    });
  }
  function leave() {
    for (const element of [...opened.keys()]) end(element);
    send.now();
  }
  // Phones end pages that are hidden without a word, so that this may be the last that is heard:
  // https://developer.mozilla.org/en-US/docs/Web/API/Document/visibilitychange_event
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  window.addEventListener("pagehide", leave);
}

/** To API Gateway: as text, which needs no preflight. The browser brings it there after the page is gone. */
function beacons(url, waiting) {
  function now() {
    while (waiting.length) {
      const batch = waiting.slice(0, MAX_BATCH);
      // With no charset, as the form's: AWS does not say that a template for text/plain is for that with one, too.
      const body = new Blob([JSON.stringify(batch)], { type: "text/plain" });
      // It takes no more for now; what waits is tried again with the next.
      if (!navigator.sendBeacon(url, body)) return;
      waiting.splice(0, batch.length);
    }
  }
  return { now, soon: () => waiting.length >= SEND_AT && now() };
}

/** Onto the stream: signing takes a moment, which a page that is left may not have, so that little waits. */
async function guests(way, waiting) {
  const { guestSender } = await import("/assets/guest-sender.js");
  const put = guestSender({ ...way, keepalive: true });
  let timer;

  function now() {
    clearTimeout(timer);
    const batch = waiting.splice(0);
    if (batch.length) put(batch).catch(() => {}); // A click more or less: a guest is not told.
  }
  function soon() {
    clearTimeout(timer);
    if (waiting.length) timer = setTimeout(now, PAUSE_MILLISECONDS);
  }
  return { now, soon };
}
