/** The page's words, which come with it, and how numbers, times and codes are written: as in the report, by its table. */

/** @typedef {{[key: string]: any}} Table */

const BISHKEK = 6 * 3600; // seconds before UTC, all year
const LAST = 253402300799n; // the end of the year 9999

/** @param {string} sentence @param {{[name: string]: string | number | bigint | undefined}} values */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));

/** The words of this page and language: a script before this one has them. @returns {Table} */
export function ownWords() {
  const told = /** @type {any} */ (globalThis).aikyn_words;
  if (!told) throw new Error('the words of this page are missing');
  return told;
}

/** A whole number with its thousands apart. @param {Table} w @param {bigint | number} number */
export const number = (w, number) => String(number).replace(/\B(?=(\d{3})+$)/g, w.form.thousands);

/** Day and time in Bishkek as people write them; browsers have no Kyrgyz. @param {Table} w @param {bigint} seconds */
export function moment(w, seconds) {
  if (seconds < 0n || seconds > LAST - BigInt(BISHKEK)) return String(seconds);
  const date = new Date((Number(seconds) + BISHKEK) * 1000);
  const day = fill(w.form.day, { day: date.getUTCDate(), month: w.months[date.getUTCMonth() + 1], year: date.getUTCFullYear() });
  return fill(w.form.moment, { day, time: date.toISOString().slice(11, 19).replace(/:00$/, '') });
}

/** The form of a sentence for so many. @param {Table} w @param {{[category: string]: string}} forms by the categories of Unicode @param {number} count */
export const plural = (w, forms, count) => forms[new Intl.PluralRules(w.lang).select(count)] ?? forms.other;
