/** The sealed ballot, not cast yet: the marks, its tracking code, a great button and a quiet one. */
import encodeQR from 'qr';
import { button, drawing, element, groups } from '../element.js';
import { shown } from '../records.js';
import { heading, marked } from './mark.js';

/** @typedef {import('./booth.js').Booth} Booth */
/** @typedef {import('../words.js').Table} Table */

/** What the second device reads; no address, so a camera opens nothing. @param {string} code */
export const codeText = (code) => `AIKYN:${code}`;

/** A tracking code for eye, ear and camera. @param {Table} w @param {string} code */
export function trackingCode(w, code) {
  const picture = element('div', { class: 'qr' });
  picture.append(drawing(encodeQR(codeText(code), 'raw'), w.qr));
  return element('div', {}, element('h2', {}, w.tracker), element('p', { 'data-tracker': code }, groups(code)), picture);
}

/** @param {Booth} booth */
export function review(booth) {
  const w = booth.w;
  return element('div', {}, heading(booth), element('h3', {}, w.marked), marked(booth),
    button(w.seal, () => booth.happen('confirmed'), 'main'),
    element('div', { class: 'acts' }, button(w.change, () => booth.happen('changed'))),
  );
}

/** @param {Booth} booth */
export function sealedView(booth) {
  const { w, prepared } = booth;
  if (!prepared) return element('div', {});
  const code = shown(prepared.tracker);
  return element('div', {},
    heading(booth),
    element('h3', {}, w.marked),
    marked(booth),
    button(w.cast, () => booth.settle('cast'), 'main great'),
    trackingCode(w, code),
    element('p', { class: 'hint' }, w.tracker_hint),
    element('div', { class: 'acts' }, button(w.change, () => booth.happen('changed')), button(w.leave_uncast, () => booth.goOn('left'))),
    test(booth),
  );
}

/** @param {Booth} booth */
function test(booth) {
  const w = booth.w;
  const steps = w.test_steps.map((/** @type {string} */ step) => element('li', {}, step));
  return element('details', { class: 'test' },
    element('summary', {}, w.test),
    element('p', {}, w.test_lead),
    element('ol', {}, ...steps),
    element('p', { class: 'hint' }, w.test_one),
    button(w.test_do, () => booth.settle('tested')),
  );
}
