/** What every page does first: which election it is, said aloud where it is practice, with the arithmetic that its witnesses need. */
import { watchLetters } from './letters.js';
import { ML_DSA_44, useMlDsa } from './note.js';
import { part } from './part.js';
import { showPractice } from './practice.js';
import { open } from './site.js';

/** @param {(site: import('./site.js').Site) => void} [meanwhile] what need not wait for the arithmetic */
export async function enter(meanwhile) {
  watchLetters();
  const site = await open();
  showPractice(site.manifest);
  meanwhile?.(site);
  if ([...site.trust.policy.witnesses.values()].some((key) => key.type === ML_DSA_44)) useMlDsa((await part('mlDsa')).default);
  return site;
}
