/** The contest with its options, exactly as in the manifest, and what the marks come to. */
import { button, element, groups } from '../element.js';
import { fill, plural } from '../words.js';

/** @typedef {import('./booth.js').Booth} Booth */
/** @typedef {import('./ground.js').Contest} Contest */
/** @typedef {import('../words.js').Table} Table */

/** What is wrong with so many marks; "" if nothing is. @param {Table} w @param {Contest} contest @param {number} count */
export function judgeMarks(w, { least, most }, count) {
  if (count > most) return fill(plural(w, w.too_many, count - most), { count, most, back: count - most });
  if (count < least) return fill(w.too_few, { count, least });
  return '';
}

/** The names that are marked. @param {{w: Table, contest: Contest | null, marks: number[]}} booth or what else has them */
export function marked({ w, contest, marks }) {
  if (!contest) return null;
  const names = marks.map((number) => element('li', {}, contest.options[number - 1].name[w.lang]));
  return names.length ? element('ul', { class: 'marks' }, ...names) : element('p', { class: 'marks' }, w.blank);
}

/** Which contest it is, and which of how many. @param {Booth} booth */
export function heading({ w, voter, contest }) {
  if (!voter || !contest) return null;
  const [number, count] = [voter.contests.indexOf(contest) + 1, voter.contests.length];
  const which = count > 1 ? element('p', { class: 'tag' }, fill(w.which, { number, count })) : null;
  return element('div', {}, which, element('h2', {}, contest.title[w.lang]));
}

/** @param {Booth} booth */
export function markForm(booth) {
  const { w, contest, voter } = booth;
  if (!contest || !voter) return element('div', {});
  const rule = fill(contest.most === 1 ? w.rule_one : w.rule, { least: contest.least, most: contest.most });
  const wrong = element('p', { class: 'wrong', id: 'marks-wrong', role: 'alert' });
  const kind = contest.most === 1 ? 'radio' : 'checkbox';
  const inputs = contest.options.map((_, at) => {
    const input = /** @type {HTMLInputElement} */ (element('input', { type: kind, name: 'mark', id: `option-${at + 1}`, 'aria-describedby': 'marks-wrong' }));
    input.checked = booth.marks.includes(at + 1);
    return input;
  });
  const rows = contest.options.map((option, at) => element('label', { class: 'option', for: `option-${at + 1}` }, inputs[at], element('span', {}, option.name[w.lang])));
  const question = element('div', { class: 'caution', hidden: '' }, element('p', {}, w.blank_ask));
  const read = () => {
    booth.marks = inputs.flatMap(({ checked }, at) => (checked ? [at + 1] : []));
    question.hidden = true;
    wrong.textContent = booth.marks.length > contest.most ? judgeMarks(w, contest, booth.marks.length) : '';
    back.hidden = kind === 'checkbox' || contest.least > 0 || !booth.marks.length;
    booth.happen('marked');
  };
  const back = button(w.take_back, () => {
    inputs.forEach((input) => (input.checked = false));
    read();
    inputs[0].focus();
  });
  question.append(button(w.blank_yes, () => booth.happen('reviewed')));
  const form = element('form', { id: 'marks', novalidate: '' },
    standing(booth),
    element('fieldset', {}, element('legend', {}, rule), ...rows),
    back, wrong, question,
    element('button', { type: 'submit', class: 'main' }, w.review),
  );
  back.hidden = kind === 'checkbox' || contest.least > 0 || !booth.marks.length;
  inputs.forEach((input) => input.addEventListener('change', read));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    wrong.textContent = judgeMarks(w, contest, booth.marks.length);
    if (wrong.textContent) return inputs[0].focus();
    if (booth.marks.length) return booth.happen('reviewed');
    question.hidden = false;
    question.querySelector('button')?.focus();
  });
  return form;
}

/** The ballot that a new one would replace. @param {Booth} booth */
function standing({ w, voter, contest }) {
  const found = contest && voter?.latest.get(contest.id);
  const word = voter?.proved ? null : element('p', { class: 'caution' }, w.board_word);
  const ballot = found ? element('div', { class: 'caution', 'data-standing': found.code }, element('p', {}, w.standing), groups(found.code)) : null;
  return element('div', {}, ballot, word);
}
