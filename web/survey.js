// The satisfaction survey: one question about the dashboard that led here, by the link's `dashboard`. Nothing says who answers.

import { length } from "/assets/answer.js";
import { draftOf, dropDraft, keepDraft } from "/assets/draft.js";
import { openOutbox } from "/assets/outbox.js";
import { sender } from "/assets/sending.js";
import { uuid } from "/assets/uuid.js";
import { byId, keepLink, settings, show } from "/assets/view.js";

const MAX_COMMENT = 1000; // of sources/survey.yaml, as is the form of a dashboard's name; a test holds them to it
const DASHBOARD = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const form = byId("form");
const place = placeOf(location.search);
const outbox = openOutbox({ send: sender(settings.send.survey), tell, kind: "survey" });
/** The answer that the thanks are for. */
let current;

function text(key) {
  return settings.texts.survey[key].replace("{limit}", MAX_COMMENT.toLocaleString(settings.language));
}

/** `{dashboard}`; undefined where the link names none that can be one. */
function placeOf(search) {
  const dashboard = new URLSearchParams(search).get("dashboard") ?? "";
  return DASHBOARD.test(dashboard) ? { dashboard } : undefined;
}

function typed() {
  return { satisfied: form.elements.satisfied.value, comment: form.elements.comment.value.trim() };
}

function fill({ satisfied = "", comment = "" }) {
  form.elements.satisfied.value = satisfied;
  form.elements.comment.value = comment;
}

function problemsOf({ satisfied, comment }) {
  return {
    ...(!satisfied && { satisfied: text("choose") }),
    ...(length(comment) > MAX_COMMENT && { comment: text("comment_too_long") }),
  };
}

/** Says beside each field what is wrong with it. */
function showProblems(problems) {
  for (const field of ["satisfied", "comment"]) {
    byId(`${field}-error`).textContent = problems[field] ?? "";
    byId(field).classList.toggle("wrong", field in problems);
    form.querySelector(`[name=${field}]`).setAttribute("aria-invalid", field in problems);
  }
}

form.addEventListener("input", () => {
  keepDraft(place, typed());
  const left = problemsOf(typed());
  showProblems(Object.fromEntries(Object.entries(left).filter(([field]) => byId(field).classList.contains("wrong"))));
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { satisfied, comment } = typed();
  const problems = problemsOf(typed());
  showProblems(problems);
  const [wrong] = Object.keys(problems);
  if (wrong) return form.querySelector(`[name=${wrong}]`).focus();
  // It gets id and time here, once: sent again, it is the same answer.
  current = {
    event_id: uuid(),
    submitted_at: new Date().toISOString(),
    ...place,
    satisfied: satisfied === "yes",
    ...(comment && { comment }),
  };
  dropDraft();
  byId("notice").textContent = "";
  byId("state").textContent = text("sending");
  show("thanks");
  outbox.add(current);
});

function tell(state, answer, refused) {
  if (answer.event_id !== current?.event_id) {
    byId("notice").textContent = text(`earlier_${state.split("_")[0]}`);
  } else if (state === "refused") {
    current = undefined;
    byId("notice").textContent = `${text("refused")} ${refused.reason}`;
    show("form");
  } else {
    byId("state").textContent = text(state);
    byId("thanks").className = state;
  }
}

keepLink();
if (place) {
  byId("dashboard").textContent = place.dashboard;
  fill(draftOf(place) ?? {});
}
show(place ? "form" : "link-problem", { focus: false });
outbox.flush();
