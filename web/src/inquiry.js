/** What has become of a ballot: from codes or a receipt to one standing with its proofs (specs/lookup.md §3, §4). */
import { base64, equal, fromBase64, hex, sha256 } from './bytes.js';
import { Board } from './board.js';
import { decode as decodeCheckpoint } from './checkpoint.js';
import { Incomplete, Malformed, Rejected } from './errors.js';
import * as lookup from './lookup.js';
import { check as checkReceipt, decode as decodeReceipt } from './receipt.js';
import { decode, sealedOf, shown, trackerOf } from './records.js';
import { hashLeaf } from './tree.js';

const SHORT = 2 << 20; // a longer register is not fetched
const LONG = 8 << 20; // a longer counted set is not fetched
const STALE = 900n; // seconds after which the board's last update is called old

/** @typedef {'PRESENT'|'PLACED'|'COUNTED'|'OMITTED'|'SUPERSEDED'|'OVERRIDDEN'|'CHALLENGED'|'FOREIGN'|'MISSING'|'UNKNOWN'|'ABSENT'|'MALFORMED'|'RECORD'|'UNCHECKED'} Standing */
/** @typedef {{what: string, sure: 'proved'|'word'|'open', value?: string, of?: string | Names}} Step a line of the proof: shown, the board's word, or not checked */
/** @typedef {{[language: string]: string}} Names */
/** @typedef {{head: lookup.Head, rows: lookup.Registered[], hints: lookup.Hint[]}} Hints */
/** @typedef {import('./board.js').Trust & {record: Uint8Array}} Trust `record` is the manifest that the sheet names */
/** @typedef {{code: string, tracker: string, receipt?: Uint8Array}} Question */

/** What is to be said. */
export class Answer {
  /** @type {Standing} */ standing = 'UNCHECKED';
  /** Why nothing can be said: a key of the words. */ reason = '';
  /** What the machinery said, in English. */ detail = '';
  /** @type {Step[]} */ steps = [];
  /** The whole tracking code. */ tracker = '';
  /** @type {bigint | null} */ index = null;
  /** @type {string[]} */ near = [];
  /** @type {any} */ manifest = null;
  /** @type {Board | null} */ board = null;
  /** @type {Hints | null} */ hints = null;
  /** @type {any} */ contest = null;
  /** The receipt's checkpoint: with the board's own it is evidence if the two contradict each other. @type {Uint8Array | null} */ promised = null;
  stale = false;

  /** @param {string} what @param {Step['sure']} sure @param {string | number | bigint} [value] @param {string | number | bigint | Names} [of] */
  step(what, sure, value, of) {
    this.steps.push({ what, sure, value: value?.toString(), of: typeof of === 'object' ? of : of?.toString() });
  }
}

/**
 * Ask one board; never throws. `now` is the device's clock in POSIX seconds, `known` the hints of another board for
 * a copy that has no index.
 * @param {Question} question @param {import('./board.js').Fetch} fetch @param {Trust} trust @param {bigint} now @param {Hints | null} [known]
 */
export async function inquire(question, fetch, trust, now, known = null) {
  const answer = new Answer();
  try {
    const board = await openBoard(answer, fetch, trust, now);
    const found = question.receipt
      ? await byReceipt(answer, board, trust, question.receipt)
      : await byCodes(answer, board, trust, question, known);
    if (found) await judge(answer, board, trust, found, question, known);
  } catch (error) {
    if (error instanceof Verdict) answer.standing = error.standing;
    else if (error instanceof Incomplete) answer.reason = 'incomplete';
    else if (error instanceof Rejected && error.id === 'BRD.3') answer.standing = 'ABSENT';
    else answer.reason = 'contradiction';
    answer.detail = error instanceof Error ? error.message : String(error);
  }
  return answer;
}

/** Ends an inquiry with a standing other than "could not be checked". */
class Verdict extends Error {
  /** @param {Standing} standing @param {string} detail */
  constructor(standing, detail) {
    super(detail);
    this.standing = standing;
  }
}

/** @typedef {{index: bigint, record: any, sealed: import('./records.js').Sealed, tracker: Uint8Array}} Found a sealed ballot that is proved to be on the log */

/** @param {Answer} answer @param {import('./board.js').Fetch} fetch @param {Trust} trust @param {bigint} now */
async function openBoard(answer, fetch, trust, now) {
  const board = await Board.open(fetch, trust);
  answer.board = board;
  answer.stale = board.seen !== null && now - board.seen > STALE;
  await board.prove(0n, trust.record);
  answer.manifest = decode(trust.record);
  answer.step('signed', 'proved', board.witnesses, board.size);
  return board;
}

