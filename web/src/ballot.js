/** What a second device checks of a ballot or challenge that it has found on the log (specs/ballot.md §4–11). */
import { equal, fromBase64, utf8 } from './bytes.js';
import { checkChoice, encodePoints } from './choice.js';
import { Malformed, Rejected } from './errors.js';
import { G, SIZE, decodePoints, decodeScalars, hasIdentity, pieces, times } from './group.js';
import { trackerOf } from './records.js';
import { Reader } from './transcript.js';

/** @typedef {import('./choice.js').Contest} Contest */
/** @typedef {import('./group.js').Point} Point */
/** @typedef {import('./records.js').Fields} Fields */
/** @typedef {import('./transcript.js').Context} Context */
/**
 * @typedef {{act: 'cast' | 'challenge', contest: string, style: string, credential: Uint8Array, nonce: Uint8Array, R: Uint8Array, P: Uint8Array,
 *   proof: Uint8Array, tracker: Uint8Array, prev: Uint8Array, signature: Uint8Array, choice: number[], r: Uint8Array}} Ballot
 */

const MOST_COLUMNS = 8;
const SEALED = 'P R contest credential nonce proof style';
const MEMBERS = { ballot: 'prev sealed signature type', challenge: 'choice prev r sealed signature type' };

/** Read a record's members; what they hold is not checked yet. @param {Fields} record @param {Uint8Array} manifest @returns {Ballot} */
export function decode(record, manifest) {
  const opened = record.type === 'challenge';
  const sealed = record.sealed;
  if (names(record) !== MEMBERS[opened ? 'challenge' : 'ballot'] || names(sealed) !== SEALED) {
    throw new Malformed('this record is not a ballot or a challenge');
  }
  const { contest, style } = sealed;
  const right = !opened || (Array.isArray(record.choice) && record.choice.every((each) => Number.isSafeInteger(each) && each > 0));
  if (typeof contest !== 'string' || typeof style !== 'string' || !right) throw new Malformed('a member is of another form');
  return {
    act: opened ? 'challenge' : 'cast',
    contest,
    style,
    credential: bytes(sealed.credential, SIZE),
    nonce: bytes(sealed.nonce, 16),
    R: bytes(sealed.R, SIZE, MOST_COLUMNS * SIZE),
    P: bytes(sealed.P, SIZE, MOST_COLUMNS * SIZE),
    proof: bytes(sealed.proof, 0, 2 * MOST_COLUMNS * SIZE),
    tracker: trackerOf(sealed, manifest),
    prev: bytes(record.prev, SIZE),
    signature: bytes(record.signature, 2 * SIZE),
    choice: opened ? record.choice : [],
    r: opened ? bytes(record.r, SIZE, MOST_COLUMNS * SIZE) : new Uint8Array(0),
  };
}

/**
 * Check a record wholly; `latest` is the tracker of the credential's latest cast ballot before it. The caller has
 * proved that the record is on the log, and the credential with its style in the register.
 * @param {Context} context @param {Uint8Array} key PK @param {Contest} contest @param {string} style @param {Fields} record @param {Uint8Array} latest
 */
export function check(context, key, contest, style, record, latest) {
  const ballot = decode(record, context.manifest);
  if (ballot.contest !== contest.id || ballot.style !== style) throw new Rejected('BAL.1', 'the credential has no ballot of this style');
  checkForm(contest, ballot);
  if (!equal(ballot.prev, latest)) throw new Rejected('BAL.8', "prev is not the tracker of the credential's latest cast ballot");
  checkProofs(context, key, contest, ballot);
  return ballot;
}

/** The equations: of the seal, of the act, and of an opened one what was sealed. @param {Context} context @param {Uint8Array} key @param {Contest} contest @param {Ballot} ballot */
export function checkProofs(context, key, contest, ballot) {
  checkSeal(context, key, ballot);
  checkAct(context, ballot);
  if (ballot.act === 'challenge') checkOpened(key, contest, ballot);
}

