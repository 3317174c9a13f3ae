/** Signed notes and their keys, c2sp.org/signed-note (specs/log.md §3). */
import { ed25519 } from '@noble/curves/ed25519.js';
import { base64, equal, fromBase64, hex, join, sha256, text, utf8 } from './bytes.js';
import { Incomplete, Malformed, Rejected } from './errors.js';

export const LOG = 0x01;
export const WITNESS = 0x04;
export const ML_DSA_44 = 0x06;
/** Bytes of a public key, by type. @type {Record<number, number>} */
const SIZES = { [LOG]: 32, [WITNESS]: 32, [ML_DSA_44]: 1312 };
const LONGEST_NAME = 255;
const LONGEST = 1 << 16;
const DASH = '— ';

/** @typedef {{verify: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean}} Scheme */
/** ML-DSA-44 is a script of its own, which only some elections need. @type {Scheme | null} */
let mlDsa = null;

/** Have what verifies ML-DSA-44; without it such a signature could not be checked. @param {Scheme} scheme */
export function useMlDsa(scheme) {
  mlDsa = scheme;
}

/** @typedef {{name: string, type: number, public: Uint8Array, id: string}} Key a name, a type (01 log, 04 or 06 witness), a public key */
/** @typedef {{name: string, id: string, blob: Uint8Array}} Line */
/** @typedef {{text: Uint8Array, lines: Line[]}} Note */

/** Read `name+hex(id)+base64(type ‖ key)`. @param {string} shown @returns {Key} */
export function decodeKey(shown) {
  const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(shown) ?? [];
  const blob = encoded ? fromBase64(encoded) : new Uint8Array(0);
  if (!blob.length || !isName(name) || utf8(name).length > LONGEST_NAME) throw new Malformed('a verifier key is name+id+base64 without spaces');
  if (!(blob[0] in SIZES)) throw new Incomplete(`keys of type ${blob[0]} are not known here`);
  const key = { name, type: blob[0], public: blob.slice(1), id: hex(sha256(utf8(`${name}\n`), blob)).slice(0, 8) };
  if (key.public.length !== SIZES[key.type]) throw new Malformed(`a key of type ${key.type} has ${SIZES[key.type]} bytes`);
  if (key.type !== ML_DSA_44 && !isPrimeOrder(key.public)) throw new Malformed('this is not an Ed25519 public key of prime order');
  if (id !== key.id) throw new Malformed(`the key id should be ${key.id}`);
  return key;
}

/** Read a note; only the one spelling that would be written is accepted. @param {Uint8Array} raw @returns {Note} */
export function decode(raw) {
  if (raw.length > LONGEST) throw new Malformed('a note is too long');
  if (raw.some((byte) => byte < 0x20 && byte !== 0x0a)) throw new Malformed('a note has no control characters');
  const whole = text(raw);
  const blank = whole.lastIndexOf('\n\n');
  if (blank < 0) throw new Malformed('a note has an empty line before its signatures');
  const shown = whole.slice(blank + 2);
  if (!shown.endsWith('\n')) throw new Malformed('the last signature line is not ended');
  return { text: utf8(whole.slice(0, blank + 1)), lines: shown.slice(0, -1).split('\n').map(decodeLine) };
}

/** @param {string} line @returns {Line} */
function decodeLine(line) {
  const [, name, encoded] = /^— ([^ ]*) (.*)$/s.exec(line) ?? [];
  const blob = encoded === undefined ? new Uint8Array(0) : fromBase64(encoded);
  if (!name || !isName(name) || blob.length < 5) throw new Malformed('a signature line is: — name base64');
  return { name, id: hex(blob.slice(0, 4)), blob: blob.slice(4) };
}

/** The lines that name one of `keys`, by name and id. @param {Note} note @param {Key[]} keys @returns {[Key, Line][]} */
export function matchingLines(note, keys) {
  return note.lines.flatMap((line) => {
    const key = keys.find((one) => one.name === line.name && one.id === line.id);
    return key ? [/** @type {[Key, Line]} */ ([key, line])] : [];
  });
}

/**
 * Refuse `clause` unless `signature` is the key's of `message`; of Ed25519 without a cofactor (log.md §3.3).
 * @param {string} clause @param {Key} key @param {Uint8Array} message @param {Uint8Array} signature
 */
export function checkSignature(clause, key, message, signature) {
  if (key.type === ML_DSA_44 && !mlDsa) throw new Incomplete('ML-DSA-44 is not at hand');
  let holds = false;
  try {
    holds = key.type === ML_DSA_44 ? /** @type {Scheme} */ (mlDsa).verify(signature, message, key.public)
      : signature.length === 64 && isTorsionFree(signature.subarray(0, 32)) && ed25519.verify(signature, message, key.public, { zip215: false });
  } catch {
    holds = false;
  }
  if (!holds) throw new Rejected(clause, `the signature of ${key.name} is false`);
}

/** The note's bytes again. @param {Note} note */
export function encode(note) {
  const lines = note.lines.map(({ name, id, blob }) => `${DASH}${name} ${base64(join(fromHex(id), blob))}\n`);
  return join(note.text, utf8(`\n${lines.join('')}`));
}

/** @param {string} shown */
const fromHex = (shown) => Uint8Array.from(shown.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array} point */
function isPrimeOrder(point) {
  try {
    return isTorsionFree(point) && !ed25519.Point.fromBytes(point, false).isSmallOrder();
  } catch {
    return false;
  }
}

/** Over such points an equation says the same with a cofactor, as the library has one, and without. @param {Uint8Array} point */
function isTorsionFree(point) {
  const decoded = ed25519.Point.fromBytes(point, false);
  return equal(decoded.toBytes(), point) && decoded.isTorsionFree();
}

/** @param {string} name */
const isName = (name) => name !== '' && !/[+\u0000-\u001f\u0085\s]/.test(name.replace(/\ufeff/g, ''));

/** What people compare: a key as it is, of a longer one the SHA-256. @param {Key} key */
export const fingerprint = (key) => (key.public.length > 32 ? sha256(key.public) : key.public);
