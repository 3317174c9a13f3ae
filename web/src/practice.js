/** Every page of a practice election says that it is one (specs/voting.md §6). */
import { find } from './element.js';

const PREFIX = 'practice-';

/** @param {{election: string}} manifest */
export function showPractice({ election }) {
  find('#practice').hidden = !election.startsWith(PREFIX);
}
