/** Records as the page needs them: canonical JSON and trackers (specs/records.md §1, specs/ballot.md §7). */
import { base32, base64, equal, fromBase64, sha256, text, utf8 } from './bytes.js';
import { Malformed } from './errors.js';

/** @typedef {{[name: string]: any}} Fields */
/** @typedef {{contest: string, credential: string, [name: string]: string}} Sealed `credential` in base64 */

/** Keys sorted, no white space. @param {any} value @returns {string} */
export function encode(value) {
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${encode(value[key])}`);
  return `{${members.join(',')}}`;
}

/** Read the canonical coding of an object and nothing else. @param {Uint8Array} raw @returns {Fields} */
export function decode(raw) {
  let value;
  try {
    value = JSON.parse(text(raw));
  } catch {
    throw new Malformed('this is not JSON');
  }
  if (value === null || typeof value !== 'object' || !equal(utf8(encode(value)), raw)) {
    throw new Malformed('this is not canonical');
  }
  return value;
}

/** The sealed part of a ballot or challenge. @param {Fields} record @returns {Sealed} */
export function sealedOf(record) {
  const { type, sealed } = record;
  const texts = sealed && typeof sealed === 'object' && Object.values(sealed).every((each) => typeof each === 'string');
  if ((type !== 'ballot' && type !== 'challenge') || !texts || fromBase64(sealed.credential).length !== 32) {
    throw new Malformed('this entry is not a sealed ballot');
  }
  return sealed;
}

const LABEL = utf8('aikyn/1 tracker');

/** What names a sealed ballot. @param {Sealed} sealed @param {Uint8Array} manifest the manifest's digest */
export const trackerOf = (sealed, manifest) => sha256(LABEL, manifest, utf8(encode(sealed)));

/** How a tracker is shown to its voter. @param {Uint8Array} tracker */
export const shown = (tracker) => base32(tracker.slice(0, 16));

/** Whether a blob is the one that a record names. @param {Fields} named @param {Uint8Array} data */
export const isBlob = (named, data) => named.length === data.length && named.sha256 === base64(sha256(data));
