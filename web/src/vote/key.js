/** The form for the key: three lines, each checked by itself as it is typed; a QR code; the second share. */
import { button, element } from '../element.js';
import { wire } from '../lens.js';
import { judgeCode, tidyCode } from '../lookup.js';
import { wipe } from '../secrets.js';
import { readShare } from '../share.js';
import { Mistyped, readSheet, slipsOf } from '../sheet.js';
import { fill } from '../words.js';
import { practiseLink, takeKey } from './practising.js';

/** @typedef {import('./booth.js').Booth} Booth */
/** @typedef {import('../words.js').Table} Table */

const LINES = [1, 2, 3];
const DIGITS = 14;
const LONGEST = 1024; // bytes of a second share

/** @param {string} id @param {string} label @param {string} hint @param {{[attribute: string]: string}} more */
function field(id, label, hint, more) {
  const input = /** @type {HTMLInputElement} */ (element('input', { id, type: 'text', autocomplete: 'off', spellcheck: 'false', ...more, 'aria-describedby': `${id}-hint ${id}-wrong` }));
  const wrong = element('p', { class: 'wrong', id: `${id}-wrong`, role: 'status' });
  const whole = element('div', {}, element('label', { for: id }, label), input, element('p', { class: 'hint', id: `${id}-hint` }, hint), wrong);
  /** @param {string} said */
  const say = (said) => {
    if (wrong.textContent !== said) wrong.textContent = said;
    input.setAttribute('aria-invalid', String(said !== ''));
  };
  return { whole, input, say };
}

/** @param {Booth} booth */
export function keyForm(booth) {
  const w = booth.w;
  const code = field('code', w.code, w.code_hint, { maxlength: '24', autocapitalize: 'characters' });
  code.input.value = booth.code;
  code.input.addEventListener('change', () => {
    const tidy = tidyCode(code.input.value);
    if (!judgeCode(w, tidy)) booth.foresee(tidy);
  });
  const lines = LINES.map((number) =>
    field(`line-${number}`, fill(w.line, { number }), number === 1 ? w.line_hint : '', { inputmode: 'numeric', maxlength: '60' }),
  );
  lines.forEach((line, at) => watch(w, line, at + 1, lines[at + 1]?.input));
  const { share, input: file } = sharePart(w);
  const keep = /** @type {HTMLInputElement} */ (element('input', { type: 'checkbox', id: 'keep' }));
  const wrong = element('p', { class: 'wrong', role: 'alert' });
  const go = element('button', { type: 'submit', class: 'main' }, w.go_on);
  const form = element(
    'form',
    { id: 'key', novalidate: '', autocomplete: 'off' },
    practiseLink(booth),
    kept(booth, wrong, file),
    takeKey(booth, (said, typed) => {
      code.input.value = said;
      fillIn(lines.map(({ input }) => input), typed);
      go.focus();
    }),
    code.whole,
    ...lines.map(({ whole }) => whole),
    camera(w, lines.map(({ input }) => input)),
    share,
    element('p', { class: 'choice' }, keep, element('label', { for: 'keep' }, w.keep)),
    element('p', { class: 'hint' }, w.keep_hint),
    wrong,
    go,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = lines.map(({ input }) => input.value);
    lines.forEach((line, at) => line.say(slipWord(w, typed[at], at + 1)));
    code.say(judgeCode(w, tidyCode(code.input.value)));
    const first = [code, ...lines].find(({ input }) => input.getAttribute('aria-invalid') === 'true');
    if (first) return first.input.focus();
    hand(booth, () => readSheet(typed.join('\n')), tidyCode(code.input.value), keep.checked, file, wrong);
  });
  return form;
}

/** @param {Table} w @param {string} typed @param {number} number */
function slipWord(w, typed, number) {
  const [slip] = slipsOf(typed, number);
  return slip ? fill(w.slips[slip[1]], { number, count: typed.replace(/\D/g, '').length }) : '';
}

/** A line that is whole is judged at once, and a good one leads to the next. @param {Table} w @param {ReturnType<typeof field>} line @param {number} number @param {HTMLInputElement} [next] */
function watch(w, { input, say }, number, next) {
  const judge = () => say(input.value.trim() ? slipWord(w, input.value, number) : '');
  input.addEventListener('input', () => {
    const whole = input.value.replace(/\D/g, '').length >= DIGITS;
    say(whole || /[^\d\s.,_-]/.test(input.value) ? slipWord(w, input.value, number) : '');
    if (whole && !slipsOf(input.value, number).length && next && !next.value) next.focus();
  });
  input.addEventListener('blur', judge);
}

/** @param {Booth} booth @param {() => Uint8Array} read @param {string} code @param {boolean} keep @param {HTMLInputElement} file @param {HTMLElement} wrong */
async function hand(booth, read, code, keep, file, wrong) {
  const w = booth.w;
  wrong.textContent = '';
  try {
    const seed = read();
    const chosen = file.files?.[0];
    const raw = chosen && new Uint8Array(await chosen.slice(0, LONGEST + 1).arrayBuffer());
    await booth.take({ code, seed, share: raw ? readShare(raw) : null, keep });
    if (raw) wipe(raw);
  } catch (error) {
    wrong.textContent = error instanceof Mistyped ? w.slips.large : w.bad_share;
  }
}

/** @param {Table} w */
function sharePart(w) {
  const input = /** @type {HTMLInputElement} */ (element('input', { type: 'file', id: 'share', accept: '.share,text/plain', 'aria-describedby': 'share-hint' }));
  const inside = [element('label', { for: 'share' }, w.share), input, element('p', { class: 'hint', id: 'share-hint' }, w.share_hint)];
  return { input, share: element('details', {}, element('summary', {}, w.share_ask), ...inside) };
}

/** The key that was kept here, if there is one. @param {Booth} booth @param {HTMLElement} wrong @param {HTMLInputElement} file */
function kept(booth, wrong, file) {
  if (!booth.hasSeed) return null;
  const w = booth.w;
  const use = button(w.kept_use, async () => {
    const found = await booth.stored.seed();
    if (found) hand(booth, () => found.seed, found.code, false, file, wrong);
  });
  const drop = button(w.kept_forget, async () => {
    await booth.stored.forgetSeed();
    booth.hasSeed = false;
    whole.remove();
  });
  const whole = element('div', { class: 'near' }, element('p', {}, w.kept), element('div', { class: 'acts' }, use, drop));
  return whole;
}

/** @param {HTMLInputElement[]} inputs @param {string[]} lines of a key sheet */
function fillIn(inputs, lines) {
  inputs.forEach((input, at) => {
    input.value = lines[at];
    input.dispatchEvent(new Event('input'));
  });
}

/** @param {Table} w @param {HTMLInputElement[]} inputs */
function camera(w, inputs) {
  const video = element('video', { muted: '', playsinline: '', 'aria-label': w.scan });
  const box = element('div', { hidden: '' }, video, element('p', { class: 'hint' }, w.scan_hint));
  const wrong = element('p', { class: 'wrong', role: 'status' });
  const start = element('button', { type: 'button' }, w.scan);
  wire(w, { start, box, video, wrong }, (said) => {
    const digits = said.replace(/^AIKYN1:/, '').replace(/\s/g, '');
    if (!/^\d{42}$/.test(digits)) return null;
    return () => fillIn(inputs, LINES.map((number) => digits.slice((number - 1) * DIGITS, number * DIGITS)));
  });
  return element('div', { class: 'other' }, element('div', {}, start, box, wrong));
}
