/** What the voter takes along: the receipt, the opened test, or the board's signed no. */
import { latest } from '../policy.js';
import { button, dialled, element, groups } from '../element.js';
import { save } from '../save.js';
import { fill, moment } from '../words.js';
import { trackingCode } from './sealed.js';

/** @typedef {import('./booth.js').Booth} Booth */

const HEX = 8; // letters of the tracking code in a file's name

/** Whom to call. @param {Booth} booth @param {string} sentence */
export const calling = ({ site }, sentence) => element('p', {}, ...dialled(sentence, site?.manifest.telephone ?? ''));

/** @param {Booth} booth */
export function receiptView(booth) {
  const { w, pending, receipt, site } = booth;
  if (!pending || !receipt || !site) return element('div', {});
  const seen = latest(site.trust.policy, receipt.cosignatures);
  const facts = fill(seen === null ? w.on_log : w.on_log_seen, { size: receipt.signed.size, witnesses: receipt.cosignatures.length, time: seen === null ? '' : moment(w, seen) });
  return element('div', {},
    button(w.save, () => save(`${pending.tracker.slice(0, HEX)}.tlog-proof`, receipt.file), 'main great'),
    element('p', { class: 'hint' }, w.save_hint),
    element('p', { class: 'facts' }, facts),
    trackingCode(w, pending.tracker),
    element('p', {}, w.not_how),
    keeping(booth),
    further(booth),
  );
}

/** @param {Booth} booth */
function keeping(booth) {
  const { w, pending, receipt } = booth;
  const keep = button(w.keep_receipt, async () => {
    if (!pending || !receipt) return;
    await booth.stored.keepReceipt({ code: pending.code, file: receipt.file, tracker: pending.tracker, contest: pending.contest });
    keep.replaceWith(element('p', { role: 'status' }, w.kept_receipt));
  });
  return element('details', {}, element('summary', {}, w.more), element('div', { class: 'acts' }, keep, button(w.print, () => print())), element('p', { class: 'hint' }, w.keep_receipt_hint));
}

/** On with the next contest, or away; after a reload the key is gone, so the page begins anew. @param {Booth} booth */
function further(booth) {
  const { w, open, site } = booth;
  const next = booth.credential ? button(open ? fill(w.next, { count: open }) : w.once_more, () => booth.goOn('again'), open ? 'main' : '') : null;
  const several = !booth.credential && site?.manifest.styles.some((/** @type {any} */ { contests }) => contests.length > 1);
  return element('div', {},
    several ? element('p', { class: 'near' }, w.maybe_more) : null,
    element('div', { class: 'acts' }, next, button(w.leave, () => booth.goOn('left'))),
  );
}

/** @param {Booth} booth */
export function openedView(booth) {
  const { w, pending } = booth;
  if (!pending) return element('div', {});
  const go = booth.credential ? button(w.test_done, () => booth.goOn('again'), 'main') : null;
  return element('div', {}, trackingCode(w, pending.tracker), element('p', {}, w.opened_look), go, element('div', { class: 'acts' }, button(w.leave, () => booth.goOn('left'))));
}

/** @param {Booth} booth */
export function turnedView(booth) {
  const { w, pending, refusal } = booth;
  if (!pending || !refusal) return element('div', {});
  const told = JSON.parse(new TextDecoder().decode(refusal));
  const again = booth.credential && told.clause !== 'CFG.6' ? button(told.clause === 'BAL.8' ? w.overtaken_yes : w.once_more, () => booth.goOn('again')) : null;
  return element('div', {},
    button(w.save_refusal, () => save(`${pending.tracker.slice(0, HEX)}.refusal.json`, refusal, 'application/json'), 'main'),
    element('p', { class: 'hint' }, w.save_refusal_hint),
    calling(booth, w.telephone),
    element('h2', {}, w.tracker),
    element('p', { 'data-tracker': pending.tracker }, groups(pending.tracker)),
    element('details', {}, element('summary', {}, w.details), element('p', { lang: 'en' }, `${told.clause} ${told.code}: ${told.detail}`)),
    element('div', { class: 'acts' }, again, button(w.leave, () => booth.goOn('left'))),
  );
}