/** What is seen without the group, and scalars that are not canonical. @param {Contest} contest @param {Ballot} ballot */
export function checkForm(contest, { act, R, P, proof, signature, choice, r }) {
  const size = SIZE * contest.width;
  if (R.length !== size || P.length !== size || proof.length !== 2 * size) throw new Rejected('BAL.2', `${contest.id} has ${contest.width} columns`);
  if ([R, P, proof.subarray(0, size), signature.subarray(0, SIZE)].some(hasIdentity)) throw new Rejected('BAL.5', 'a point is the identity');
  decodeScalars(proof.subarray(size));
  decodeScalars(signature.subarray(SIZE));
  const firsts = pieces(R);
  if (firsts.some((one, at) => firsts.slice(0, at).some((other) => equal(one, other)))) throw new Rejected('BAL.3', 'a first component occurs twice');
  if (act === 'cast') return;
  try {
    checkChoice(contest, choice);
  } catch (error) {
    throw new Rejected('SPL.1', /** @type {Error} */ (error).message);
  }
  if (r.length !== size) throw new Rejected('BAL.2', `r takes ${size} bytes`);
  decodeScalars(r);
}

/** Whoever sealed it knows r (§5). @param {Context} context @param {Uint8Array} key @param {Ballot} ballot */
export function checkSeal(context, key, { contest, style, credential, nonce, R, P, proof }) {
  const w = R.length / SIZE;
  const reader = new Reader('ballot', context, contest, '', proof, 'BAL.4');
  reader.absorb('PK', key);
  reader.absorb('style', utf8(style));
  reader.absorb('credential', credential);
  reader.absorb('nonce', nonce);
  reader.absorb('R', R);
  reader.absorb('P', P);
  const T = reader.points('T', w);
  const z = reader.challenge('z');
  const s = reader.scalars('s', w);
  reader.end();
  const [R_] = [R, P, credential].map((packed) => decodePoints('BAL.4', packed));
  require('BAL.6', R_.every((first, k) => times(s[k], G).equals(T[k].add(times(z, first)))));
}

/** The credential signed what becomes of it (§8). @param {Context} context @param {Ballot} ballot */
export function checkAct(context, { act, contest, credential, tracker, prev, signature }) {
  const reader = new Reader('signature', context, contest, act, signature, 'BAL.4');
  reader.absorb('credential', credential);
  reader.absorb('tracker', tracker);
  reader.absorb('prev', prev);
  const [T] = reader.points('T', 1);
  const z = reader.challenge('z');
  const [s] = reader.scalars('s', 1);
  reader.end();
  const [K] = decodePoints('BAL.4', credential);
  require('CFG.7', !hasIdentity(credential));
  require('BAL.7', times(s, G).equals(T.add(times(z, K))));
}

/** The opened choice and r give R and P, column by column (§11). @param {Uint8Array} key @param {Contest} contest @param {Ballot} ballot */
export function checkOpened(key, contest, { R, P, choice, r }) {
  const [PK] = decodePoints('KEY.4', key);
  const [R_, P_] = [R, P].map((packed) => decodePoints('BAL.4', packed));
  const M = decodePoints('SPL.1', encodePoints(contest, choice));
  /** @param {bigint} s @param {number} k */
  const holds = (s, k) => times(s, G).equals(R_[k]) && M[k].add(times(s, PK)).equals(P_[k]);
  require('SPL.2', decodeScalars(r).every(holds));
}

/** @param {string} clause @param {boolean} holds */
function require(clause, holds) {
  if (!holds) throw new Rejected(clause, 'an equation does not hold');
}

/** @param {any} value */
const names = (value) => (value && typeof value === 'object' ? Object.keys(value).sort().join(' ') : '');

/** @param {any} coded @param {number} least @param {number} most */
function bytes(coded, least, most = least) {
  const raw = typeof coded === 'string' ? fromBase64(coded) : new Uint8Array(0);
  if (typeof coded !== 'string' || raw.length < least || raw.length > most) throw new Malformed('a member has another length');
  return raw;
}
