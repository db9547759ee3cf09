// Moves from the page of the default language to that of the browser's language, before anything is shown. In the head,
// behind the settings. A guest who chose the default language has its code as the fragment of the address, and stays.

{
  const { language, languages } = JSON.parse(document.getElementById("settings").textContent);
  const wanted = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]).find((code) => languages[code]);
  const isDefault = language === Object.keys(languages)[0];
  if (isDefault && wanted && wanted !== language && !location.hash) location.replace(languages[wanted] + location.search);
}
