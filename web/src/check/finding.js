/** A sealed ballot by its tracking code, found on the log and looked into if it was opened (specs/voting.md §5). */
import { checkForm, checkProofs, decode as decodeBallot } from '../ballot.js';
import { Board, files } from '../board.js';
import { sha256 } from '../bytes.js';
import { Incomplete, Malformed } from '../errors.js';
import * as lookup from '../lookup.js';
import { read as readOpening } from '../opening.js';
import { decode, shown } from '../records.js';

/** @typedef {import('../site.js').Site} Site */
/** @typedef {import('../lookup.js').Hint} Hint */
/** @typedef {{ballot: import('../ballot.js').Ballot, contest: any, code: string, index: bigint, raw: Uint8Array, board: Board, place: string}} Found `place` is the copy that showed it */

/** Where to ask: mirrors before the board, whose own word is what is being tested. @param {import('../site.js').Addresses} addresses */
export const placesOf = ({ board, mirrors }) => [...mirrors, board];

/** The entry with this code, proved and checked; null if no place has it yet. @param {Site} site @param {string} code at least its first letters @returns {Promise<Found | null>} */
export async function find(site, code) {
  const places = placesOf(site.addresses);
  const hint = await hintOf(places, code);
  if (!hint) return null;
  /** @type {unknown} */ let last = new Incomplete('nobody shows this entry');
  for (const place of places) {
    try {
      const board = await Board.open(files(place), site.trust);
      if (board.size > BigInt(hint[1])) return await look(site, board, place, BigInt(hint[1]), code);
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      last = error;
    }
  }
  throw last;
}

/** From the first place that has an index; it is only a hint where to look. @param {string[]} places @param {string} code @returns {Promise<Hint | null>} */
async function hintOf(places, code) {
  /** @type {unknown} */ let last = null;
  for (const place of places) {
    try {
      const fetch = files(place);
      const found = await lookup.ballots(fetch, await lookup.head(fetch), code);
      return found.find(([each]) => each.startsWith(code)) ?? null;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** @param {Site} site @param {Board} board @param {string} place @param {bigint} index @param {string} code @returns {Promise<Found>} */
async function look(site, board, place, index, code) {
  await board.prove(0n, site.trust.record);
  const digest = sha256(site.trust.record);
  const raw = await board.entry(index);
  const ballot = decodeBallot(decode(raw), digest);
  if (!shown(ballot.tracker).startsWith(code)) throw new Malformed('the entry has another tracking code');
  const contest = site.manifest.contests.find((/** @type {any} */ each) => each.id === ballot.contest);
  if (!contest) throw new Malformed('the manifest has no such contest');
  const { key } = await readOpening(board.fetch, site.manifest, digest);
  const context = { election: site.manifest.election, manifest: digest };
  checkForm(contest, ballot);
  checkProofs(context, key, contest, ballot);
  return { ballot, contest, code: shown(ballot.tracker), index, raw, board, place };
}
