/** The page's words, which come with the page, and how numbers, times and codes are written. */

/** @typedef {{[key: string]: any}} Table */

/** @param {string} sentence @param {{[name: string]: string | number | bigint | undefined}} values */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));

/** POSIX seconds as the reader writes times; the 24-hour UTC form where the browser lacks the language. @param {bigint} seconds @param {string} language */
export function time(seconds, language) {
  const date = new Date(Number(seconds) * 1000);
  const known = Intl.DateTimeFormat.supportedLocalesOf([language]).length > 0;
  const local = date.toLocaleString(known ? language : 'ru', { dateStyle: 'medium', timeStyle: 'short' });
  return language === 'ky' && !known ? `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC` : local;
}
