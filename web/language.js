// Moves from the page of the default language to that of the browser's language, before anything is shown. In the head,
// behind the settings. A guest who chose the default language has its code as the fragment of the address, and stays.
// A page of the very tag comes first, then one of the language: `de-AT` reads `de`, and `pt` reads `pt-BR`.

{
  const { language, languages } = JSON.parse(document.getElementById("settings").textContent);
  const codes = Object.keys(languages);
  const base = (tag) => tag.toLowerCase().split("-")[0];
  const pageOf = (tag) =>
    codes.find((code) => code.toLowerCase() === tag.toLowerCase()) ?? codes.find((code) => base(code) === base(tag));
  const wanted = navigator.languages.map(pageOf).find(Boolean);
  const isDefault = language === codes[0];
  // Without a network the default page may be all that a phone has of another language's.
  const isElsewhere = wanted && location.pathname !== languages[wanted];
  if (isDefault && isElsewhere && !location.hash) location.replace(languages[wanted] + location.search);
}
