/** The page of the second device: it waits for a test, looks into it, and asks whether that is what was marked. */
import '../older.js';
import { text } from '../bytes.js';
import { download } from '../complaint.js';
import { button, dialled, element, find, groups } from '../element.js';
import { enter } from '../entrance.js';
import { Incomplete, Rejected } from '../errors.js';
import { wireCamera } from '../lens.js';
import { judgeTracker, tidyTracker } from '../lookup.js';
import { fill, moment, ownWords } from '../words.js';
import { marked } from '../vote/mark.js';
import { find as findTest } from './finding.js';

/** @typedef {import('./finding.js').Found} Found */

const w = ownWords();
const EVERY = 1500; // ms between two looks
const LEAST = 8; // letters
const PREFIX = /^AIKYN:/i;
/** @type {import('../site.js').Site} */ let site;
let turn = 0;
const input = /** @type {HTMLInputElement} */ (find('#tracker'));

/** @param {string} state @param {string} sentence @param {...(Node | null)} inside */
function say(state, sentence, ...inside) {
  const changed = document.body.dataset.state !== state || find('#said').textContent !== sentence;
  document.body.dataset.state = state;
  if (!changed) return;
  find('#ask').hidden = find('.lead').hidden = state !== '';
  find('#said').textContent = sentence;
  find('#stage').replaceChildren(...inside.flatMap((each) => each ?? []));
}

/** Look again and again until something is there, or another code is asked for. @param {string} code */
async function wait(code) {
  const mine = (turn += 1);
  say('waiting', fill(w.said.waiting, { code: code.replace(/(.{4})(?=.)/g, '$1 ') }), element('p', {}, w.waiting_hint), again());
  find('#said').focus();
  while (mine === turn) {
    try {
      const found = await findTest(site, code);
      if (mine !== turn) return;
      if (found) return answer(found);
      document.body.dataset.looked = String(Number(document.body.dataset.looked ?? 0) + 1);
    } catch (error) {
      if (mine !== turn) return;
      if (!(error instanceof Incomplete)) return refuse(error);
      find('#trouble').textContent = w.unreached;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** @param {Found} found */
function answer(found) {
  const { ballot, contest, code, board } = found;
  find('#trouble').textContent = '';
  const seen = board.seen === null ? null : element('p', { class: 'hint' }, fill(w.seen, { time: moment(w, board.seen), witnesses: board.witnesses }));
  const head = [element('h2', {}, contest.title[w.lang]), element('p', { 'data-tracker': code }, groups(code))];
  if (ballot.act === 'cast') return say('cast', w.said.cast, ...head, seen);
  const marks = marked({ w, contest, marks: ballot.choice });
  const asked = [
    button(w.yes, () => say('same', w.said.same, ...head, again())),
    button(w.no, () => say('other', w.said.other, ...head, complain(found), again())),
    button(w.unsure, () => say('unsure', w.said.unsure, ...head, again())),
  ];
  say('opened', w.said.opened, element('h2', {}, contest.title[w.lang]), marks, element('p', {}, w.never), element('h3', {}, w.ask), element('div', { class: 'acts' }, ...asked), ...head.slice(1), seen);
  find('#said').focus();
}

/** An entry that is false, or a copy that lies: never a good sign. @param {unknown} error */
function refuse(error) {
  const detail = error instanceof Error ? error.message : String(error);
  const clause = error instanceof Rejected ? `${error.id}: ` : '';
  say('false', w.said.false, element('details', {}, element('summary', {}, w.details), element('p', { lang: 'en' }, clause + detail)), telephone(), again());
}

const again = () => element('div', { class: 'acts' }, button(w.again, () => {
  turn += 1;
  input.value = '';
  find('#trouble').textContent = '';
  say('', '');
  input.focus();
}));

const telephone = () => (site.manifest.telephone ? element('p', {}, ...dialled(w.telephone, site.manifest.telephone)) : null);

/** The file with which the voter complains: checkpoint, record and time. @param {Found} found */
function complain({ code, index, raw, board, place }) {
  const c = w.complaint;
  const lines = [
    fill(c.election, { value: site.manifest.title[w.lang] }),
    fill(c.tracker, { value: code }),
    fill(c.entry, { value: index }),
    fill(c.place, { value: place }),
    fill(c.time, { value: board.seen === null ? '' : moment(w, board.seen) }),
    '', c.record, text(raw), '', c.checkpoint, text(board.signed.raw), '', c.ask, '', c.sign, '', '',
  ];
  return element('div', {}, button(w.complain_save, () => download([c.title, '', ...lines].join('\n')), 'main'), element('p', { class: 'hint' }, w.complain_hint), telephone());
}

/** @param {string} typed */
function start(typed) {
  const code = tidyTracker(typed.trim().replace(PREFIX, ''));
  const wrong = judgeTracker(w, code, LEAST);
  find('#tracker-wrong').textContent = wrong;
  input.setAttribute('aria-invalid', String(wrong !== ''));
  if (wrong) return input.focus();
  input.value = code;
  wait(code);
}

async function begin() {
  try {
    site = await enter();
  } catch (error) {
    find('#trouble').replaceChildren(w.unready, element('br', {}), error instanceof Error ? error.message : String(error));
    return;
  }
  find('#ask').addEventListener('submit', (event) => {
    event.preventDefault();
    start(input.value);
  });
  wireCamera(w, (said) => (PREFIX.test(said) ? () => start(said) : null));
  find('#ask').hidden = false;
}

begin();
