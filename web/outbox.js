// Answers that wait on the phone until they are sent, however often that takes: in this tab, in another, at the next visit.
//
// Each is in local storage by itself, so that tabs do not overwrite each other's, and one tab sends at a time. An answer that was
// sent and not yet forgotten is sent again with the same id, and so counts once.

/** An answer that could not be sent for so long is given up. */
const KEPT_MILLISECONDS = 7 * 24 * 3600 * 1000;

const LOCK = "outbox";
const BASE_DELAY_MILLISECONDS = 2_000;
const MAX_DELAY_MILLISECONDS = 300_000;
const MAX_RETRY_AFTER_MILLISECONDS = 3_600_000;

/**
 * The outbox: `add(answer)` and `flush()`.
 *
 * `kind` tells the answers of one form from those of another. `send(answer)` resolves to what became of it: `{sent: true}`, `{refused: {…}}` if a repetition cannot mend it, else
 * `{retryAfter}`, in milliseconds. `tell(state, answer, more)` hears of each: state is `sent`, `refused`, `expired`, `waiting`, or
 * `waiting_unkept` if the browser stores nothing.
 */
export function openOutbox({ send, tell, kind = "answer" }) {
  const prefix = `${kind}:`;
  const unkept = new Map();
  let failures = 0;
  let timer;

  function entries() {
    const found = keys().map(read).filter((entry) => entry?.answer?.submitted_at);
    return [...found, ...unkept.values()].sort((one, other) => one.answer.submitted_at.localeCompare(other.answer.submitted_at));
  }

  function keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  }

  function read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {} // What is no entry must not hide those behind it.
  }

  function keep(entry) {
    const id = entry.answer.event_id;
    try {
      localStorage.setItem(prefix + id, JSON.stringify(entry));
    } catch {
      unkept.set(id, entry);
    }
  }

  /** Forgets an answer; its last value tells other tabs what became of it. */
  function end(state, answer, refused) {
    const key = prefix + answer.event_id;
    unkept.delete(answer.event_id);
    try {
      localStorage.setItem(key, JSON.stringify({ answer, state, refused }));
    } catch {} // Where storage is full, it goes all the same.
    try {
      localStorage.removeItem(key);
    } catch {}
    tell(state, answer, refused);
  }

  function tellWaiting(answer) {
    tell(unkept.has(answer.event_id) ? "waiting_unkept" : "waiting", answer);
  }

  async function sendDue() {
    let next = Infinity;
    let isDown = false;
    for (const entry of entries()) {
      const { answer } = entry;
      if (isDown) {
        tellWaiting(answer); // What one could not do now, the others cannot.
        continue;
      }
      // A clock that was set back must not hold it for ever.
      const wait = Math.min((entry.notBefore ?? 0) - Date.now(), MAX_RETRY_AFTER_MILLISECONDS);
      const outcome = wait > 0 ? { retryAfter: wait } : await send(answer);
      if (outcome.sent || outcome.refused) {
        failures = 0;
        end(outcome.sent ? "sent" : "refused", answer, outcome.refused);
        continue;
      }
      // After a last try: a clock that was set right makes a new answer look old.
      if (wait <= 0 && Date.now() - Date.parse(answer.submitted_at) > KEPT_MILLISECONDS) {
        end("expired", answer);
        continue;
      }
      const retryAfter = Math.min(outcome.retryAfter ?? 0, MAX_RETRY_AFTER_MILLISECONDS);
      if (retryAfter && wait <= 0) keep({ answer, notBefore: Date.now() + retryAfter });
      tellWaiting(answer);
      next = Math.min(next, Math.max(retryAfter, delay(failures)));
      if (wait <= 0) {
        failures += 1;
        isDown = true;
      }
    }
    clearTimeout(timer);
    if (next < Infinity) timer = setTimeout(flush, next);
  }

  /** Send what may be sent now, and go on later with what could not be. */
  async function flush() {
    try {
      await navigator.locks.request(LOCK, sendDue);
    } catch {
      await sendDue(); // An old browser, or one that is told to store nothing, has no locks.
    }
  }

  // Another tab heard what became of an answer.
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    if (!key?.startsWith(prefix) || newValue !== null) return;
    const { state, answer, refused } = JSON.parse(oldValue);
    if (state) tell(state, answer, refused);
  });
  addEventListener("online", flush);
  addEventListener("pageshow", ({ persisted }) => persisted && flush());

  return {
    flush,
    add(answer) {
      keep({ answer });
      return flush();
    },
  };
}

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
function delay(failures) {
  return Math.random() * Math.min(MAX_DELAY_MILLISECONDS, BASE_DELAY_MILLISECONDS * 2 ** failures);
}