/** The ballot that the codes name. @param {Answer} answer @param {Board} board @param {Trust} trust @param {Question} question @param {Hints | null} known @returns {Promise<Found | null>} */
async function byCodes(answer, board, trust, { code, tracker }, known) {
  const hints = await ask(board, code, tracker, known);
  answer.hints = hints;
  const codes = hints.hints.filter(([each]) => each.startsWith(tracker));
  if (BigInt(hints.head.size) < board.size && !known) throw new Incomplete('the index of this board is not up to date');
  const row = hints.rows.find(({ ballots }) => codes.some(([, index]) => ballots.includes(index))) ?? hints.rows[0];
  if (!row) throw new Verdict('UNKNOWN', 'no register has such a credential code');
  const key = await registeredKey(answer, board, row);
  const own = await Promise.all(row.ballots.map((index) => ballotAt(board, trust, BigInt(index))));
  if (own.some(({ sealed }) => sealed.credential !== key)) throw new Malformed('the index shows ballots of another credential');
  const mine = own.find((each) => shown(each.tracker).startsWith(tracker));
  if (mine) return mine;
  if (codes.length) {
    const other = await ballotAt(board, trust, BigInt(codes[0][1]));
    if (shown(other.tracker).startsWith(tracker) && other.sealed.credential !== key) {
      Object.assign(answer, { index: other.index, tracker: shown(other.tracker) });
      answer.step('onlog', 'proved', other.index);
      throw new Verdict('FOREIGN', 'the tracking code belongs to another credential');
    }
    throw new Malformed('the index shows an entry that has another tracking code');
  }
  answer.near = lookup.nearMisses(tracker, [...own.map((each) => shown(each.tracker)), ...hints.hints.map(([each]) => each)]);
  throw new Verdict('MISSING', 'no ballot on this board has this tracking code');
}

/** Hints of this board, or of the other one if this copy has no index; no rows without a credential code. @param {Board} board @param {string} code @param {string} tracker @param {Hints | null} known @returns {Promise<Hints>} */
async function ask({ fetch }, code, tracker, known) {
  try {
    const head = await lookup.head(fetch);
    const [rows, hints] = await Promise.all([
      code ? lookup.credentials(fetch, head, code) : [],
      lookup.ballots(fetch, head, tracker),
    ]);
    return { head, rows, hints };
  } catch (error) {
    if (known) return known;
    throw error;
  }
}

/** The key that the register gives this code. @param {Answer} answer @param {Board} board @param {lookup.Registered} row */
async function registeredKey(answer, board, row) {
  const register = decode(await board.entry(BigInt(row.register)));
  if (register.type !== 'register' || fromBase64(row.key).length !== 32) throw new Malformed('this entry is no register');
  const data = await board.blob(register.blob, SHORT);
  if (data) {
    const listed = decode(data).credentials.find((/** @type {any} */ each) => each.code === row.code);
    if (listed?.key !== row.key) throw new Malformed('the register gives this code another key');
  }
  const commission = answer.manifest.commissions.find((/** @type {any} */ each) => each.id === register.commission);
  answer.step('registered', data ? 'proved' : 'word', row.register, commission?.name ?? register.commission);
  return row.key;
}

/** @param {Board} board @param {Trust} trust @param {bigint} index @returns {Promise<Found>} */
async function ballotAt(board, { record: manifest }, index) {
  const record = decode(await board.entry(index));
  const sealed = sealedOf(record);
  return { index, record, sealed, tracker: trackerOf(sealed, sha256(manifest)) };
}

/** The ballot that a receipt is for. @param {Answer} answer @param {Board} board @param {Trust} trust @param {Uint8Array} raw @returns {Promise<Found | null>} */
async function byReceipt(answer, board, trust, raw) {
  const receipt = readOrMalformed(() => decodeReceipt(raw));
  const signed = readOrMalformed(() => decodeCheckpoint(receipt.checkpoint));
  answer.index = receipt.index;
  answer.promised = signed.raw;
  if (receipt.extra.length) {
    readOrMalformed(() => checkReceipt(receipt, hashLeaf(receipt.extra), trust));
    await board.checkContinues(signed);
  }
  const entry = await board.entry(receipt.index);
  readOrMalformed(() => checkReceipt(receipt, hashLeaf(entry), trust));
  if (!receipt.extra.length) await board.checkContinues(signed);
  answer.step('receipt', 'proved', signed.size);
  const { type } = decode(entry);
  if (type === 'ballot' || type === 'challenge') return ballotAt(board, trust, receipt.index);
  answer.step('record', 'proved', receipt.index, type);
  answer.standing = 'RECORD';
  return null;
}

/** @template T @param {() => T} read @returns {T} */
function readOrMalformed(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Incomplete) throw error;
    throw new Verdict('MALFORMED', error instanceof Rejected ? `${error.id}: ${error.message}` : String(error));
  }
}

