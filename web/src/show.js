/** An answer as elements: one sentence that holds, one that says what it does not prove, and the proof. */
import encodeQR from 'qr';
import { download, write } from './complaint.js';
import { button, dialled, drawing, element, groups } from './element.js';
import { fill, moment, number } from './words.js';

/** @typedef {import('./inquiry.js').Answer} Answer */
/** @typedef {import('./inquiry.js').Question} Question */
/** @typedef {import('./words.js').Table} Table */
/** @typedef {{board: string, mirrors: string[], link: string, ask: (tracker: string) => void, repeat: (mirror: string, into: HTMLElement) => void}} Acts */

/** @type {{[standing: string]: [tone: string, icon: string]}} */
const LOOKS = {
  PRESENT: ['good', '✓'],
  COUNTED: ['good', '✓'],
  PLACED: ['care', '?'],
  RECORD: ['good', '✓'],
  SUPERSEDED: ['care', '↷'],
  OVERRIDDEN: ['care', '↷'],
  CHALLENGED: ['care', '○'],
  MISSING: ['care', '?'],
  UNKNOWN: ['care', '?'],
  UNCHECKED: ['plain', '…'],
  FOREIGN: ['bad', '!'],
  MALFORMED: ['bad', '!'],
  OMITTED: ['bad', '!'],
  ABSENT: ['bad', '!'],
};

/** @param {Table} w @param {Question} question @param {Answer} answer @param {Acts} [acts] without them: an answer of a mirror */
export function show(w, question, answer, acts) {
  const [tone, icon] = LOOKS[answer.standing];
  const { title, not, do: next } = w.answers[answer.standing];
  const said = element(
    'section',
    { class: `answer ${tone}`, 'data-standing': answer.standing },
    element('h2', {}, element('span', { class: 'icon', 'aria-hidden': 'true' }, icon), title),
    answer.reason && element('p', {}, w.reasons[answer.reason]),
    element('p', { class: 'not' }, not),
    next && element('p', { class: 'do' }, next),
    code(w, answer),
    steps(w, answer),
    updated(w, answer),
    experts(w, answer),
  );
  const whole = element('div', {}, stale(w, answer), said);
  if (!acts) return whole;
  whole.append(near(w, answer, acts) ?? '', deeds(w, acts), complaint(w, question, answer, acts) ?? '', qr(w, acts) ?? '');
  return whole;
}

/** @param {Table} w @param {Answer} answer */
function code(w, { tracker, standing }) {
  if (!tracker || standing === 'FOREIGN') return null;
  return element('div', {}, element('h3', {}, w.tracker), groups(tracker), element('p', { class: 'hint' }, w.whole));
}

/** @param {Table} w @param {Answer} answer */
function steps(w, answer) {
  if (!answer.steps.length) return null;
  const lines = answer.steps.map(({ what, sure, value, of }) =>
    element('li', { class: sure, 'data-step': what }, element('b', {}, w.sure[sure]), fill(w.steps[what], { value, of: typeof of === 'object' ? of[w.lang] : of })),
  );
  return element('div', {}, element('h3', {}, w.proofs), element('ul', { class: 'steps' }, ...lines));
}

/** @param {Table} w @param {Answer} answer */
function updated(w, { board }) {
  if (!board || board.seen === null) return null;
  const values = { time: moment(w, board.seen), size: number(w, board.size) };
  return element('p', { class: 'hint', 'data-updated': String(board.seen) }, fill(w.updated, values));
}

/** @param {Table} w @param {Answer} answer */
function stale(w, { stale: old, board }) {
  if (!old || !board || board.seen === null) return null;
  return element('p', { class: 'caution', 'data-stale': '' }, fill(w.stale, { time: moment(w, board.seen) }));
}

/** @param {Table} w @param {Answer} answer */
function experts(w, { board, index, detail, manifest, contest }) {
  const rows = [
    [w.election, manifest?.title?.[w.lang]],
    [w.contest, contest?.title?.[w.lang]],
    [w.entry, index === null ? '' : String(index)],
    ['RFC 6962', board ? new TextDecoder().decode(board.signed.note.text) : ''],
    ['aikyn', detail],
  ].filter(([, value]) => value);
  if (!rows.length) return null;
  const list = rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  return element('details', {}, element('summary', {}, w.details), element('dl', {}, ...list));
}

/** @param {Table} w @param {Answer} answer @param {Acts} acts */
function near(w, answer, { ask }) {
  if (!answer.near.length) return null;
  const offered = answer.near.map((each) => button(each, () => ask(each)));
  return element('section', { class: 'near' }, element('h2', {}, w.near), ...offered);
}

/** @param {Table} w @param {Acts} acts */
function deeds(w, { mirrors, repeat }) {
  const into = element('div', { 'aria-live': 'polite' });
  const asks = mirrors.map((each) => button(fill(w.mirror, { name: new URL(each).host }), () => repeat(each, into)));
  return element('div', {}, element('div', { class: 'acts' }, ...asks, button(w.print, () => print())), into);
}

const CALM = ['PRESENT', 'COUNTED', 'CHALLENGED', 'RECORD'];

/** @param {Table} w @param {Question} question @param {Answer} answer @param {Acts} acts */
function complaint(w, question, answer, { board }) {
  if (CALM.includes(answer.standing)) return null;
  const telephone = answer.manifest?.telephone;
  return element(
    'section',
    { class: 'complaint' },
    element('h3', {}, w.complain),
    telephone ? element('p', {}, ...dialled(w.complain_lead, telephone)) : element('p', {}, w.complain_plain),
    element('div', { class: 'acts' }, button(w.complain_save, () => download(write(w, question, answer, board)))),
  );
}

/** @param {Table} w @param {Acts} acts */
function qr(w, { link }) {
  if (!link) return null;
  const inside = element('div', { class: 'qr' });
  inside.append(drawing(encodeQR(link, 'raw'), w.save));
  return element('details', { class: 'save' }, element('summary', {}, w.save), inside, element('p', { class: 'hint' }, w.save_hint));
}
