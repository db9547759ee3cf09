// What an answer may be: as sources/feedback.yaml has it, so that a guest hears of a mistake before anything is sent.

import { uuid } from "/assets/uuid.js";

/** Longest values, in characters; a test holds them to the contract. */
export const LIMITS = { store_id: 128, table_id: 64, comment: 2000, contact: 320 };

const CONTROL = /\p{Cc}/u;
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const TELEPHONE = /^[+\p{Nd}\s()./-]+$/u;
const DIGITS_LEAST = 6;

/** Number of characters, as the contract counts them. */
export function length(text) {
  return [...text].length;
}

/** The place that a link names, `{store_id, table_id}`; undefined where it names none that can be one. */
export function placeOf(search) {
  const found = new URLSearchParams(search);
  const place = { store_id: found.get("store")?.trim() };
  if (found.get("table")?.trim()) place.table_id = found.get("table").trim();
  const isGood = (name) => length(place[name]) <= LIMITS[name] && !CONTROL.test(place[name]);
  return place.store_id && Object.keys(place).every(isGood) ? place : undefined;
}

/** What is wrong with what was typed: `[{field, text, limit?}]`, in the order of the form; `text` is a key of the texts. */
export function problemsOf({ score, comment, consent, contact, website }) {
  const problems = [];
  if (!score) problems.push({ field: "score", text: "score_missing" });
  if (length(comment) > LIMITS.comment) {
    problems.push({ field: "comment", text: "comment_too_long", limit: LIMITS.comment });
  }
  if (consent && contactProblem(contact)) {
    problems.push({ field: "contact", text: contactProblem(contact), limit: LIMITS.contact });
  }
  if (website) problems.push({ field: "website", text: "trap_filled" });
  return problems;
}

function contactProblem(contact) {
  if (!contact) return "contact_missing";
  if (length(contact) > LIMITS.contact) return "contact_too_long";
  const isTelephone = TELEPHONE.test(contact) && contact.match(/\p{Nd}/gu)?.length >= DIGITS_LEAST;
  return MAIL.test(contact) || isTelephone ? undefined : "contact_invalid";
}

/** The answer to be sent. It gets id and time here, once: sent again, it is the same answer. */
export function answerOf(place, { score, comment, consent, contact }) {
  return {
    event_id: uuid(),
    submitted_at: new Date().toISOString(),
    ...place,
    score: Number(score),
    ...(comment && { comment }),
    contact_consent: consent,
    ...(consent && { contact }),
  };
}
