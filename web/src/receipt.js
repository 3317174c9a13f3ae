/** Receipts: proofs that an entry is on the log, c2sp.org/tlog-proof (specs/receipt.md). */
import { base64, equal, fromBase64, join, text, utf8 } from './bytes.js';
import { checkCosignatures, checkLogSignature, decode as decodeCheckpoint } from './checkpoint.js';
import { Malformed, Rejected } from './errors.js';
import { checkQuorum } from './policy.js';
import { rootFromInclusion } from './tree.js';

const HEADER = 'c2sp.org/tlog-proof@v1';
const LONGEST = 1 << 17;
const DEEPEST = 63;

/** @typedef {import('./checkpoint.js').Cosignature} Cosignature */
/** @typedef {import('./checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {{index: bigint, path: Uint8Array[], checkpoint: Uint8Array, extra: Uint8Array}} Receipt */
/** @typedef {{origin: string, keys: import('./note.js').Key[], policy: import('./policy.js').Policy}} Trust */

/** Read a receipt file; only its one spelling is accepted. @param {Uint8Array} raw @returns {Receipt} */
export function decode(raw) {
  const blank = raw.findIndex((byte, at) => byte === 0x0a && raw[at + 1] === 0x0a);
  const head = raw.slice(0, blank < 0 ? raw.length : blank);
  if (blank < 0 || raw.length > LONGEST || head.some((byte) => byte > 0x7f)) {
    throw new Malformed('a receipt is ASCII text above its checkpoint');
  }
  const [header, ...lines] = text(head).split('\n');
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(/** @type {string} */ (lines.shift()).slice(6)) : undefined;
  const [, index] = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? '') ?? [];
  if (header !== HEADER || !index || extra?.length === 0 || lines.length > DEEPEST) {
    throw new Malformed('a receipt has a header, an index and at most 63 hashes');
  }
  const path = lines.map(fromBase64);
  if (path.some((hash) => hash.length !== 32)) throw new Malformed('a hash has 32 bytes');
  return { index: BigInt(index), path, checkpoint: raw.slice(blank + 2), extra: extra ?? new Uint8Array(0) };
}

/** The receipt with its entry, so that the file alone can be checked (receipt.md §1.2). @param {Uint8Array} raw a receipt @param {Uint8Array} entry */
export function carry(raw, entry) {
  const head = utf8(`${HEADER}\n`);
  const rest = decode(raw).extra.length ? raw.indexOf(0x0a, head.length) + 1 : head.length;
  return join(head, utf8(`extra ${base64(entry)}\n`), raw.slice(rest));
}

/**
 * Check that the log promised this leaf (receipt.md §3); gives its checkpoint and the witnesses' cosignatures.
 * @param {Receipt} receipt @param {Uint8Array} leaf @param {Trust} trust
 * @returns {{signed: Checkpoint, cosignatures: Cosignature[]}}
 */
export function check(receipt, leaf, { origin, keys, policy }) {
  const signed = decodeCheckpoint(receipt.checkpoint);
  checkLogSignature('RCP.1', signed, origin, keys);
  let root;
  try {
    root = rootFromInclusion(receipt.index, signed.size, leaf, receipt.path);
  } catch (error) {
    throw new Rejected('RCP.2', /** @type {Error} */ (error).message);
  }
  if (!equal(root, signed.root)) {
    throw new Rejected('RCP.2', `the entry is not number ${receipt.index} of the signed tree`);
  }
  const cosignatures = checkCosignatures('RCP.4', signed, [...policy.witnesses.values()]);
  checkQuorum('RCP.3', policy, cosignatures);
  return { signed, cosignatures };
}
