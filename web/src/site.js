/** What differs between elections: three files beside the app, which is the same for all of them (specs/app.md §2). */
import { files } from './board.js';
import { hex, sha256 } from './bytes.js';
import { Incomplete, Malformed } from './errors.js';
import { decode } from './records.js';
import { decode as decodeTrust } from './trust.js';

/** @typedef {{board: string, check: string, mirrors: string[], practice: string}} Addresses where files may be asked for; none of them is believed */
/** @typedef {{trust: import('./trust.js').Trust & {record: Uint8Array}, manifest: any, addresses: Addresses}} Site `record` has the manifest's bytes */

const ADDRESS = /^https?:\/\/[A-Za-z0-9.:[\]-]+$/;

/**
 * Fetch the three files, which the page's `preload` has asked for in the same way. The manifest is the one whose digest is on the sheet, or nothing is used.
 * @param {import('./board.js').Fetch} [fetch] the folder above the page's
 * @returns {Promise<Site>}
 */
export async function open(fetch = files(new URL('..', location.href).href.replace(/\/$/, ''), 'same-origin')) {
  const [sheet, raw, addresses] = await Promise.all(
    ['trust.txt', 'manifest.json', 'site.json'].map(async (name) => {
      const found = await fetch(name);
      if (!found) throw new Incomplete(`${name} is missing`);
      return found;
    }),
  );
  const trust = decodeTrust(sheet);
  if (!trust.manifest) throw new Malformed('the trust sheet has no manifest');
  if (hex(sha256(raw)) !== trust.manifest) throw new Malformed('manifest.json is not the manifest of the trust sheet');
  return { trust: { ...trust, record: raw }, manifest: decode(raw), addresses: readAddresses(decode(addresses)) };
}

/** @param {any} told @returns {Addresses} */
export function readAddresses(told) {
  const names = Object.keys(told).join();
  const right =
    names === 'board,check,mirrors,practice' &&
    Array.isArray(told.mirrors) &&
    [told.board, ...told.mirrors].every((each) => typeof each === 'string' && ADDRESS.test(each)) &&
    [told.check, told.practice].every((each) => typeof each === 'string' && (each === '' || ADDRESS.test(each)));
  if (!right) throw new Malformed('site.json has the addresses board, check, mirrors and practice, and nothing else');
  return told;
}