/** The standing of a ballot that is on the log. @param {Answer} answer @param {Board} board @param {Trust} trust @param {Found} found @param {Question} question @param {Hints | null} known */
async function judge(answer, board, trust, found, { code, receipt }, known) {
  Object.assign(answer, { index: found.index, tracker: shown(found.tracker) });
  answer.contest = answer.manifest.contests.find((/** @type {any} */ each) => each.id === found.sealed.contest) ?? null;
  answer.step('onlog', 'proved', found.index);
  if (found.record.type === 'challenge') {
    answer.step('opened', 'proved', found.index);
    answer.standing = 'CHALLENGED';
    return;
  }
  answer.hints ??= await ask(board, code, answer.tracker, known).catch(() => null);
  if (receipt && code && answer.hints) await checkHolder(answer, board, found, answer.hints);
  const hint = answer.hints?.hints.find(([, index]) => BigInt(index) === found.index);
  answer.standing =
    (hint && ((await overriding(answer, board, found, hint)) || (await superseding(answer, board, trust, found, hint)))) ||
    (await counting(answer, board, found)) ||
    (hint && answer.hints && BigInt(answer.hints.head.size) >= board.size ? 'PRESENT' : 'PLACED');
  if (answer.standing === 'PRESENT') answer.step('latest', 'word');
  if (answer.standing === 'PLACED') answer.step('noindex', 'open');
}

/** Whoever gives a code beside a receipt is told if the two do not belong together. @param {Answer} answer @param {Board} board @param {Found} found @param {Hints} hints */
async function checkHolder(answer, board, { sealed }, { rows }) {
  if (!rows.length) throw new Verdict('UNKNOWN', 'no register has such a credential code');
  const key = await registeredKey(answer, board, rows.find((row) => row.key === sealed.credential) ?? rows[0]);
  if (key !== sealed.credential) throw new Verdict('FOREIGN', 'the receipt belongs to another credential');
}

/** @param {Answer} answer @param {Board} board @param {Found} found @param {lookup.Hint} hint @returns {Promise<Standing | null>} */
async function overriding(answer, board, { sealed }, [, , , override]) {
  if (override === null) return null;
  const record = decode(await board.entry(BigInt(override)));
  if (record.type !== 'override' || !record.credentials.includes(sealed.credential)) throw new Malformed('this is no override');
  answer.step('override', 'proved', override);
  return 'OVERRIDDEN';
}

/** @param {Answer} answer @param {Board} board @param {Trust} trust @param {Found} found @param {lookup.Hint} hint @returns {Promise<Standing | null>} */
async function superseding(answer, board, trust, { index, sealed }, [, , later]) {
  if (later === null) return null;
  const last = await ballotAt(board, trust, BigInt(later));
  const same = last.sealed.contest === sealed.contest && last.sealed.credential === sealed.credential;
  if (last.record.type !== 'ballot' || last.index <= index || !same) throw new Malformed('this is no later ballot');
  answer.step('later', 'proved', last.index, shown(last.tracker));
  return 'SUPERSEDED';
}

/** Whether the frozen set has the ballot. @param {Answer} answer @param {Board} board @param {Found} found @returns {Promise<Standing | null>} */
async function counting(answer, board, { sealed, tracker }) {
  const head = answer.hints?.head ?? (await lookup.head(board.fetch).catch(() => null));
  if (!head || head.freeze === null) return null;
  const freeze = decode(await board.entry(BigInt(head.freeze)));
  const named = freeze.type === 'freeze' && freeze.contests.find((/** @type {any} */ each) => each.contest === sealed.contest);
  if (!named) throw new Malformed('this entry is no freeze of the contest');
  const set = await board.blob(named.blob, LONG);
  if (!set) {
    answer.step('large', 'open', head.freeze);
    return null;
  }
  const places = Array.from({ length: set.length / 32 }, (_, at) => set.slice(at * 32, at * 32 + 32));
  const place = places.findIndex((each) => equal(each, tracker));
  if (place < 0) {
    answer.step('omitted', 'proved', head.freeze);
    return 'OMITTED';
  }
  answer.step('counted', 'proved', place + 1, places.length);
  answer.step('set', 'proved', hex(fromBase64(named.blob.sha256)), head.freeze);
  return 'COUNTED';
}

/** Whether another board shows the same: one log, and the same entry. @param {Answer} one @param {Answer} other */
export async function compare(one, other) {
  if (!one.board || !other.board) return;
  const [older, newer] = one.board.size <= other.board.size ? [one.board, other.board] : [other.board, one.board];
  try {
    await newer.checkContinues(older.signed);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    other.standing = 'ABSENT';
    other.detail = `${base64(older.signed.root)} ${base64(newer.signed.root)}`;
  }
}
