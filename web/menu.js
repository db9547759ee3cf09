// The menu page beside what it is without scripts: prices as is usual in the page's language, links that keep the table,
// and clicks counted, of guests who do not ask to be left alone.

const settings = JSON.parse(document.getElementById("settings").textContent);

writePrices();
keepTable();
if (settings.send.clickstream && !asksForPrivacy()) {
  const { countClicks } = await import("/assets/clicks.js");
  countClicks(settings);
}

function writePrices() {
  const price = new Intl.NumberFormat(settings.language, { style: "currency", currency: settings.currency });
  for (const element of document.querySelectorAll("data[value]")) element.textContent = price.format(element.value);
}

/** The QR code says at which table a guest sits; the form and the other languages are told. */
function keepTable() {
  const table = new URLSearchParams(location.search).get("table");
  if (!table) return;
  for (const link of document.querySelectorAll("#feedback, #languages a")) {
    const address = new URL(link.href);
    address.searchParams.set("table", table);
    link.href = address;
  }
}

/** Do Not Track, or Global Privacy Control: https://www.w3.org/TR/gpc/. */
function asksForPrivacy() {
  return navigator.globalPrivacyControl === true || [navigator.doNotTrack, window.doNotTrack].includes("1");
}
