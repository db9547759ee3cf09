// The feedback form: from a link to an answer that was sent, or waits to be.

import { LIMITS, answerOf, length, placeOf, problemsOf } from "/assets/answer.js";
import { draftOf, dropDraft, keepDraft } from "/assets/draft.js";
import { openOutbox } from "/assets/outbox.js";
import { sender } from "/assets/sending.js";
import { byId, keepLink, settings, show } from "/assets/view.js";

const place = placeOf(location.search);
const form = byId("form");
const outbox = openOutbox({ send: sender(settings.send.feedback), tell });
const FIELDS = ["score", "comment", "contact", "website"];
/** The answer that the thanks are for. */
let current;

function text(key, { limit, count } = {}) {
  const number = (value) => value?.toLocaleString(settings.language);
  return settings.texts.feedback[key].replace("{limit}", number(limit)).replace("{count}", number(count));
}

// --- The form ---

function typed() {
  const { score, comment, consent, contact, website } = form.elements;
  return {
    score: score.value,
    comment: comment.value.trim(),
    consent: consent.checked,
    contact: contact.value.trim(),
    website: website.value,
  };
}

function fill({ score = "", comment = "", contact_consent: consent = false, contact = "" }) {
  form.reset();
  form.elements.score.value = String(score);
  form.elements.comment.value = comment;
  form.elements.consent.checked = consent;
  form.elements.contact.value = contact;
  follow();
}

/** What follows from what was typed. */
function follow() {
  const { comment, consent } = typed();
  byId("reply").hidden = !consent;
  const count = byId("comment-count");
  count.textContent = text("comment_count", { count: length(comment), limit: LIMITS.comment });
  count.classList.toggle("over", length(comment) > LIMITS.comment);
}

form.addEventListener("input", () => {
  follow();
  const { score, comment, consent, contact } = typed();
  keepDraft(place, { score, comment, contact_consent: consent, ...(consent && { contact }) });
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const values = typed();
  const problems = problemsOf(values);
  showProblems(problems.map(({ field, text: key, limit }) => ({ field, message: text(key, { limit }) })));
  if (problems.length) return;
  current = answerOf(place, values);
  dropDraft();
  fill({});
  byId("notice").textContent = "";
  byId("state").textContent = text("sending");
  show("thanks");
  outbox.add(current);
});

byId("again").addEventListener("click", () => {
  current = undefined;
  show("form", { focus: false });
  control("score").focus();
});

// --- What is wrong with it ---

/** Says it beside each field, and together at the top, where the focus goes. */
function showProblems(problems, reason = "") {
  for (const field of FIELDS) mark(field, problems.find((problem) => problem.field === field)?.message);
  // A guest whose browser filled the trap in must be able to see it.
  if (problems.some(({ field }) => field === "website")) {
    byId("trap").className = "field";
    byId("trap").removeAttribute("aria-hidden");
    byId("website").removeAttribute("tabindex");
  }
  const summary = byId("summary");
  summary.querySelector("ul").replaceChildren(...problems.map(line));
  summary.querySelector(".reason").textContent = reason;
  summary.hidden = !problems.length;
  if (problems.length) summary.focus();
}

function mark(field, message = "") {
  byId(`${field}-error`).textContent = message;
  byId(field).classList.toggle("wrong", Boolean(message));
  if (message) control(field).setAttribute("aria-invalid", "true");
  else control(field).removeAttribute("aria-invalid");
}

// What was put right is no longer said beside its field: at once, and not when the field is left, lest a button move under a finger.
form.addEventListener("input", () => {
  const wrong = problemsOf(typed()).map(({ field }) => field);
  for (const field of FIELDS) if (!wrong.includes(field)) mark(field);
});

/** What takes the focus: of the scale, its first number. */
function control(field) {
  return form.querySelector(`[name=${field}]`);
}

function line({ field, message }) {
  const item = document.createElement("li");
  if (!field) {
    item.textContent = message;
    return item;
  }
  const link = document.createElement("a");
  link.href = `#${control(field).id || field}`;
  link.textContent = message;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    control(field).focus();
    byId(`${field}-error`).scrollIntoView({ block: "center" });
  });
  item.append(link);
  return item;
}

// --- What became of answers ---

function tell(state, answer, refused) {
  const isCurrent = answer.event_id === current?.event_id;
  const mayReturn = isCurrent || (place && !current && !draftOf(place) && isHere(answer));
  if (state === "refused" && mayReturn) {
    current = undefined;
    restore(answer, refused);
  } else if (isCurrent) {
    byId("state").textContent = text(state);
    byId("thanks").className = state;
  } else {
    byId("notice").textContent = text(`earlier_${state.split("_")[0]}`);
  }
}

function isHere({ store_id, table_id }) {
  return store_id === place.store_id && table_id === place.table_id;
}

/** Back into the form with an answer that the API refused. */
function restore(answer, { field, reason }) {
  if (field === "store_id" || field === "table_id") return show("link-problem");
  show("form", { focus: false });
  fill(answer);
  const message = text(field ? "refused" : "refused_answer");
  showProblems([{ field, message }], reason);
}

// --- The page ---

keepLink();
if (place) fill(draftOf(place) ?? {});
show(place ? "form" : "link-problem", { focus: false });
outbox.flush();

if ("serviceWorker" in navigator) {
  const policy = window.trustedTypes?.createPolicy("service-worker", { createScriptURL: (url) => url });
  const url = "/service-worker.js";
  navigator.serviceWorker.register(policy ? policy.createScriptURL(url) : url).catch(() => {});
}
