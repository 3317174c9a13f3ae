/** What must hold before a mark is made (specs/voting.md §2). */
import { base64, fromBase64, sha256 } from '../bytes.js';
import { Board, files } from '../board.js';
import { FIRST } from '../credential.js';
import { Incomplete, Malformed } from '../errors.js';
import * as lookup from '../lookup.js';
import { read as readOpening } from '../opening.js';
import { decode, sealedOf, shown, trackerOf } from '../records.js';

const LONG = 8 << 20; // a longer register is not fetched
const TRIES = 6; // for an index that is a round behind its board
const PAUSE = 500; // ms
const BEFORE = ['setup', 'ceremony', 'registration'];

/** @typedef {import('../site.js').Site} Site */
/** @typedef {{tracker: Uint8Array, code: string, index: bigint}} Standing a ballot of this voter on the log */
/** @typedef {{id: string, title: any, options: {id: string, name: any}[], least: number, most: number, width: number}} Contest */

/** Why the page cannot go on: `reason` is a key of the words. */
export class Stopped extends Error {
  /** @param {string} reason @param {string} [detail] */
  constructor(reason, detail = '') {
    super(detail || reason);
    this.reason = reason;
  }
}

/** @typedef {{fetch: import('../board.js').Fetch, phase: Promise<string | null>}} Asked what a board is asked first, all at once */

/** @param {Site} site @returns {Asked} */
export function ask({ addresses: { board } }) {
  const fetch = files(board);
  for (const name of ['checkpoint', 'lookup/opening']) fetch(name).catch(() => {});
  return { fetch, phase: readPhase(board) };
}

/** The election, checked. */
export class Ground {
  /** @param {Site} site @param {Uint8Array} digest @param {import('../opening.js').Opening} opening */
  constructor(site, digest, opening) {
    this.site = site;
    this.digest = digest;
    this.opening = opening;
    this.blobs = files(site.addresses.board);
    this.context = { election: site.manifest.election, manifest: digest };
  }

  /** The manifest is entry 0 of the log, and the key its trustees' own. @param {Site} site @param {Asked} asked */
  static async open(site, { fetch, phase: told }) {
    const board = await Board.open(fetch, site.trust);
    await board.prove(0n, site.trust.record); // whose digest is the trust sheet's, or `site.js` had refused it
    const digest = sha256(site.trust.record);
    const phase = await told;
    if (phase && BEFORE.includes(phase)) throw new Stopped('early');
    if (isOver(phase)) throw new Stopped('over');
    return new Ground(site, digest, await readOpening(fetch, site.manifest, digest));
  }

  /** The board's files as they are now; a blob never changes. @returns {import('../board.js').Fetch} */
  fresh() {
    const fetch = files(this.site.addresses.board);
    return (name) => (name.startsWith('blobs/') ? this.blobs(name) : fetch(name));
  }
}

/** @param {string | null} phase */
export const isOver = (phase) => phase !== null && phase !== 'voting' && !BEFORE.includes(phase);

/** What the board says of itself; null if it says nothing. @param {string} base @returns {Promise<string | null>} */
export async function readPhase(base) {
  try {
    const answer = await fetch(`${base}/health`, { credentials: 'omit', referrerPolicy: 'no-referrer' });
    return (await answer.json()).phase ?? null;
  } catch {
    return null;
  }
}

/** A voter on the register, and what of this voter stands on the log. */
export class Voter {
  /** @param {string} code @param {string} style @param {Contest[]} contests @param {Map<string, Standing>} latest @param {boolean} proved */
  constructor(code, style, contests, latest, proved) {
    this.code = code;
    this.style = style;
    this.contests = contests;
    this.latest = latest;
    /** Whether the register's own rows were read, or it is the board's word. */
    this.proved = proved;
  }

  /** `prev` of the next ballot. @param {string} contest */
  previous(contest) {
    return this.latest.get(contest)?.tracker ?? FIRST;
  }
}

/** @typedef {{board: Board, rows: lookup.Registered[]}} Listed what the registers have for a code */

/** What is to be known of a code before its key is: the rows, and their registers on the way. @param {Ground} ground @param {string} code @returns {Promise<Listed>} */
export async function list(ground, code) {
  for (let left = TRIES; ; left -= 1) {
    const fetch = ground.fresh();
    const [board, head] = await Promise.all([Board.open(fetch, ground.site.trust), lookup.head(fetch)]);
    if (BigInt(head.size) >= board.size) {
      const rows = await lookup.credentials(fetch, head, code);
      for (const row of rows) readStyle(board, row, ground.site.manifest).catch(() => {}); // what is wrong is said when it is used
      return { board, rows };
    }
    if (left <= 1) throw new Incomplete('the index of the board is not up to date');
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** The voter with this code and key; null if no register has the two together. @param {Ground} ground @param {Listed} listed @param {Uint8Array} key @returns {Promise<Voter | null>} */
export async function findVoter(ground, { board, rows }, key) {
  const { manifest } = ground.site;
  const own = base64(key);
  const row = rows.find((each) => each.key === own);
  if (!row) return null;
  if (row.override !== null) await checkOverride(board, row.override, own);
  const { style, proved } = await readStyle(board, row, manifest);
  const known = manifest.styles.find((/** @type {any} */ each) => each.id === style);
  if (!known) throw new Malformed('the register names a style that the manifest lacks');
  const contests = known.contests.map((/** @type {string} */ id) => manifest.contests.find((/** @type {any} */ each) => each.id === id));
  /** @type {Map<string, Standing>} */
  const latest = new Map();
  for (const index of [...row.ballots].sort((a, b) => a - b)) {
    const record = decode(await board.entry(BigInt(index)));
    const sealed = sealedOf(record);
    if (sealed.credential !== own) throw new Malformed('the index shows ballots of another credential');
    const tracker = trackerOf(sealed, ground.digest);
    if (record.type === 'ballot') latest.set(sealed.contest, { tracker, code: shown(tracker), index: BigInt(index) });
  }
  return new Voter(row.code, style, contests, latest, proved);
}

/** @param {Board} board @param {number} index @param {string} key */
async function checkOverride(board, index, key) {
  const record = decode(await board.entry(BigInt(index)));
  if (record.type !== 'override' || !record.credentials.includes(key)) throw new Malformed('this is no override of this voter');
  throw new Stopped('paper');
}

/** @param {Board} board @param {lookup.Registered} row @param {any} manifest */
async function readStyle(board, row, manifest) {
  const register = decode(await board.entry(BigInt(row.register)));
  if (register.type !== 'register' || fromBase64(row.key).length !== 32) throw new Malformed('this entry is no register');
  const data = await board.blob(register.blob, LONG);
  if (!data) {
    if (manifest.styles.length > 1) throw new Stopped('large');
    return { style: manifest.styles[0].id, proved: false };
  }
  const listed = decode(data).credentials.find((/** @type {any} */ each) => each.code === row.code);
  if (listed?.key !== row.key) throw new Malformed('the register gives this code another key');
  return { style: String(listed.style), proved: true };
}
