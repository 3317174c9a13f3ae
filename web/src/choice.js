/** A choice as bytes, and bytes as points (specs/ballot.md §1–3). */
import { equal, join } from './bytes.js';
import { Malformed } from './errors.js';
import { IDENTITY, decodePoints as decode, pieces } from './group.js';

/** @typedef {{id: string, options: unknown[], least: number, most: number, width: number}} Contest as in the manifest */

const COLUMN = 30; // bytes of a choice that one column carries
const COUNTERS = 1 << 14;

/** Refuse a choice whose option numbers do not ascend, or that the contest does not allow. @param {Contest} contest @param {number[]} choice */
export function checkChoice(contest, choice) {
  const { id, least, most, options } = contest;
  if (choice.some((number, at) => !Number.isInteger(number) || (at > 0 && number <= choice[at - 1]))) {
    throw new Malformed('the option numbers of a choice must ascend');
  }
  if (choice.length < least || choice.length > most) {
    throw new Malformed(`${id} takes ${least} to ${most} marks, not ${choice.length}`);
  }
  if (choice.length && (choice[0] < 1 || choice[choice.length - 1] > options.length)) {
    throw new Malformed(`${id} has the options 1 to ${options.length}`);
  }
}

/** The one coding of an allowed choice, 30 bytes a column. @param {Contest} contest @param {number[]} choice */
export function encodeChoice(contest, choice) {
  checkChoice(contest, choice);
  const coded = new Uint8Array(COLUMN * contest.width);
  coded.set([choice.length, ...choice]);
  return coded;
}

/** Refuse bytes that are not the coding of a choice that the contest allows. @param {Contest} contest @param {Uint8Array} coded */
export function decodeChoice(contest, coded) {
  const choice = [...coded.subarray(1, 1 + coded[0])];
  if (!equal(encodeChoice(contest, choice), coded)) throw new Malformed('not the one coding of a choice');
  return choice;
}

/** The encoding of the point that carries 30 bytes with the smallest counter. @param {Uint8Array} column */
export function embed(column) {
  for (let counter = 0; counter < COUNTERS; counter += 1) {
    const encoding = join(Uint8Array.of((counter % 128) * 2), column, Uint8Array.of(counter >> 7));
    if (isPoint(encoding)) return encoding;
  }
  throw new Malformed('no point carries these bytes');
}

/** The 30 bytes that a point carries; its counter must be the smallest. @param {Uint8Array} encoding */
export function extract(encoding) {
  const column = encoding.subarray(1, 1 + COLUMN);
  if (!equal(embed(column), encoding)) throw new Malformed('not the one point that carries these bytes');
  return column;
}

/** The choice's points, packed. @param {Contest} contest @param {number[]} choice */
export function encodePoints(contest, choice) {
  const coded = encodeChoice(contest, choice);
  return join(...Array.from({ length: contest.width }, (_, k) => embed(coded.subarray(k * COLUMN, (k + 1) * COLUMN))));
}

/** The choice in a row of points, packed. @param {Contest} contest @param {Uint8Array} points */
export const decodePoints = (contest, points) => decodeChoice(contest, join(...pieces(points).map(extract)));

/** Of a point other than the identity. @param {Uint8Array} encoding */
function isPoint(encoding) {
  try {
    decode('', encoding);
  } catch {
    return false;
  }
  return !equal(encoding, IDENTITY);
}
