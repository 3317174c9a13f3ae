/** The board's index: hints where to look (specs/lookup.md §1), and codes as people type them. */
import { hex, sha256, utf8 } from './bytes.js';
import { Incomplete } from './errors.js';
import { decode } from './records.js';
import { fill } from './words.js';

/** @typedef {import('./board.js').Fetch} Fetch */
/** @typedef {{ballots: number, credentials: number, freeze: number | null, size: number}} Head */
/** @typedef {{ballots: number[], code: string, key: string, override: number | null, register: number}} Registered */
/** @typedef {[string, number, number | null, number | null]} Hint a tracking code, its entry, a later ballot that took its place, an override */

export const LEAST = 6;
export const LONGEST = 26;

/** @param {Fetch} fetch @param {string} name @returns {Promise<any>} */
async function read(fetch, name) {
  const raw = await fetch(`lookup/${name}`);
  if (!raw) throw new Incomplete('this copy has no index');
  return decode(raw);
}

/** @param {unknown} number */
const isCount = (number) => Number.isSafeInteger(number) && Number(number) >= 0;

/** @param {unknown} place @returns {place is number | null} */
const isPlace = (place) => place === null || isCount(place);

/** @param {unknown} row @returns {row is Hint} */
const isHint = (row) =>
  Array.isArray(row) && row.length === 4 && typeof row[0] === 'string' && isCount(row[1]) && isPlace(row[2]) && isPlace(row[3]);

/** @param {Fetch} fetch @returns {Promise<Head>} */
export async function head(fetch) {
  const found = await read(fetch, 'head');
  if (![found.ballots, found.credentials, found.size, found.freeze ?? 0].every(isCount)) throw new Incomplete('no head');
  return found;
}

/** Hints for tracking codes that share the first letters with this one. @param {Fetch} fetch @param {Head} head @param {string} tracker @returns {Promise<Hint[]>} */
export async function ballots(fetch, head, tracker) {
  const found = await read(fetch, `ballots/${tracker.slice(0, Math.min(head.ballots, LEAST)) || '-'}`);
  if (!Array.isArray(found) || !found.every(isHint)) throw new Incomplete('the index is not understood');
  return found;
}

/** What the index has for a credential code, which may stand in the registers of several commissions. @param {Fetch} fetch @param {Head} head @param {string} code @returns {Promise<Registered[]>} */
export async function credentials(fetch, head, code) {
  const prefix = hex(sha256(utf8(code))).slice(0, Math.min(head.credentials, LEAST));
  const found = await read(fetch, `credentials/${prefix || '-'}`);
  const rows = Array.isArray(found) ? found.filter((each) => each?.code === code) : [];
  const right = rows.every((row) => Array.isArray(row.ballots) && [...row.ballots, row.register, row.override ?? 0].every(isCount));
  if (!right) throw new Incomplete('the index is not understood');
  return rows;
}

const APART = /[\s.:_·•‐-―-]/g; // what people put between groups of letters
const CYRILLIC = 'АВЕКМНОРСТУХІЈЅ';
const LATIN = 'ABEKMHOPCTYXIJS'; // what these letters of the Cyrillic keyboard look like

/** A code as it was made; what base32 lacks is what people misread. @param {string} typed */
export const tidyTracker = (typed) =>
  tidyCode(typed).replace(/0/g, 'O').replace(/1/g, 'I').replace(/8/g, 'B').replace(/9/g, 'P');

/** Capitals without what stands between them (specs/lookup.md §6); letters that are not understood stay. @param {string} typed */
export const tidyCode = (typed) =>
  typed.replace(APART, '').toUpperCase().replace(/[Ѐ-ӿ]/g, (letter) => LATIN[CYRILLIC.indexOf(letter)] ?? letter);

/** Letters of another keyboard than the Latin one, as they were typed, once each. @param {string} tidy */
export const foreignLetters = (tidy) => [...new Set(tidy.replace(/[\x20-\x7e]/g, ''))].join(' ');

/** `#CODE.TRACKER`, in an address or alone. @param {string} shown @returns {{code: string, tracker: string} | null} */
export function readLink(shown) {
  const [, code, tracker] = /(?:^|#)([A-Za-z0-9]{4,16})\.([A-Za-z2-7]{6,26})$/.exec(shown.trim()) ?? [];
  return code ? { code: tidyCode(code), tracker: tracker.toUpperCase() } : null;
}

/** Codes that the typed one may be meant to be, the nearest first. @param {string} typed @param {string[]} codes */
export function nearMisses(typed, codes) {
  const ranked = [...new Set(codes)].map((code) => ({ code, off: distance(typed, code.slice(0, typed.length)) }));
  return ranked
    .filter(({ off }) => off <= 2)
    .sort((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({ code }) => code);
}

/** Letters changed, lost, added, or swapped with their neighbour. @param {string} a @param {string} b */
export function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** @param {import('./words.js').Table} w @param {string} tidy @param {boolean} right @param {string} wrong */
function judge(w, tidy, right, wrong) {
  const letters = foreignLetters(tidy);
  return letters ? fill(w.keyboard, { letters }) : right ? '' : wrong;
}

/** What is wrong with a voter's code; "" if nothing is. @param {import('./words.js').Table} w @param {string} tidy */
export const judgeCode = (w, tidy) => judge(w, tidy, /^[A-Z0-9]{4,16}$/.test(tidy), w.bad_code);

/** What is wrong with so many letters, or more, of a tracking code. @param {import('./words.js').Table} w @param {string} tidy @param {number} least */
export const judgeTracker = (w, tidy, least) => judge(w, tidy, /^[A-Z2-7]+$/.test(tidy) && tidy.length >= least && tidy.length <= LONGEST, w.bad_tracker);
