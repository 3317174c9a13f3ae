/** Group, transcript, choice and ballot agree with the specification on every vector, accepted and rejected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkAct, checkForm, checkOpened, checkSeal, decode } from '../src/ballot.js';
import { base64, hex, utf8 } from '../src/bytes.js';
import { decodePoints as decodeChoice, encodePoints } from '../src/choice.js';
import { Malformed, Rejected } from '../src/errors.js';
import { G, decodePoints, decodeScalars, packPoints, packScalars, reduceWide, secretTimes, times } from '../src/group.js';
import { Reader, Transcript } from '../src/transcript.js';
import { contestOf, contextOf, every, outcome, unhex, vectors } from './vectors.js';

const group = vectors('group');
test('multiples of G, in constant time and in variable time', () => {
  for (const [number, encoding] of group.multiples.entries()) {
    const s = BigInt(number);
    assert.deepEqual([hex(packPoints([secretTimes(s, G)])), hex(packPoints([times(s, G)]))], [encoding, encoding]);
    assert.equal(hex(packPoints(decodePoints('', unhex(encoding)))), encoding);
  }
});
test('encodings that are refused', () => {
  for (const encoding of group.refused) assert.equal(outcome(() => decodePoints('refused', unhex(encoding))), 'refused', encoding);
  for (const scalar of group.scalars.refused) assert.equal(outcome(() => decodeScalars(unhex(scalar))), 'malformed', scalar);
  for (const scalar of group.scalars.accepted) assert.equal(hex(packScalars(decodeScalars(unhex(scalar)))), scalar);
  assert.equal(outcome(() => decodeScalars(new Uint8Array(33))), 'malformed');
});

test('64 bytes are reduced modulo the order', () => {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  assert.equal(reduceWide(unhex(`${hex(packScalars([order]))}${'00'.repeat(32)}`)), 0n);
  assert.equal(reduceWide(unhex('ff'.repeat(64))), ((1n << 512n) - 1n) % order);
});

test('a proof is read to its end, and not further', () => {
  const context = { election: 'example', manifest: new Uint8Array(32) };
  /** @param {number} length */
  const read = (length) => {
    const reader = new Reader('example', context, '', '', new Uint8Array(length), 'decodes');
    reader.points('T', 1);
    reader.scalars('s', 1);
    reader.end();
  };
  assert.deepEqual([63, 64, 65, 96].map((length) => outcome(() => read(length))), ['malformed', 'accepted', 'malformed', 'malformed']);
});

for (const [title, v, expected] of every('transcript')) {
  test(`transcript, ${title}`, () => {
    const transcript = new Transcript(v.proof, contextOf(v), v.contest, v.place);
    for (const [label, data] of v.messages) transcript.absorb(label, unhex(data));
    assert.equal(hex(packScalars([transcript.challenge('z')])) === v.z, !expected.length);
  });
}

for (const [title, v, expected] of every('choice')) {
  test(`choice, ${title}`, () => {
    const judge = () => {
      const contest = contestOf(v);
      const choice = decodeChoice(contest, unhex(v.points));
      const same = hex(encodePoints(contest, choice)) === v.points && String(choice) === String(v.choice);
      if (!same) throw new Rejected('differs', '');
    };
    assert.deepEqual([outcome(judge)], expected.length ? expected.map((each) => (each === 'invalid' ? 'malformed' : each)) : ['accepted']);
  });
}

/** A vector as the record that would stand on the log. @param {any} v */
function recordOf(v) {
  /** @param {string} name */
  const coded = (name) => base64(unhex(v[name]));
  const [P, R, credential, nonce, proof] = ['P', 'R', 'credential', 'nonce', 'proof'].map(coded);
  const sealed = { P, R, contest: v.contest, credential, nonce, proof, style: v.style };
  const signed = { prev: coded('prev'), sealed, signature: coded('signature') };
  return v.act === 'cast' ? { ...signed, type: 'ballot' } : { ...signed, choice: v.choice, r: coded('r'), type: 'challenge' };
}

/** The clauses that fail, as specs/transcript.md §10 lists them. @param {any} v */
function failures(v) {
  const [context, key, contest] = [contextOf(v), unhex(v.key), contestOf(v)];
  try {
    const ballot = decode(recordOf(v), context.manifest);
    checkForm(contest, ballot);
    const checks = [() => checkSeal(context, key, ballot), () => checkAct(context, ballot)];
    if (ballot.act === 'challenge') checks.push(() => checkOpened(key, contest, ballot));
    const failed = new Set(checks.map(outcome).filter((each) => each !== 'accepted'));
    return failed.has('BAL.4') ? ['BAL.4'] : [...failed].sort();
  } catch (error) {
    if (error instanceof Malformed) return ['malformed'];
    if (error instanceof Rejected) return [error.id];
    throw error;
  }
}

for (const [title, v, expected] of every('ballot')) {
  test(`ballot, ${title}`, () => {
    assert.deepEqual(failures(v), expected);
    const whole = outcome(() => check(contextOf(v), unhex(v.key), contestOf(v), v.style, recordOf(v), unhex(v.prev)));
    assert.equal(expected.length ? expected.includes(whole) : whole === 'accepted', true, whole);
  });
}

test('what only the log can tell is asked for', () => {
  const [[, v]] = every('ballot');
  /** @param {any} changes @param {string} style @param {Uint8Array} latest */
  const judge = (changes, style, latest) =>
    outcome(() => check(contextOf(v), unhex(v.key), { ...contestOf(v), ...changes }, style, recordOf(v), latest));
  assert.equal(judge({}, v.style, unhex(v.prev)), 'accepted');
  assert.equal(judge({ id: 'mayor' }, v.style, unhex(v.prev)), 'BAL.1');
  assert.equal(judge({}, 'country', unhex(v.prev)), 'BAL.1');
  assert.equal(judge({}, v.style, unhex('11'.repeat(32))), 'BAL.8');
  const [, wide] = every('ballot').find(([title]) => title === 'cast, width 2') ?? [];
  assert.deepEqual(failures({ ...wide, R: wide.R.slice(0, 64).repeat(2) }), ['BAL.3']);
  assert.deepEqual(failures({ ...v, credential: '00'.repeat(32) }), ['BAL.6', 'CFG.7']);
});

test('what is no ballot is not read as one', () => {
  const [, v] = every('ballot').find(([title]) => title === 'challenged, width 1') ?? [];
  const right = recordOf(v);
  const bent = [
    { ...right, type: 'ballot' },
    { ...right, type: 'close' },
    { ...right, more: '' },
    { ...right, sealed: null },
    { ...right, sealed: { ...right.sealed, more: '' } },
    { ...right, sealed: { ...right.sealed, style: 1 } },
    { ...right, sealed: { ...right.sealed, nonce: '' } },
    { ...right, choice: '1' },
    { ...right, choice: [1.5] },
    { ...right, choice: [0] },
    { ...right, r: 'AA==' },
    { ...right, prev: base64(utf8('x'.repeat(31))) },
  ];
  for (const each of bent) assert.equal(outcome(() => decode(each, unhex(v.manifest))), 'malformed', JSON.stringify(each));
});
