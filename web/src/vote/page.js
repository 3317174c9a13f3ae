/** The ballot page: the states of a booth, shown in the document. */
import '../older.js';
import { button, element, find, groups, hexGroups } from '../element.js';
import { arrive, equip } from '../entrance.js';
import { fingerprint } from '../note.js';
import { fill, ownWords } from '../words.js';
import { Booth } from './booth.js';
import { ask } from './ground.js';
import { keyForm } from './key.js';
import { heading, markForm } from './mark.js';
import { practiseLink } from './practising.js';
import { calling, openedView, receiptView, turnedView } from './receipt.js';
import { review, sealedView } from './sealed.js';

const w = ownWords();
const LOCK = 'aikyn-vote';
const QUIET = ['marked', 'proved']; // nothing else is to be said
let held = false;

/** Whether this tab is the one that works; a browser without locks leaves it to the board (BAL.8). @returns {Promise<boolean>} */
function lock() {
  if (held || !navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(LOCK, { ifAvailable: true }, (given) => {
      held = given !== null;
      resolve(held);
      return given ? new Promise(() => {}) : null; // until the tab is closed
    });
  });
}

async function open() {
  const site = await arrive();
  const asked = ask(site); // the answers are on their way meanwhile
  const equipped = equip(site).then(showKeys);
  equipped.catch(() => {}); // whoever waits for it is told
  return { site, asked, equipped };
}

/** What each state shows below its sentence. @type {{[state: string]: (booth: Booth) => HTMLElement | null}} */
const VIEWS = {
  loading: () => null,
  halted,
  key: keyForm,
  checking: () => null,
  marking: (booth) => element('div', {}, heading(booth), markForm(booth)),
  reviewing: review,
  sealing: () => null,
  sealed: sealedView,
  signing: () => null,
  sending: waiting,
  placed: waiting,
  receipt: receiptView,
  opened: openedView,
  turned: turnedView,
};

/** @param {Booth} booth */
function halted(booth) {
  const { trouble, site, pending } = booth;
  const reason = trouble?.reason ?? 'fault';
  return element('div', { 'data-reason': reason },
    element('p', {}, w.reasons[reason] ?? w.reasons.fault),
    pending ? element('p', { class: 'caution' }, w.kept_bytes) : null,
    button(w.try_again, () => booth.happen('again'), 'main'),
    ['early', 'over'].includes(reason) ? practiseLink(booth) : null,
    site?.manifest.telephone ? calling(booth, w.telephone) : null,
    trouble?.detail ? element('details', {}, element('summary', {}, w.details), element('p', { lang: 'en' }, trouble.detail)) : null,
  );
}

/** @param {string} state @param {{seconds: number, times: number}} silence */
const silenceOf = (state, silence) => fill(state === 'placed' ? w.silence_placed : w.silence, silence);

/** @param {Booth} booth */
function waiting({ state, pending, silence }) {
  if (!pending) return null;
  const facts = silence ? silenceOf(state, silence) : '';
  return element('div', {}, element('p', { id: 'silence' }, facts), element('h2', {}, w.tracker), element('p', { 'data-tracker': pending.tracker }, groups(pending.tracker)));
}

/** @param {Booth} booth @param {string} event @param {boolean} moved */
function show(booth, event, moved) {
  const said = find('#said');
  const sentence = w.said[booth.said];
  if (!QUIET.includes(event)) said.textContent = sentence;
  document.body.dataset.state = booth.state;
  find('#absent').textContent = absent(booth);
  if (booth.silence) find('#silence').textContent = silenceOf(booth.state, booth.silence);
  if (!moved) return;
  find('#stage').replaceChildren(VIEWS[booth.state](booth) ?? '');
  said.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Which trustees had no part in the key; "" if all had, or before it is known. @param {Booth} booth */
function absent({ ground, site }) {
  const names = ground?.opening.without ?? [];
  if (!names.length) return '';
  const all = site?.manifest.trustees.length ?? 0;
  return fill(w.absent, { names: names.join(', '), count: all - names.length, all });
}

/** @param {import('../site.js').Site} site */
function showKeys({ trust: { keys, policy, manifest } }) {
  const rows = [
    ...[...keys, ...policy.witnesses.values()].map((key) => [key.name, fingerprint(key)]),
    [w.key_manifest, manifest],
  ];
  find('#keys dl').replaceChildren(...rows.flatMap(([name, value]) => [element('dt', {}, String(name)), element('dd', {}, hexGroups(value))]));
  find('#keys').hidden = false;
}

const booth = new Booth(w, { open, lock, show });
show(booth, 'left', true);
booth.enter();
