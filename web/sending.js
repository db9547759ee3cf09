// Sends an answer by the way that the page's settings name: to the API, or as a guest of Cognito straight onto the stream.

const TIMEOUT_MILLISECONDS = 20_000;
const REFUSALS = [400, 413, 415];
const FIELDS = ["score", "comment", "contact", "store_id", "table_id"];

/** `send(answer)`, as outbox.js wants it. */
export function sender(way) {
  return way.url ? (answer) => post(way.url, answer) : guest(way);
}

async function post(url, answer) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "text/plain" }, // No preflight.
      body: JSON.stringify(answer),
      credentials: "omit",
      keepalive: true, // A page that is closed right away has sent it.
      signal: AbortSignal.timeout?.(TIMEOUT_MILLISECONDS), // iOS 15 has none.
    });
  } catch {
    return {};
  }
  if (response.ok) return { sent: true };
  if (REFUSALS.includes(response.status)) return { refused: await refusal(response) };
  return { retryAfter: retryAfter(response.headers.get("Retry-After")) };
}

/** What the API says of a refusal: the field, if it names one, and the reason, in English. */
async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  const [error] = told.errors ?? [];
  const reason = response.headers.get("X-Validation-Error") ?? error?.reason ?? told.message ?? `HTTP ${response.status}`;
  return { reason, field: FIELDS.find((name) => name === error?.field || new RegExp(`\\b${name}\\b`).test(reason)) };
}

/** In milliseconds: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfter(header) {
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds > 0 ? seconds * 1000 : 0;
}

function guest(way) {
  let send;
  return async (answer) => {
    try {
      const { guestSender } = await import("/assets/guest-sender.js");
      send ??= guestSender({ ...way, attempts: 1 });
      await send([answer]);
      return { sent: true };
    } catch {
      return {}; // Firehose looks at no event, so nothing that it says is about the answer.
    }
  };
}
