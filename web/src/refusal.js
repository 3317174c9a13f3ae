/** A board's signed no (specs/api.md §6). */
import { base64, equal, fromBase64, hex, join, utf8 } from './bytes.js';
import { Malformed, Rejected } from './errors.js';
import { checkSignature } from './note.js';
import { decode, encode } from './records.js';

const LABEL = utf8('aikyn/1 refusal\n');
const LARGEST = 16384;
const MEMBERS = ['clause', 'code', 'detail', 'origin', 'refused', 'signature', 'status', 'time'].join();
const LAST = 253402300799; // the end of the year 9999

/** @typedef {{clause: string, code: string, detail: string, origin: string, refused: string, signature: string, status: number, time: number}} Refusal */

/** Read a refusal; whether the log signed it is another question. @param {Uint8Array} raw @returns {Refusal} */
export function decodeRefusal(raw) {
  if (raw.length > LARGEST) throw new Malformed('a refusal is short');
  const told = /** @type {Refusal} */ (decode(raw));
  const { clause, code, detail, origin, refused, status, time } = told;
  const right =
    Object.keys(told).join() === MEMBERS &&
    [clause, code, detail, origin].every((each) => typeof each === 'string') &&
    typeof refused === 'string' && /^((record|blob|receipt) [0-9a-f]{64})?$/.test(refused) &&
    Number.isSafeInteger(status) && status >= 400 && status < 600 &&
    Number.isSafeInteger(time) && time >= 0 && time <= LAST;
  if (!right) throw new Malformed('this is no signed refusal');
  if (typeof told.signature !== 'string' || fromBase64(told.signature).length !== 64) throw new Malformed('a signature has 64 bytes');
  return told;
}

/** Refuse what a key of the log did not sign (RCP.1). @param {Refusal} told @param {import('./receipt.js').Trust} trust */
export function checkRefusal(told, { origin, keys }) {
  const message = join(LABEL, utf8(encode({ ...told, signature: base64(new Uint8Array(64)) })));
  if (told.origin !== origin) throw new Rejected('RCP.1', 'this refusal is of another log');
  const signed = keys.some((key) => {
    try {
      checkSignature('RCP.1', key, message, fromBase64(told.signature));
      return true;
    } catch {
      return false;
    }
  });
  if (!signed) throw new Rejected('RCP.1', 'no key of the log signed this refusal');
}

/** Whether it is about this record. @param {Refusal} told @param {Uint8Array} leaf */
export const isAbout = ({ refused }, leaf) => equal(utf8(refused), utf8(`record ${hex(leaf)}`));
