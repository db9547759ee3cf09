// What Vega's interpreter imports of the module vega-util, which the file vega.min.js has in it.
export const { ascending, isString, DisallowedObjectProperties } = window.vega;
