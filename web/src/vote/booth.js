/** One voter at the page: what is known in each state, and what is at work there (specs/voting.md §3). */
import { equal, utf8 } from '../bytes.js';
import { Credential } from '../credential.js';
import { Incomplete, Malformed, Rejected } from '../errors.js';
import { encode, shown } from '../records.js';
import { draw, wipe } from '../secrets.js';
import { joinShares } from '../share.js';
import { deriveShare } from '../sheet.js';
import { Ground, Stopped, findVoter, isOver, list, readPhase } from './ground.js';
import { awaitReceipt, send } from './post.js';
import { KNOWING, follow, sentence } from './states.js';
import { Store } from './store.js';

/** @typedef {import('./ground.js').Contest} Contest */
/** @typedef {import('./ground.js').Voter} Voter */
/** @typedef {import('./store.js').Pending} Pending */
/** @typedef {import('../seal.js').Prepared} Prepared */
/** @typedef {import('../site.js').Site} Site */
/** @typedef {import('../words.js').Table} Table */
/** @typedef {{reason: string, detail: string}} Trouble */
/** @typedef {import('./post.js').Receipt} Receipt */
/** @typedef {{code: string, seed: Uint8Array, share: import('../share.js').SecondShare | null, keep: boolean}} Key */

/** What the page lends: its files, its lock, and the eye of the voter. @typedef {{open: () => Promise<{site: Site, asked: import('./ground.js').Asked, equipped: Promise<void>}>, lock: () => Promise<boolean>, show: (booth: Booth, event: string, moved: boolean) => void}} House */

/** Let the page be painted before the processor is taken. */
const painted = () => new Promise((resolve) => setTimeout(resolve, 30));

export class Booth {
  state = 'loading';
  /** The key of the sentence that is said. */ said = 'loading';
  /** @type {Site | null} */ site = null;
  /** @type {Ground | null} */ ground = null;
  /** The checks of the election, which go on while the key is typed. @type {Promise<Ground> | null} */ proving = null;
  /** @type {Store | null} */ store = null;
  /** @type {Credential | null} */ credential = null;
  code = '';
  hasSeed = false;
  /** @type {Voter | null} */ voter = null;
  /** @type {Contest | null} */ contest = null;
  /** @type {number[]} */ marks = [];
  /** @type {Prepared | null} */ prepared = null;
  /** @type {Pending | null} */ pending = null;
  /** @type {Receipt | null} */ receipt = null;
  /** @type {Uint8Array | null} */ refusal = null;
  /** @type {Trouble | null} */ trouble = null;
  /** @type {{seconds: number, times: number} | null} */ silence = null;
  /** Contests of this voter that have a receipt. @type {Set<string>} */ cast = new Set();
  /** What was asked for before it was needed. @type {{code: string, listed: Promise<import('./ground.js').Listed | null>} | null} */ foreseen = null;
  work = new AbortController();

  /** @param {Table} w @param {House} house */
  constructor(w, house) {
    this.w = w;
    this.house = house;
  }

  /** @param {string} event */
  happen(event) {
    const before = this.state;
    this.state = follow(before, event);
    this.said = sentence(before, event, this.w.said);
    const moved = this.state !== before || event === 'left';
    if (moved) {
      this.work.abort();
      this.work = new AbortController();
      this.silence = null;
      this.leave();
    }
    this.house.show(this, event, moved);
    if (moved) this.enter();
  }

  /** Let go of what the new state may not know. */
  leave() {
    const knows = KNOWING.includes(this.state);
    if (!knows) this.marks = [];
    if (!knows || this.state === 'marking') {
      this.prepared?.forget();
      this.prepared = null;
    }
    if (this.state === 'loading') {
      this.credential?.forget();
      Object.assign(this, { ground: null, proving: null, credential: null, code: '', voter: null, contest: null, foreseen: null, cast: new Set(), receipt: null, refusal: null, trouble: null });
    }
  }

  enter() {
    /** @type {{[state: string]: () => Promise<void>}} */
    const works = { loading: this.load, key: this.prove, checking: this.check, marking: this.warm, sealing: this.seal, sending: this.send, placed: this.wait };
    works[this.state]?.call(this);
  }

  /** Do what may fail; what comes too late for the state is let go. @param {() => Promise<string>} work gives the event that follows */
  async attempt(work) {
    const { signal } = this.work;
    /** @type {string} */ let event;
    try {
      event = await work();
    } catch (error) {
      if (signal.aborted) return;
      this.trouble = troubleOf(error);
      event = 'stopped';
    }
    if (!signal.aborted) this.happen(event);
  }

  load() {
    return this.attempt(async () => {
      if (!(await this.house.lock())) {
        this.trouble = { reason: 'locked', detail: '' };
        return 'locked';
      }
      const { site, asked, equipped } = await this.house.open();
      this.site = site;
      this.store = await openStore(site.trust.manifest);
      this.pending = (await this.store.pending()) ?? null;
      if (this.pending) {
        await equipped;
        return 'resumed';
      }
      this.hasSeed = await this.store.hasSeed();
      this.proving = equipped.then(() => Ground.open(site, asked));
      return 'loaded';
    });
  }

  /** Once: whoever comes back to the key has an election that was proved. */
  async prove() {
    if (this.ground || !this.proving) return;
    const { proving } = this;
    await this.attempt(async () => {
      this.ground = await proving;
      return 'proved';
    });
  }

  /** Take a key; throws what is wrong with it, and keeps nothing of it then. The seed is overwritten. @param {Key} key */
  async take({ code, seed, share, keep }) {
    if (!this.site) throw new Malformed('it is not known which election this is');
    const k1 = deriveShare(this.site.manifest.election, seed);
    const own = new Credential(share ? joinShares(this.site.manifest.election, k1, share) : k1);
    if (share && !equal(own.key, share.key)) throw new Malformed('the two shares give another key');
    this.credential?.forget();
    this.credential = own;
    this.code = code;
    if (keep) await this.store?.keepSeed(seed, code);
    wipe(seed);
    this.happen('keyed');
  }

