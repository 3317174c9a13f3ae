/** The receipt page: takes codes, a link or a receipt, asks the board, shows the answer. */
import './older.js';
import { files } from './board.js';
import { enter } from './entrance.js';
import { compare, inquire } from './inquiry.js';
import { showKept } from './kept.js';
import { LEAST, judgeCode, judgeTracker, readLink, tidyCode, tidyTracker } from './lookup.js';
import { wireCamera } from './lens.js';
import { element, find, hexGroups } from './element.js';
import { fingerprint } from './note.js';
import { show } from './show.js';
import { ownWords } from './words.js';

/** @typedef {import('./inquiry.js').Question} Question */
/** @typedef {import('./inquiry.js').Answer} Answer */
/** @typedef {import('./inquiry.js').Hints} Hints */

const w = ownWords();
/** @type {import('./site.js').Site} */
let site;
const inputs = {
  code: /** @type {HTMLInputElement} */ (find('#code')),
  tracker: /** @type {HTMLInputElement} */ (find('#tracker')),
};
let asked = 0;

/** @param {Question} question */
async function ask(question) {
  const turn = (asked += 1);
  const place = find('#answer');
  place.textContent = w.checking;
  setBusy(true);
  const answer = await inquire(question, files(site.addresses.board), site.trust, now());
  if (turn !== asked) return;
  setBusy(false);
  render(question, answer);
  place.focus();
}

/** @param {Question} question @param {Answer} answer */
function render(question, answer) {
  const { board, mirrors } = site.addresses;
  find('#answer').replaceChildren(
    show(w, question, answer, {
      board,
      mirrors,
      link: isOwn(question, answer) ? `${location.origin}${location.pathname}#${question.code}.${answer.tracker}` : '',
      ask: (tracker) => start(question.code, tracker),
      repeat: (mirror, into) => repeat(question, answer, mirror, into),
    }),
  );
}

/** Whether the answer is about a ballot of this code, so that a link to it is of use. @param {Question} question @param {Answer} answer */
const isOwn = ({ code }, { tracker, standing }) => code !== '' && tracker !== '' && standing !== 'FOREIGN';

/** Ask a mirror the same, and whether it has the same log. @param {Question} question @param {Answer} answer @param {string} mirror @param {HTMLElement} into */
async function repeat(question, answer, mirror, into) {
  into.textContent = w.checking;
  const other = await inquire(question, files(mirror), site.trust, now(), answer.hints);
  await compare(answer, other).catch(() => {});
  into.replaceChildren(element('p', { class: 'tag' }, mirror), show(w, question, other));
}

const now = () => BigInt(Math.floor(Date.now() / 1000));

/** @param {string} code @param {string} tracker */
function start(code, tracker) {
  inputs.code.value = code;
  inputs.tracker.value = tracker;
  location.hash = `${code}.${tracker}`;
  if (check()) ask({ code, tracker });
}

/** Say beside each field what is wrong with it. */
function check() {
  const wrong = {
    code: judgeCode(w, tidyCode(inputs.code.value)),
    tracker: judgeTracker(w, tidyTracker(inputs.tracker.value), LEAST),
  };
  for (const [name, said] of Object.entries(wrong)) {
    find(`#${name}-wrong`).textContent = said;
    inputs[/** @type {'code' | 'tracker'} */ (name)].setAttribute('aria-invalid', String(said !== ''));
  }
  const first = wrong.code ? inputs.code : wrong.tracker ? inputs.tracker : null;
  first?.focus();
  return first === null;
}

/** @param {boolean} busy */
function setBusy(busy) {
  /** @type {HTMLButtonElement} */ (find('button.main')).disabled = busy;
}

/** @param {File} file */
async function takeFile(file) {
  const receipt = new Uint8Array(await file.slice(0, 1 << 18).arrayBuffer());
  ask({ code: tidyCode(inputs.code.value), tracker: '', receipt });
}

/** @param {string} said */
function takeCode(said) {
  const link = readLink(said);
  return link && (() => start(link.code, link.tracker));
}

/** Take codes from the fragment, which no browser sends anywhere, and keep it when the language changes. */
function readAddress() {
  for (const link of document.querySelectorAll('nav a')) {
    /** @type {HTMLAnchorElement} */ (link).hash = location.hash;
  }
  const link = readLink(location.hash);
  if (link && (tidyCode(inputs.code.value) !== link.code || tidyTracker(inputs.tracker.value) !== link.tracker)) {
    start(link.code, link.tracker);
  }
}

function showKeys() {
  const { keys, policy, manifest } = site.trust;
  const rows = [
    ...keys.map((key) => [`${w.key_log} · ${key.name}`, key.public]),
    ...[...policy.witnesses.values()].map((key) => [`${w.key_witness} · ${key.name}`, fingerprint(key)]),
    [w.key_manifest, manifest],
  ];
  const list = rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, hexGroups(value))]);
  find('#keys dl').replaceChildren(...list);
  find('#keys').hidden = false;
}

/** Without the files of the election nothing is asked, and it is said why. */
async function begin() {
  try {
    site = await enter();
  } catch (error) {
    find('#trouble').replaceChildren(w.unready, element('br', {}), error instanceof Error ? error.message : String(error));
    return;
  }
  listen();
  find('#ask').hidden = false;
  showKeys();
  showKept(w, site, ({ code, file }) => {
    inputs.code.value = code;
    ask({ code, tracker: '', receipt: file });
  });
  readAddress();
}

function listen() {
  const file = /** @type {HTMLInputElement} */ (find('#file'));
  find('#ask').addEventListener('submit', (event) => {
    event.preventDefault();
    if (check()) start(tidyCode(inputs.code.value), tidyTracker(inputs.tracker.value));
  });
  file.addEventListener('change', () => file.files?.[0] && takeFile(file.files[0]));
  for (const [kind, on] of [['focus', true], ['blur', false]]) {
    file.addEventListener(String(kind), () => find('label.button').classList.toggle('focus', Boolean(on)));
  }
  wireCamera(w, takeCode);
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (dropped) takeFile(dropped);
  });
  addEventListener('hashchange', readAddress);
}

begin();
