// The colours of the deployed theme, for light paper and, brightened until they can be told from it, for dark.

const LIGHT = [255, 255, 255];
const DARK = [29, 31, 34];
/** How much a colour stands out from paper, at least: https://www.w3.org/TR/WCAG22/#non-text-contrast asks for 3. */
const CONTRAST = { light: 3, dark: 4.5, heat: 7 };
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

/** Use the theme's colours: `series` of series, `heat` from few to many. */
export function applyColors({ series, heat }) {
  const named = series.slice(0, 8).map((color, index) => [`--data-${index + 1}`, color]);
  if (heat.length) named.push(["--heat", heat.at(-1)]);
  const rules = named.filter(([, color]) => /^#[0-9a-f]{6}$/i.test(color)).map(([name, color]) => {
    // The fullest of a heat map on dark paper is bright, for the others are shares of it.
    const onDark = readable(color, DARK, name === "--heat" ? CONTRAST.heat : CONTRAST.dark);
    return `${name}: light-dark(${readable(color, LIGHT, CONTRAST.light)}, ${onDark})`;
  });
  sheet.replaceSync(`:root { ${rules.join("; ")} }`);
}

/** The colour, as much darker or brighter as makes it stand out from the paper. */
function readable(color, paper, least) {
  const parts = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  const shades = paper === LIGHT ? darker(parts) : brighter(parts);
  const found = shades.find((shade) => contrast(shade, paper) >= least) ?? shades.at(-1);
  return `rgb(${found.map(Math.round).join(" ")})`;
}

const STEPS = Array.from({ length: 21 }, (_, step) => step / 20);

function darker(parts) {
  return STEPS.map((share) => parts.map((part) => part * (1 - share)));
}

/** Of the same hue up to its full brightness, then paler. */
function brighter(parts) {
  const most = 255 / Math.max(1, ...parts);
  const full = parts.map((part) => part * most);
  return [
    ...STEPS.map((share) => parts.map((part, index) => part + (full[index] - part) * share)),
    ...STEPS.map((share) => full.map((part) => part + (255 - part) * share)),
  ];
}

function contrast(one, other) {
  const [bright, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

/** Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(parts) {
  const [red, green, blue] = parts.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
