/** The second share of a credential, and the two joined (specs/keysheet.md §7). */
import { equal, fromBase64, text } from './bytes.js';
import { Malformed } from './errors.js';
import { G, SIZE, decodePoints, decodeScalars, hasIdentity, packPoints, packScalars, reduce, secretTimes } from './group.js';
import { wipe } from './secrets.js';

const HEADER = 'aikyn/1 share: keep this file secret, whoever has it and the key sheet votes in your place';
const LONGEST = 1024;

/** @typedef {{election: string, first: Uint8Array, key: Uint8Array, k2: Uint8Array}} SecondShare `first` is K1, `key` K; whoever holds k2 overwrites it */

/** Read a voter's file; it is refused unless K = K1 + k2 G. @param {Uint8Array} raw @returns {SecondShare} */
export function readShare(raw) {
  if (raw.length > LONGEST) throw new Malformed('a second share is a short file');
  const [header, election, first, key, digits = '', ...more] = text(raw).split(/\r?\n/);
  if (header !== HEADER || !/^[0-9a-f]{64}$/.test(digits) || more.some((line) => line.trim())) throw new Malformed('this is no second share');
  const k2 = Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const given = { election, first: fromBase64(first), key: fromBase64(key), k2 };
  const [one, ...others] = decodePoints('CFG.7', given.first);
  const [second] = decodeScalars(k2);
  if (!one || others.length || hasIdentity(given.key) || !equal(packPoints([one.add(secretTimes(second, G))]), given.key)) {
    wipe(k2);
    throw new Malformed('the parts of this second share do not fit together');
  }
  return given;
}

/** k = k1 + k2, packed; both are overwritten. @param {string} own the election of the sheet @param {Uint8Array} k1 @param {SecondShare} share */
export function joinShares(own, k1, { election, first, k2 }) {
  const [[one], [second]] = [k1, k2].map(decodeScalars);
  try {
    if (election !== own || k1.length !== SIZE || !equal(packPoints([secretTimes(one, G)]), first)) {
      throw new Malformed('this second share belongs to another key sheet');
    }
    return packScalars([reduce(one + second)]);
  } finally {
    wipe(k1, k2);
  }
}
