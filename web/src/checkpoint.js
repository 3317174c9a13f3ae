/** Checkpoints and their cosignatures (specs/log.md §4). */
import { base64, fromBase64, join, text, utf8 } from './bytes.js';
import { Malformed, Rejected } from './errors.js';
import { ML_DSA_44, checkSignature, decode as decodeNote, matchingLines } from './note.js';

const LARGEST = 2n ** 63n - 1n;

/** @typedef {import('./note.js').Key} Key */
/** @typedef {{origin: string, size: bigint, root: Uint8Array, note: import('./note.js').Note, raw: Uint8Array}} Checkpoint */
/** @typedef {{key: Key, time: bigint}} Cosignature when a witness had seen the checkpoint, in POSIX seconds */

/** Read a signed checkpoint; nothing is verified yet. @param {Uint8Array} raw @returns {Checkpoint} */
export function decode(raw) {
  const note = decodeNote(raw);
  const [, origin, size, shown] = /^([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n$/.exec(text(note.text)) ?? [];
  if (!origin) throw new Malformed('a checkpoint has three lines: origin, size, root');
  const root = fromBase64(shown);
  if (root.length !== 32 || BigInt(size) > LARGEST || utf8(origin).length > 255) throw new Malformed('a checkpoint is written in exactly one way');
  return { origin, size: BigInt(size), root, note, raw };
}

/**
 * Refuse `clause` unless the checkpoint is of `origin`, one of its keys signed it, and none badly.
 * @param {string} clause @param {Checkpoint} signed @param {string} origin @param {Key[]} keys
 */
export function checkLogSignature(clause, signed, origin, keys) {
  if (signed.origin !== origin) throw new Rejected(clause, `this is a checkpoint of ${signed.origin}, not of ${origin}`);
  const lines = matchingLines(signed.note, keys);
  if (!lines.length) throw new Rejected(clause, 'no trusted key of the log has signed this checkpoint');
  for (const [key, line] of lines) checkSignature(clause, key, signed.note.text, line.blob);
}

/**
 * Verify every line of a known witness; unknown lines are passed over.
 * @param {string} clause @param {Checkpoint} signed @param {Key[]} keys @returns {Cosignature[]}
 */
export function checkCosignatures(clause, signed, keys) {
  return matchingLines(signed.note, keys).map(([key, { blob }]) => {
    const time = blob.slice(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (time <= 0n || time > LARGEST) throw new Rejected(clause, `the cosignature of ${key.name} has no time`);
    checkSignature(clause, key, cosignedMessage(key, signed, time), blob.slice(8));
    return { key, time };
  });
}

/** What a witness signs (§4.3), by the type of its key. @param {Key} key @param {Checkpoint} signed @param {bigint} time */
export function cosignedMessage(key, { origin, size, root, note }, time) {
  if (key.type !== ML_DSA_44) return join(utf8(`cosignature/v1\ntime ${time}\n`), note.text);
  const [name, log] = [key.name, origin].map((shown) => join(Uint8Array.of(utf8(shown).length), utf8(shown)));
  return join(utf8('subtree/v1\n\0'), name, long(time), log, long(0n), long(size), root);
}

/** Eight bytes. @param {bigint} number */
const long = (number) => Uint8Array.from({ length: 8 }, (_, at) => Number((number >> BigInt(56 - 8 * at)) & 0xffn));

/** The text that a log signs. @param {{origin: string, size: bigint, root: Uint8Array}} body */
export const encodeBody = ({ origin, size, root }) => utf8(`${origin}\n${size}\n${base64(root)}\n`);
