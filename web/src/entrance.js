/** What every page does first: which election it is, said aloud where it is practice, with the arithmetic that its witnesses need. */
import { watchLetters } from './letters.js';
import { ML_DSA_44, useMlDsa } from './note.js';
import { part } from './part.js';
import { showPractice } from './practice.js';
import { open } from './site.js';

/** @typedef {import('./site.js').Site} Site */

/** The election, ready to be asked about. @returns {Promise<Site>} */
export const enter = async () => equip(await arrive());

/** Which election it is; what it needs is not there yet. @returns {Promise<Site>} */
export async function arrive() {
  watchLetters();
  const site = await open();
  showPractice(site.manifest);
  return site;
}

/** Fetch the arithmetic of its witnesses. @param {Site} site */
export async function equip(site) {
  if ([...site.trust.policy.witnesses.values()].some((key) => key.type === ML_DSA_44)) useMlDsa((await part('mlDsa')).default);
  return site;
}
