/** The key under which ballots are sealed: its trustees' own words for it (specs/lookup.md §7). */
import { base64, fromBase64, join, utf8 } from './bytes.js';
import { Incomplete, Malformed, Rejected } from './errors.js';
import { LOG, checkSignature } from './note.js';
import { decode, encode } from './records.js';

const LABEL = utf8('aikyn/1 record\n');
const MEMBERS = ['acknowledgements', 'attempt', 'key', 'opening'].join();
const SIGNED = ['attempt', 'key', 'signature', 'trustee', 'type'].join();

/** @typedef {{key: Uint8Array, attempt: number, opening: number | null, without: string[]}} Opening `without` names the trustees of the manifest who have not acknowledged */

/** @param {unknown} number @returns {number is number} */
const isOrdinal = (number) => Number.isSafeInteger(number) && Number(number) > 0;

/** Ask a board or mirror, and check its answer. @param {import('./board.js').Fetch} fetch @param {any} manifest @param {Uint8Array} digest */
export async function read(fetch, manifest, digest) {
  const raw = await fetch('lookup/opening');
  if (!raw) throw new Incomplete('the trustees have not all acknowledged a key yet');
  return check(raw, manifest, digest);
}

/**
 * Check that the manifest's trustees signed one key in one attempt: one honest one among them suffices for the key to be
 * theirs. Fewer than the manifest's `least_trustees` are no ceremony (KEY.10).
 * @param {Uint8Array} raw @param {any} manifest the record @param {Uint8Array} digest its SHA-256 @returns {Opening}
 */
export function check(raw, manifest, digest) {
  const told = decode(raw);
  const { acknowledgements: given, attempt, opening } = told;
  const right = Object.keys(told).join() === MEMBERS && Array.isArray(given) && isOrdinal(attempt);
  if (!right || !(opening === null || isOrdinal(opening))) throw new Malformed('this is no word on an opening');
  const key = readKey(told.key);
  let last = 0;
  for (const record of given) {
    if (!record || Object.keys(record).join() !== SIGNED || record.type !== 'acknowledgement') throw new Malformed('this is no acknowledgement');
    if (!isOrdinal(record.trustee) || record.trustee <= last || record.trustee > manifest.trustees.length) {
      throw new Malformed('the trustees stand in their order, each once');
    }
    last = record.trustee;
    if (record.key !== told.key || record.attempt !== attempt) throw new Rejected('KEY.9', `trustee ${last} acknowledged another key or attempt`);
    checkHolder(manifest.trustees[last - 1], record, digest);
  }
  const signed = new Set(given.map((/** @type {any} */ { trustee }) => trustee));
  if (signed.size < manifest.least_trustees) throw new Rejected('KEY.10', `only ${signed.size} trustees acknowledged the key`);
  const without = manifest.trustees.filter((/** @type {any} */ _, /** @type {number} */ at) => !signed.has(at + 1));
  return { key, attempt, opening, without: without.map((/** @type {any} */ { id }) => id) };
}

/** @param {unknown} shown */
function readKey(shown) {
  const key = typeof shown === 'string' ? fromBase64(shown) : new Uint8Array(0);
  if (key.length !== 32) throw new Malformed('a key has 32 bytes');
  return key;
}

/** A key holder's signature (CRT.3, records.md §4). @param {{id: string, key: string}} holder @param {any} record @param {Uint8Array} digest */
function checkHolder(holder, record, digest) {
  const signature = fromBase64(String(record.signature));
  const message = join(LABEL, digest, utf8(encode({ ...record, signature: base64(new Uint8Array(64)) })));
  checkSignature('CRT.3', { name: holder.id, type: LOG, public: fromBase64(holder.key), id: '' }, message, signature);
}
