/** A voter's credential: the secret key k, and what it signs (specs/ballot.md §8–11). */
import { base64 } from './bytes.js';
import { Malformed } from './errors.js';
import { G, SIZE, decodeScalars, packPoints, packScalars, reduce, secretTimes } from './group.js';
import { checkNoIdentity, seal } from './seal.js';
import { draw, wipe } from './secrets.js';
import { Writer } from './transcript.js';

/** @typedef {import('./choice.js').Contest} Contest */
/** @typedef {import('./records.js').Fields} Fields */
/** @typedef {import('./seal.js').Prepared} Prepared */
/** @typedef {import('./transcript.js').Context} Context */

export const FIRST = new Uint8Array(SIZE); // `prev` of a credential's first ballot in a contest

export class Credential {
  /** Takes over the buffer of k, however k came; the caller must not keep it. @param {Uint8Array} k 32 bytes */
  constructor(k) {
    const [scalar, ...more] = decodeScalars(k);
    if (!scalar || more.length) throw new Malformed('a credential is one scalar, and not zero');
    this.k = k;
    this.key = packPoints([secretTimes(scalar, G)]);
  }

  /** Seal a choice afresh. @param {Context} context @param {Uint8Array} key PK @param {Contest} contest @param {string} style @param {number[]} choice */
  seal(context, key, contest, style, choice) {
    return seal(context, key, contest, style, this.key, choice);
  }

  /**
   * Cast it; `prev` is the tracker of this credential's latest cast ballot in the contest.
   * @param {Context} context @param {Prepared} prepared @returns {Fields}
   */
  cast(context, prepared, prev = FIRST) {
    prepared.spend();
    return { type: 'ballot', sealed: prepared.sealed, prev: base64(prev), signature: this.sign(context, 'cast', prepared, prev) };
  }

  /**
   * Open it instead, to check that it was sealed as chosen; it can never be cast.
   * @param {Context} context @param {Prepared} prepared @returns {Fields}
   */
  challenge(context, prepared, prev = FIRST) {
    const opened = prepared.spend();
    const signature = this.sign(context, 'challenge', prepared, prev);
    return { type: 'challenge', sealed: prepared.sealed, prev: base64(prev), signature, ...opened };
  }

  /** Overwrite k: the credential signs nothing any more. */
  forget() {
    wipe(this.k);
  }

  /** @param {Context} context @param {'cast' | 'challenge'} act @param {Prepared} prepared @param {Uint8Array} prev */
  sign(context, act, prepared, prev) {
    const fresh = draw(1);
    const [[k], [t]] = [this.k, fresh].map(decodeScalars);
    wipe(fresh);
    if (!k) throw new Malformed('this credential is forgotten');
    const T = packPoints([secretTimes(t, G)]);
    checkNoIdentity(T);
    const writer = new Writer('signature', context, prepared.sealed.contest, act);
    writer.absorb('credential', this.key);
    writer.absorb('tracker', prepared.tracker);
    writer.absorb('prev', prev);
    writer.write('T', T);
    const z = writer.challenge('z');
    writer.write('s', packScalars([reduce(t + z * k)]));
    return base64(writer.proof());
  }
}
