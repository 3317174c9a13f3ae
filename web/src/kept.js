/** The receipts that a voter keeps on this device: read anew, or taken away (specs/voting.md §3). */
import { button, element, find, groups } from './element.js';
import { Store } from './vote/store.js';

/** @typedef {import('./vote/store.js').Kept} Kept */

/** List them, if there are any; a browser that lets nothing be kept has none. @param {import('./words.js').Table} w @param {import('./site.js').Site} site @param {(kept: Kept) => void} read */
export async function showKept(w, site, read) {
  const store = await Store.open(site.trust.manifest).catch(() => null);
  const list = find('#kept ul');
  for (const kept of (await store?.receipts()) ?? []) {
    const { title } = site.manifest.contests.find((/** @type {any} */ { id }) => id === kept.contest);
    const remove = button(w.kept_remove, async () => {
      await store?.dropReceipt(kept.tracker);
      line.remove();
      find('#kept').hidden = list.childElementCount === 0;
    });
    const acts = element('div', { class: 'acts' }, button(w.kept_read, () => read(kept)), remove);
    const line = element('li', {}, element('p', { class: 'tag' }, title[w.lang]), element('p', { 'data-kept': kept.tracker }, groups(kept.tracker)), acts);
    list.append(line);
  }
  find('#kept').hidden = list.childElementCount === 0;
}
