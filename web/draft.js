// What was typed and not sent yet, for this tab alone and until it is closed: a reload, or another language, loses nothing.

const KEY = "draft";

/** What was typed at a place before; undefined if nothing was. */
export function draftOf(place) {
  try {
    const { place: where, values } = JSON.parse(sessionStorage.getItem(KEY));
    return JSON.stringify(where) === JSON.stringify(place) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Keep what was typed. Without storage nothing is kept, and the form works all the same. */
export function keepDraft(place, values) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ place, values }));
  } catch {}
}

/** Forget it. */
export function dropDraft() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {}
}
