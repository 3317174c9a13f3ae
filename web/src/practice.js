/** Practice elections: every page of one says so, and everybody can work its keys out (specs/voting.md §6, keysheet.md §9). */
import { sha256, utf8 } from './bytes.js';
import { find } from './element.js';
import { Malformed } from './errors.js';

const PREFIX = 'practice-';
const LABEL = utf8('aikyn/1 practice');
const SEED = 16; // bytes
const PLACES = 5; // digits of a code

/** @param {{election: string}} manifest */
export const isPractice = ({ election }) => election.startsWith(PREFIX);

/** @param {{election: string}} manifest */
export function showPractice(manifest) {
  find('#practice').hidden = !isPractice(manifest);
}

/** Voter code and seed of a number. @param {string} election its id @param {number} number 1 and on */
export function practiceKey(election, number) {
  if (!isPractice({ election })) throw new Malformed('this election is no practice, and its keys are secret');
  if (!Number.isInteger(number) || number < 1 || number >= 10 ** PLACES) throw new Malformed('there is no practice key of this number');
  const id = utf8(election);
  const place = new Uint8Array(8);
  new DataView(place.buffer).setUint32(4, number);
  const seed = sha256(LABEL, Uint8Array.of(id.length), id, place).slice(0, SEED);
  return { code: `TALE${String(number).padStart(PLACES, '0')}`, seed };
}
