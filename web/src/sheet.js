/** The key sheet: a seed as three lines of digits, and the voter's share of a credential of it (specs/keysheet.md §1–3). */
import { sha512 } from '@noble/hashes/sha2.js';
import { join, utf8 } from './bytes.js';
import { checkDigit } from './damm.js';
import { drawBytes, scalarsOf } from './secrets.js';

/** @typedef {'sign' | 'count' | 'check' | 'large'} Kind */
/** @typedef {[line: number, kind: Kind]} Slip what is wrong in which line; line 0 is the sheet as a whole */

const SEED = 16; // bytes
const PART = 13; // digits of a line before its check digit
const LINES = 3;
const PREFIX = 'AIKYN1:';
const LABEL = utf8('aikyn/1 credential');
const SPACING = /[\t\v\f \u00a0\u1680\u2000-\u200d\u2010-\u2015\u202f\u205f\u2060\u2212\u3000\ufeff.,_-]/g;
const BREAKS = /\r\n|[\n\r\u0085\u2028\u2029]/;

/** What was typed is no key sheet; `slips` says where. */
export class Mistyped extends Error {
  /** @param {Slip[]} slips */
  constructor(slips) {
    super(slips.map(([line, kind]) => `line ${line}: ${kind}`).join(', '));
    this.slips = slips;
  }
}

/** A fresh seed; whoever holds it overwrites it. */
export const drawSeed = () => drawBytes(SEED);

/** The sheet's three lines, 14 digits each. @param {Uint8Array} seed */
export function linesOf(seed) {
  const number = seed.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const digits = number.toString().padStart(LINES * PART, '0');
  return Array.from({ length: LINES }, (_, at) => {
    const part = digits.slice(PART * at, PART * (at + 1));
    return `${part}${checkDigit(`${at + 1}${part}`)}`;
  });
}

/** The text of its QR code. @param {Uint8Array} seed */
export const codeOf = (seed) => PREFIX + linesOf(seed).join('');

/** The seed of a sheet as somebody typed or scanned it; `Mistyped` says in which lines it is wrong. @param {string} typed */
export function readSheet(typed) {
  const text = typed.replace(SPACING, '');
  const lines = (text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text).split(BREAKS).filter(Boolean);
  const cut = lines.length === LINES ? lines : cutWhole(lines.join(''));
  const slips = cut.flatMap((line, at) => slipsOf(line, at + 1));
  if (slips.length) throw new Mistyped(slips);
  const seed = new Uint8Array(SEED);
  let rest = BigInt(cut.map((line) => line.slice(0, PART)).join(''));
  for (let at = SEED - 1; at >= 0; at--, rest >>= 8n) seed[at] = Number(rest & 255n);
  if (rest) throw new Mistyped([[0, 'large']]);
  return seed;
}

/** The slips of one line, which a page may ask for while it is typed. @param {string} typed @param {number} number 1, 2, 3 @returns {Slip[]} */
export function slipsOf(typed, number) {
  const line = typed.replace(SPACING, '');
  if (/[^0-9]/.test(line)) return [[number, 'sign']];
  if (line.length !== PART + 1) return [[number, 'count']];
  return checkDigit(`${number}${line}`) ? [[number, 'check']] : [];
}

/** k1, packed: the voter's share of a credential of this election. @param {string} election its id @param {Uint8Array} seed */
export function deriveShare(election, seed) {
  const id = utf8(election);
  return scalarsOf(sha512(join(LABEL, Uint8Array.of(id.length), id, seed)));
}

/** @param {string} whole */
function cutWhole(whole) {
  if (/[^0-9]/.test(whole)) throw new Mistyped([[0, 'sign']]);
  if (whole.length !== LINES * (PART + 1)) throw new Mistyped([[0, 'count']]);
  return Array.from({ length: LINES }, (_, at) => whole.slice((PART + 1) * at, (PART + 1) * (at + 1)));
}
