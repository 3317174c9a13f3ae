/** The specification's vectors. */
import { readFileSync } from 'node:fs';
import { Incomplete, Malformed, Rejected } from '../src/errors.js';
import { useMlDsa } from '../src/note.js';
import mlDsa from '../src/parts/ml-dsa.js';

useMlDsa(mlDsa);

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

/** Name, vector and expected failures of all vectors of a proof's file (specs/transcript.md §9). @param {string} name @returns {[string, any, string[]][]} */
export function every(name) {
  const { accepted, rejected } = vectors(name);
  const named = new Map(accepted.map((/** @type {any} */ vector) => [vector.name, vector]));
  return [
    ...accepted.map((/** @type {any} */ vector) => [vector.name, vector, []]),
    ...rejected.map((/** @type {any} */ twin) => [`${twin.of}: ${twin.name}`, change(named.get(twin.of), twin.change), twin.expect]),
  ];
}

/** A twin of an accepted vector: fields replaced, or bytes of them from an offset on. @param {any} vector @param {any} changes */
function change(vector, changes) {
  const twin = { ...vector };
  for (const [name, value] of Object.entries(changes)) {
    const within = typeof value === 'object' && !Array.isArray(value);
    twin[name] = within ? twin[name].slice(0, 2 * value.at) + value.hex + twin[name].slice(2 * value.at + value.hex.length) : value;
  }
  return twin;
}

/** @param {any} v */
export const contextOf = (v) => ({ election: v.election, manifest: unhex(v.manifest) });

/** A contest that is no more than a vector says. @param {any} v */
export const contestOf = (v) => ({
  id: v.contest,
  options: Array.from({ length: v.options ?? 1 }),
  least: v.least ?? 1,
  most: v.most ?? 1,
  width: v.width,
});
