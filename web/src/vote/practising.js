/** For those who practise: the way to a practice election, and a key when they are there (specs/voting.md §6). */
import { Board, files } from '../board.js';
import { button, element } from '../element.js';
import { Incomplete, Malformed } from '../errors.js';
import { isPractice, practiceKey } from '../practice.js';
import { decode } from '../records.js';
import { drawBytes, wipe } from '../secrets.js';
import { linesOf } from '../sheet.js';

/** @typedef {import('./booth.js').Booth} Booth */
/** @typedef {import('./ground.js').Ground} Ground */

/** The link from a real election to the practice that its addresses name, if they do. @param {Booth} booth */
export function practiseLink({ w, site }) {
  if (!site?.addresses.practice || isPractice(site.manifest)) return null;
  return element('p', {}, element('a', { href: `${site.addresses.practice}/${w.lang}/vote.html`, id: 'practise' }, w.practise));
}

/** The button that takes a key in a practice election. @param {Booth} booth @param {(code: string, lines: string[]) => void} fillIn */
export function takeKey({ w, site, proving }, fillIn) {
  if (!site || !proving || !isPractice(site.manifest)) return null;
  const wrong = element('p', { class: 'wrong', role: 'status' });
  const take = button(w.practice_take, async () => {
    wrong.textContent = '';
    try {
      const { code, seed } = practiceKey(site.manifest.election, await drawNumber(await proving));
      fillIn(code, linesOf(seed));
      wipe(seed);
    } catch (error) {
      wrong.textContent = error instanceof Incomplete ? w.reasons.incomplete : w.reasons.contradiction;
    }
  });
  take.id = 'take';
  return element('div', { class: 'near' }, element('p', {}, w.practice_lead), element('div', { class: 'acts' }, take), wrong);
}

/** One of the numbers that the opening counts, each as likely as the other. @param {Ground} ground */
async function drawNumber({ site, opening }) {
  const board = await Board.open(files(site.addresses.board), site.trust);
  if (opening.opening === null) throw new Incomplete('the voting has no opening yet');
  const record = decode(await board.entry(BigInt(opening.opening)));
  if (record.type !== 'opening' || !(record.count > 0)) throw new Malformed('this entry is no opening');
  return 1 + (new DataView(drawBytes(4).buffer).getUint32(0) % record.count); // uneven by a 40,000th at most
}
