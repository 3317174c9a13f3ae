/** The states of the ballot page, and what each event does in each of them (specs/voting.md §3). */

/**
 * Rows are states, columns events, cells the state that follows; `·` stays. Every pair has its cell, so nothing that a
 * voter, a board or a browser does at the wrong moment is left to chance.
 */
const TABLE = `
            loaded   resumed proved stopped locked keyed    strange checked marked   reviewed  changed confirmed sealed cast    tested  stored  taken  silent closed overtaken refused promised opened again    left
loading     key      sending ·      halted  halted ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      ·        loading
halted      ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      loading  loading
key         ·        ·       ·      halted  halted checking ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      ·        loading
checking    ·        ·       ·      halted  halted ·        key     marking ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      halted ·         ·       ·        ·      ·        loading
marking     ·        ·       ·      halted  halted ·        ·       ·       ·        reviewing ·       ·         ·      ·       ·       ·       ·      ·      halted ·         ·       ·        ·      ·        loading
reviewing   ·        ·       ·      halted  halted ·        ·       ·       ·        ·         marking sealing   ·      ·       ·       ·       ·      ·      halted ·         ·       ·        ·      ·        loading
sealing     ·        ·       ·      halted  halted ·        ·       ·       ·        ·         ·       ·         sealed ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      ·        loading
sealed      ·        ·       ·      ·       halted ·        ·       ·       ·        ·         marking ·         ·      signing signing ·       ·      ·      ·      ·         ·       ·        ·      ·        loading
signing     ·        ·       ·      halted  ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       sending ·      ·      ·      ·         ·       ·        ·      ·        ·
sending     ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       placed ·      turned turned    turned  ·        ·      ·        ·
placed      ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       receipt  opened ·        ·
receipt     ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      checking loading
opened      ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      checking loading
turned      ·        ·       ·      ·       ·      ·        ·       ·       ·        ·         ·       ·         ·      ·       ·       ·       ·      ·      ·      ·         ·       ·        ·      checking loading
`;

const [heads, ...lines] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));

/** What may happen, in the order of the table. */
export const EVENTS = Object.freeze(heads);

/** @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
const FOLLOWS = Object.freeze(
  Object.fromEntries(
    lines.map(([state, ...cells]) => [
      state,
      Object.fromEntries(cells.map((cell, at) => [EVENTS[at], cell === '·' ? state : cell])),
    ]),
  ),
);

/** The states, in the order of the table. */
export const STATES = Object.freeze(Object.keys(FOLLOWS));

/** The states in which signed bytes are stored that the board has yet to promise or to refuse. */
export const UNSETTLED = Object.freeze(['sending', 'placed']);

/** The states in which the page may hold the choice and the randomness of the seal. */
export const KNOWING = Object.freeze(['marking', 'reviewing', 'sealing', 'sealed', 'signing']);

/**
 * The state that follows. An unknown state or event is a fault of the page.
 * @param {string} state @param {string} event
 */
export function follow(state, event) {
  const next = FOLLOWS[state]?.[event];
  if (next === undefined) throw new RangeError(`no cell for ${event} in ${state}`);
  return next;
}

/**
 * The key of the one sentence that the voter reads: of this cell where it has words of its own, else of the state that
 * follows.
 * @param {string} state @param {string} event @param {{[key: string]: unknown}} words
 */
export function sentence(state, event, words) {
  const own = `${state}_${event}`;
  return own in words ? own : follow(state, event);
}
