/** The words of the ballot page and of the second device: the same in three languages, and one for each state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES, words } from '../pages.js';
import { EVENTS, STATES, follow } from '../src/vote/states.js';

/** @param {any} table @param {string} [above] @returns {{[key: string]: string}} */
const flat = (table, above = '') =>
  Object.assign({}, ...Object.entries(table).map(([key, value]) => (typeof value === 'string' ? { [above + key]: value } : flat(value, `${above}${key}.`))));

/** Russian has more forms of a plural. @param {string} key */
const isPlural = (key) => /\.(few|many)$/.test(key);

for (const name of ['vote', 'check']) {
  const all = LANGUAGES.map((language) => flat(words(name, language)));
  test(`${name} has the same keys and values to be filled in`, () => {
    const [first, ...others] = all.map((table) => Object.keys(table).filter((key) => !isPlural(key) && !/^(months|form)\./.test(key)).sort());
    for (const other of others) assert.deepEqual(other, first);
    const places = (/** @type {string} */ said) => [...new Set(said.match(/\{\w+\}/g) ?? [])].sort().join();
    for (const key of first.filter((each) => !/^too_many\./.test(each))) {
      assert.equal(new Set(all.map((table) => places(table[key]))).size, 1, key);
      assert.ok(all.every((table) => table[key].trim()), key);
    }
  });
}

test('each state has its sentence, and each other sentence a cell', () => {
  for (const language of LANGUAGES) {
    const { said } = words('vote', language);
    for (const state of STATES) assert.ok(said[state], `${language} ${state}`);
    for (const key of Object.keys(said).filter((each) => !STATES.includes(each))) {
      const [state, event] = key.split('_');
      assert.ok(STATES.includes(state) && EVENTS.includes(event) && follow(state, event), key);
    }
    assert.equal(new Set(Object.values(said).filter(Boolean)).size >= STATES.length, true);
  }
});

test('no sentence before the board has promised says that a ballot is cast', () => {
  const { said } = words('vote', 'en');
  for (const state of STATES.filter((each) => !['receipt'].includes(each))) {
    assert.ok(!/\b(is|was) cast\b/.test(said[state]), said[state]);
  }
});
