/** The signed bytes on their way: the same ones again and again until the board answers (specs/voting.md §3). */
import { hex, text } from '../bytes.js';
import { Malformed } from '../errors.js';
import { carry, check as checkReceipt, decode as decodeReceipt } from '../receipt.js';
import { checkRefusal, decodeRefusal, isAbout } from '../refusal.js';
import { hashLeaf } from '../tree.js';

const WAITS = [2, 4, 8, 16, 30]; // seconds; the last one for ever
const ROUND_ABOUT = 2; // attempts before mirrors are asked too
const PATIENCE = 25_000; // ms for one answer
const SOON = 1; // seconds in which a receipt is expected with the answer: later, the voter hears first that it was taken
const OPEN = [404, 405, 408, 429, 500, 502, 503, 504]; // after which a record may still be placed

/** @typedef {import('../site.js').Site} Site */
/** @typedef {NonNullable<ReturnType<typeof read>>} Receipt */
/** @typedef {{event: 'taken' | 'closed' | 'overtaken' | 'refused', refusal?: Uint8Array, receipt?: Receipt}} Outcome */
/** @typedef {(seconds: number, times: number) => void} Tell is told of each silence: how long until the next attempt, and how many there were */

/** The seconds after the attempt of this number, which begins at 0. @param {number} attempt */
export const waitAfter = (attempt) => WAITS[Math.min(attempt, WAITS.length - 1)];

/** Where the attempt of this number goes. @param {import('../site.js').Addresses} addresses @param {number} attempt */
export const placesOf = ({ board, mirrors }, attempt) => [
  `${board}/records?wait=${SOON}`,
  ...(attempt < ROUND_ABOUT ? [] : mirrors.map((each) => `${each}/relay`)),
];

/** Send until there is an answer that settles it. @param {Site} site @param {Uint8Array} raw @param {Tell} tell @param {AbortSignal} signal @returns {Promise<Outcome>} */
export async function send({ addresses, trust }, raw, tell, signal) {
  for (let attempt = 0; ; attempt += 1) {
    for (const place of placesOf(addresses, attempt)) {
      const outcome = judge(await ask(place, signal, raw), raw, trust);
      if (outcome) return outcome;
    }
    tell(waitAfter(attempt), attempt + 1);
    await pause(waitAfter(attempt), signal);
  }
}

/** The receipt of what was taken, checked. @param {Site} site @param {Uint8Array} raw @param {Tell} tell @param {AbortSignal} signal */
export async function awaitReceipt({ addresses, trust }, raw, tell, signal) {
  const leaf = hashLeaf(raw);
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(`${addresses.board}/receipts/${hex(leaf)}?wait=10`, signal);
    const receipt = answer?.status === 200 && read(answer.body, raw, trust);
    if (receipt) return receipt;
    if (answer?.status === 404) await ask(`${addresses.board}/records`, signal, raw); // it has lost what it took
    tell(waitAfter(attempt), attempt + 1);
    await pause(waitAfter(attempt), signal);
  }
}

/** A receipt that holds, with its record; null for one that does not, which promises nothing. @param {Uint8Array} file @param {Uint8Array} raw @param {import('../receipt.js').Trust} trust */
function read(file, raw, trust) {
  try {
    return { ...checkReceipt(decodeReceipt(file), hashLeaf(raw), trust), file: carry(file, raw) };
  } catch {
    return null;
  }
}

/** What an answer settles; null for what settles nothing, as an answer that nobody signed. @param {Answer | null} answer @param {Uint8Array} raw @param {import('../receipt.js').Trust} trust @returns {Outcome | null} */
export function judge(answer, raw, trust) {
  if (!answer) return null;
  const leaf = hashLeaf(raw);
  if (answer.status === 200) {
    const receipt = read(answer.body, raw, trust);
    return receipt && { event: 'taken', receipt };
  }
  if (answer.status === 202) return names(answer.body, leaf) ? { event: 'taken' } : null;
  if (OPEN.includes(answer.status)) return null;
  try {
    const told = decodeRefusal(answer.body);
    checkRefusal(told, trust);
    if (!isAbout(told, leaf) || OPEN.includes(told.status)) return null;
    const event = told.clause === 'CFG.6' ? 'closed' : told.clause === 'BAL.8' ? 'overtaken' : 'refused';
    return { event, refusal: answer.body };
  } catch {
    return null;
  }
}

/** @param {Uint8Array} body @param {Uint8Array} leaf */
function names(body, leaf) {
  try {
    return JSON.parse(text(body)).leaf === hex(leaf);
  } catch {
    return false;
  }
}

/** @typedef {{status: number, body: Uint8Array}} Answer */

/** One request; null without an answer. @param {string} place @param {AbortSignal} signal @param {Uint8Array} [raw] @returns {Promise<Answer | null>} */
async function ask(place, signal, raw) {
  if (signal.aborted) throw new Malformed('given up');
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  const give = () => abort.abort();
  signal.addEventListener('abort', give);
  try {
    const body = raw && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: /** @type {BodyInit} */ (raw) };
    const answer = await fetch(place, { ...body, signal: abort.signal, credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' });
    return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}

/** Until the time is over, or the network is back. @param {number} seconds @param {AbortSignal} signal */
const pause = (seconds, signal) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve(null);
    };
    const timer = setTimeout(done, seconds * 1000);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
