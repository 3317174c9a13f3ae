/** The table of the ballot page's states is whole, and no walk through it loses or doubles a ballot. */
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENTS, KNOWING, STATES, UNSETTLED, follow, sentence } from '../src/vote/states.js';

const spec = readFileSync(new URL('../../specs/voting.md', import.meta.url), 'utf8');

test('every state has a cell for every event, and leads to a state', () => {
  for (const state of STATES) for (const event of EVENTS) assert.ok(STATES.includes(follow(state, event)), `${state} ${event}`);
});

test('the specification has the same cells', () => {
  const rows = [...spec.matchAll(/^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|/gm)].map(([, ...cells]) => cells.join(' '));
  const moves = STATES.flatMap((state) =>
    EVENTS.filter((event) => follow(state, event) !== state).map((event) => `${state} ${event} ${follow(state, event)}`),
  );
  assert.deepEqual(rows.sort(), moves.sort());
});

test('every state can be reached, and left but for an end', () => {
  const reached = new Set(['loading']);
  for (const state of reached) for (const event of EVENTS) reached.add(follow(state, event));
  assert.deepEqual([...reached].sort(), [...STATES].sort());
});

test('signed bytes are let go only when the board has promised or refused them', () => {
  const cells = UNSETTLED.flatMap((state) => EVENTS.map((event) => ({ event, next: follow(state, event) })));
  const ends = new Set(cells.filter(({ next }) => !UNSETTLED.includes(next)).map(({ event }) => event));
  assert.deepEqual([...ends].sort(), ['closed', 'opened', 'overtaken', 'promised', 'refused']);
});

test('nothing of the choice is known once the act is signed', () => {
  for (const state of STATES.filter((each) => !KNOWING.includes(each))) {
    for (const event of EVENTS) {
      const next = follow(state, event);
      assert.ok(!KNOWING.includes(next) || next === 'marking', `${state} ${event} ${next}`);
    }
  }
});

test('a cell with words of its own is said in these, any other in those of the state that follows', () => {
  assert.equal(sentence('sending', 'silent', { sending_silent: '…' }), 'sending_silent');
  assert.equal(sentence('sending', 'silent', {}), 'sending');
  assert.equal(sentence('loading', 'loaded', {}), 'key');
});

test('what is no state and no event is a fault', () => {
  assert.throws(() => follow('loading', 'nonsense'), RangeError);
  assert.throws(() => follow('nowhere', 'loaded'), RangeError);
});

/** Numbers below `most`, from a seed. @param {number} seed */
function random(seed) {
  let state = seed;
  return (/** @type {number} */ most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const BOARD = ['taken', 'silent', 'closed', 'overtaken', 'refused', 'promised', 'opened'];
const PAGE = ['loaded', 'resumed', 'stored'];
const VOTER = EVENTS.filter((event) => !BOARD.includes(event) && !PAGE.includes(event));

test('in ten thousand walks with kills, reloads and lost answers no ballot is lost or doubled', () => {
  let casts = 0;
  for (let seed = 1; seed <= 10_000; seed += 1) {
    const draw = random(seed);
    /** @type {Map<string, number>} */ const log = new Map();
    /** @type {string | null} */ let stored = null;
    let [state, made, promised] = ['loading', 0, 0];
    for (let step = 0; step < 80; step += 1) {
      const forward = VOTER.filter((each) => !['loading', 'halted', state].includes(follow(state, each)));
      let event = draw(4) && forward.length ? forward[draw(forward.length)] : VOTER[draw(VOTER.length)];
      if (draw(10) === 0) [state, event] = ['loading', stored === null ? 'loaded' : 'resumed']; // killed, and opened anew
      else if (state === 'loading' && draw(2)) event = stored === null ? 'loaded' : 'resumed';
      else if (state === 'signing') event = 'stored';
      else if (state === 'sending' && draw(3)) {
        log.set(String(stored), 1); // the board takes the same bytes once, whether its answer arrives or not
        event = draw(2) ? 'taken' : 'silent';
      } else if (state === 'placed' && draw(2)) event = 'promised';
      const next = follow(state, event);
      if (next === 'sending' && state === 'signing') stored = `record ${(made += 1)}`;
      if (next === 'receipt' && state === 'placed') {
        assert.equal(log.get(String(stored)), 1, 'what is promised is on the log, once');
        [stored, promised] = [null, promised + 1];
      }
      if (next !== 'loading') assert.equal(stored !== null, UNSETTLED.includes(next), `${seed}: ${state} ${event} ${next}`);
      state = next;
    }
    assert.equal(made - promised, stored === null ? 0 : 1, 'all but the one under way have been promised');
    casts += promised;
  }
  assert.ok(casts > 1_000, `only ${casts} ballots were cast`);
});
