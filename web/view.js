// What the forms have in common: their settings, and which of the page's three views is shown.

export const settings = JSON.parse(document.getElementById("settings").textContent);

export function byId(id) {
  return document.getElementById(id);
}

/** Shows one of the page's three views, and moves the focus to its beginning where the guest has done something. */
export function show(view, { focus = true } = {}) {
  for (const id of ["link-problem", "form", "thanks"]) byId(id).hidden = id !== view;
  if (focus) byId(view).querySelector("h1").focus();
}

/** Lets the links to other languages lead to what the page's own link names. */
export function keepLink() {
  for (const link of document.querySelectorAll("#languages a")) {
    link.search = location.search;
    // Says that this language was chosen: language.js.
    link.hash = link.hreflang;
  }
}