  /** Ask for what belongs to a code while its key is being typed. @param {string} code */
  foresee(code) {
    if (!this.proving || this.foreseen?.code === code) return;
    this.foreseen = { code, listed: this.proving.then((ground) => list(ground, code)).catch(() => null) };
  }

  /** What the registers have for the code: as it was foreseen, once, or anew. @param {Ground} ground */
  async listed(ground) {
    const { foreseen } = this;
    this.foreseen = null;
    return (foreseen?.code === this.code && (await foreseen.listed)) || list(ground, this.code);
  }

  check() {
    return this.attempt(async () => {
      const { proving, credential } = this;
      if (!proving || !credential) return 'strange';
      const ground = await proving;
      this.ground = ground;
      const [phase, listed] = await Promise.all([readPhase(ground.site.addresses.board), this.listed(ground)]);
      if (isOver(phase)) {
        this.trouble = { reason: 'over', detail: '' };
        return 'closed';
      }
      const voter = await findVoter(ground, listed, credential.key);
      if (!voter) {
        credential.forget();
        this.credential = null;
        return 'strange';
      }
      this.voter = voter;
      const { contests, latest } = voter;
      this.contest = contests.find(({ id }) => !latest.has(id) && !this.cast.has(id)) ?? contests.find(({ id }) => !this.cast.has(id)) ?? contests[0];
      return 'checked';
    });
  }

  /** One dummy seal while the voter reads, so that the real one is quick. */
  async warm() {
    const { signal } = this.work;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (signal.aborted || !this.contest || !this.voter) return;
    const stranger = new Credential(draw(1));
    const least = Array.from({ length: this.contest.least }, (_, at) => at + 1);
    stranger.seal(this.grounded.context, this.grounded.opening.key, this.contest, this.voter.style, least).forget();
    stranger.forget();
  }

  seal() {
    return this.attempt(async () => {
      await painted();
      const { credential, contest, voter, marks } = this;
      if (!credential || !contest || !voter) throw new Malformed('there is nothing to seal');
      this.prepared = credential.seal(this.grounded.context, this.grounded.opening.key, contest, voter.style, marks);
      return 'sealed';
    });
  }

  /** The voter's word on what becomes of it. @param {'cast' | 'tested'} event */
  settle(event) {
    if (this.state !== 'sealed') return;
    const { prepared, credential, contest, voter } = this;
    this.happen(event);
    this.attempt(async () => {
      if (!prepared || !credential || !contest || !voter) throw new Malformed('there is nothing to sign');
      const { context } = this.grounded;
      const prev = /** @type {Uint8Array<ArrayBuffer>} */ (voter.previous(contest.id));
      const record = event === 'cast' ? credential.cast(context, prepared, prev) : credential.challenge(context, prepared, prev);
      this.marks = [];
      const made = { raw: utf8(encode(record)), act: /** @type {'cast' | 'test'} */ (event === 'cast' ? 'cast' : 'test') };
      this.pending = { ...made, contest: contest.id, tracker: shown(prepared.tracker), code: this.code };
      await this.stored.setPending(this.pending).catch((error) => {
        this.pending = null;
        throw new Stopped('storage', String(error));
      });
      return 'stored';
    });
  }

  /** @param {number} seconds @param {number} times */
  hush(seconds, times) {
    this.silence = { seconds, times };
    this.happen('silent');
  }

  send() {
    return this.attempt(async () => {
      const { site, pending } = this;
      if (!site || !pending) throw new Malformed('there is nothing to send');
      const { event, refusal, receipt } = await send(site, pending.raw, this.hush.bind(this), this.work.signal);
      this.refusal = refusal ?? null;
      this.receipt = receipt ?? null;
      return event;
    });
  }

  wait() {
    return this.attempt(async () => {
      const { site, pending } = this;
      if (!site || !pending) throw new Malformed('there is nothing to wait for');
      this.receipt ??= await awaitReceipt(site, pending.raw, this.hush.bind(this), this.work.signal);
      await this.stored.setPending(undefined).catch(() => {}); // else they are sent again, and answered as before
      if (pending.act === 'test') return 'opened';
      this.cast.add(pending.contest);
      return 'promised';
    });
  }

  /** The next contest, or the same again; whoever came here by a reload begins with the key. @param {'again' | 'left'} event */
  async goOn(event) {
    if (this.state === 'turned') await this.stored.setPending(undefined);
    this.pending = null;
    this.happen(event);
  }

  /** Contests of the style that have neither a receipt nor a ballot on the log. */
  get open() {
    const { voter } = this;
    return voter ? voter.contests.filter(({ id }) => !this.cast.has(id) && !voter.latest.has(id)).length : 0;
  }

  get grounded() {
    if (!this.ground) throw new Malformed('the election has not been checked');
    return this.ground;
  }

  get stored() {
    if (!this.store) throw new Malformed('nothing can be kept here');
    return this.store;
  }
}

/** @param {string} election */
async function openStore(election) {
  try {
    return await Store.open(election);
  } catch (error) {
    throw new Stopped('storage', String(error));
  }
}

/** @param {unknown} error @returns {Trouble} */
function troubleOf(error) {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Stopped) return { reason: error.reason, detail };
  if (error instanceof Incomplete) return { reason: 'incomplete', detail };
  if (error instanceof Rejected) return { reason: 'contradiction', detail: `${error.id}: ${detail}` };
  return { reason: error instanceof Malformed ? 'contradiction' : 'fault', detail };
}
