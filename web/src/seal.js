/** Sealing a ballot: the first half of the voter's client (specs/ballot.md §4–7, §13–14). */
import { base64, utf8 } from './bytes.js';
import { encodePoints } from './choice.js';
import { Malformed, Rejected } from './errors.js';
import { G, decodePoints, decodeScalars, hasIdentity, packPoints, packScalars, reduce, secretTimes } from './group.js';
import { trackerOf } from './records.js';
import { WIDE, drawBytes, scalarsOf, wipe } from './secrets.js';
import { Writer } from './transcript.js';

/** @typedef {import('./choice.js').Contest} Contest */
/** @typedef {import('./records.js').Sealed} Sealed */
/** @typedef {import('./transcript.js').Context} Context */

const NONCE = 16;

/** A sealed ballot before the voter has chosen what becomes of it; choice and r stay with the client. */
export class Prepared {
  /** @param {Sealed} sealed @param {number[]} choice @param {Uint8Array} r @param {Uint8Array} tracker */
  constructor(sealed, choice, r, tracker) {
    this.sealed = sealed;
    this.choice = choice;
    this.r = r;
    this.tracker = tracker;
  }

  /** Choice and r for an opening, once: whoever has signed one act can never sign the other. */
  spend() {
    if (!this.r.length) throw new Malformed('this sealed ballot has been signed already: seal afresh');
    const opened = { choice: this.choice, r: base64(this.r) };
    this.forget();
    return opened;
  }

  /** Overwrite r and let the choice go. */
  forget() {
    wipe(this.r);
    this.r = new Uint8Array(0);
    this.choice = [];
  }
}

/**
 * Seal a choice afresh.
 * @param {Context} context @param {Uint8Array} key PK @param {Contest} contest @param {string} style
 * @param {Uint8Array} credential K @param {number[]} choice
 */
export function seal(context, key, contest, style, credential, choice) {
  const w = contest.width;
  const PK = decodeKey(key);
  const M = decodePoints('', encodePoints(contest, choice));
  const fresh = drawBytes(2 * w * WIDE + NONCE); // in the order of §14
  const [r, t] = [0, 1].map((part) => scalarsOf(fresh.subarray(part * w * WIDE, (part + 1) * w * WIDE)));
  const nonce = fresh.slice(2 * w * WIDE);
  const [r_, t_] = [r, t].map(decodeScalars);
  wipe(t);
  const R = packPoints(r_.map((s) => secretTimes(s, G)));
  const P = packPoints(r_.map((s, k) => M[k].add(secretTimes(s, PK))));
  const T = packPoints(t_.map((s) => secretTimes(s, G)));
  checkNoIdentity(R, P, T);

  const writer = new Writer('ballot', context, contest.id, '');
  writer.absorb('PK', key);
  writer.absorb('style', utf8(style));
  writer.absorb('credential', credential);
  writer.absorb('nonce', nonce);
  writer.absorb('R', R);
  writer.absorb('P', P);
  writer.write('T', T);
  const z = writer.challenge('z');
  writer.write('s', packScalars(t_.map((s, k) => reduce(s + z * r_[k]))));

  /** @type {Sealed} */
  const sealed = {
    contest: contest.id,
    style,
    credential: base64(credential),
    nonce: base64(nonce),
    R: base64(R),
    P: base64(P),
    proof: base64(writer.proof()),
  };
  return new Prepared(sealed, [...choice], r, trackerOf(sealed, context.manifest));
}

/** Nothing is handed out that no board takes (§6, §8). @param {...Uint8Array} packed */
export function checkNoIdentity(...packed) {
  if (packed.some(hasIdentity)) throw new Rejected('BAL.5', 'a point is the identity: seal afresh');
}

/** The election key; under the identity P would be the choice itself. @param {Uint8Array} key */
function decodeKey(key) {
  const [PK, ...more] = decodePoints('KEY.4', key);
  if (!PK || more.length || hasIdentity(key)) throw new Rejected('KEY.4', 'this is no election key');
  return PK;
}
