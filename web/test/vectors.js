/** The specification's vectors. */
import { readFileSync } from 'node:fs';
import { Incomplete, Malformed, Rejected } from '../src/errors.js';

/** @param {string} name @returns {any} */
export const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../specs/vectors/${name}.json`, import.meta.url), 'utf8'));

/** @param {string} hex */
export const unhex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** What a check comes to, in the vectors' words. @param {() => unknown} check */
export function outcome(check) {
  try {
    check();
    return 'accepted';
  } catch (error) {
    if (error instanceof Rejected) return error.id;
    if (error instanceof Malformed) return 'malformed';
    if (error instanceof Incomplete) return 'incomplete';
    throw error;
  }
}
