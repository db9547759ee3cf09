// Opens the feedback form where there is no network. Keeps the form's pages and what they load, and nothing else: an answer waits
// in the page's outbox, and is never here.

const ASSETS = [
  "/assets/brand.css",
  "/assets/base.css",
  "/assets/feedback.css",
  "/assets/icon.svg",
  "/assets/language.js",
  "/assets/feedback.js",
  "/assets/answer.js",
  "/assets/uuid.js",
  "/assets/draft.js",
  "/assets/outbox.js",
  "/assets/sending.js",
  "/assets/view.js",
  "/assets/guest-sender.js",
];
/** Names of assets tell their content, so what has another content is another cache. */
const CACHE = ASSETS.join(" ");
const FORM = /^\/([a-z]{2,3}(-[a-z0-9]+)*)?$/i; // "/", "/de"

self.addEventListener("install", (event) => event.waitUntil(fillCache()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (event.request.mode === "navigate" && FORM.test(pathname)) event.respondWith(page(event.request, pathname));
  else if (ASSETS.includes(pathname)) event.respondWith(asset(event.request, pathname));
});

/** The assets, the form that links lead to, and that of the language which is open now. */
async function fillCache() {
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = open.map(({ url }) => new URL(url).pathname).filter((path) => FORM.test(path));
  await (await caches.open(CACHE)).addAll([...new Set(["/", ...pages, ...ASSETS])]);
  await skipWaiting();
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await clients.claim();
}

/** The page as it is now; as it was, where there is no network, or nothing but an error. */
async function page(request, pathname) {
  const kept = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && (await loadsOnlyKept(response.clone()))) await kept.put(pathname, response.clone());
    if (response.status < 500) return response;
    return (await kept.match(pathname)) ?? response;
  } catch (error) {
    const found = (await kept.match(pathname)) ?? (await kept.match("/"));
    if (found) return found;
    throw error;
  }
}

/** The page of a newer deployment needs assets that come with its own worker. */
async function loadsOnlyKept(response) {
  const assets = (await response.text()).match(/"\/assets\/[^"]+/g) ?? [];
  return assets.every((quoted) => ASSETS.includes(quoted.slice(1)));
}

async function asset(request, pathname) {
  return (await (await caches.open(CACHE)).match(pathname)) ?? fetch(request);
}
