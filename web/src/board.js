/** A board or mirror as the page sees it: files that prove nothing until they lead to a signed root (specs/lookup.md §2). */
import { equal, hex, sha256 } from './bytes.js';
import { checkCosignatures, checkLogSignature, decode as decodeCheckpoint } from './checkpoint.js';
import { Incomplete, Malformed, Rejected } from './errors.js';
import { checkQuorum, latest } from './policy.js';
import { isBlob } from './records.js';
import { at, decodeBundle, path, proveConsistency, proveInclusion, rootAt, WIDTH } from './tiles.js';
import { hashLeaf, rootFromInclusion, rootsFromConsistency } from './tree.js';

const PATIENCE = 20_000;
const LARGEST = 17 << 20; // a bundle of 256 entries of 65,535 bytes

/** @typedef {import('./receipt.js').Trust} Trust */
/** @typedef {import('./checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {(path: string) => Promise<Uint8Array | null>} Fetch null: there is no such file */

/** Files under an address, each asked for once. @param {string} base without a slash at its end @param {RequestCredentials} [credentials] @returns {Fetch} */
export function files(base, credentials = 'omit') {
  /** @type {Map<string, Promise<Uint8Array | null>>} */
  const kept = new Map();
  /** @type {Fetch} */
  const get = async (name) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PATIENCE);
    try {
      const response = await fetch(`${base}/${name}`, { signal: abort.signal, credentials, referrerPolicy: 'no-referrer' });
      if (response.status === 404) return null;
      if (!response.ok) throw new Incomplete(`${name}: status ${response.status}`);
      const raw = new Uint8Array(await response.arrayBuffer());
      if (raw.length > LARGEST) throw new Incomplete(`${name} is too large`);
      return raw;
    } catch (error) {
      throw error instanceof Incomplete ? error : new Incomplete(`${name} could not be fetched`);
    } finally {
      clearTimeout(timer);
    }
  };
  return (name) => {
    const found = kept.get(name) ?? get(name);
    kept.set(name, found);
    return found;
  };
}

/** A board at one checkpoint that the log signed and the quorum of witnesses cosigned. */
export class Board {
  /** @param {Fetch} fetch @param {Checkpoint} signed @param {bigint | null} seen @param {number} witnesses */
  constructor(fetch, signed, seen, witnesses) {
    this.fetch = fetch;
    this.signed = signed;
    /** When a quorum had seen this checkpoint, in POSIX seconds; null without witnesses. */
    this.seen = seen;
    this.witnesses = witnesses;
  }

  /** Fetch the latest checkpoint and check its signatures (BRD.1, BRD.4, BRD.5). @param {Fetch} fetch @param {Trust} trust */
  static async open(fetch, { origin, keys, policy }) {
    const raw = await fetch('checkpoint');
    if (!raw) throw new Incomplete('there is no checkpoint');
    const signed = decodeCheckpoint(raw);
    checkLogSignature('BRD.1', signed, origin, keys);
    const cosignatures = checkCosignatures('BRD.5', signed, [...policy.witnesses.values()]);
    checkQuorum('BRD.4', policy, cosignatures);
    const names = new Set(cosignatures.map(({ key }) => hex(key.public)));
    return new Board(fetch, signed, latest(policy, cosignatures), names.size);
  }

  get size() {
    return this.signed.size;
  }

  /** Entry `index`, proved by its whole bundle and the tiles to the signed root. @param {bigint} index */
  async entry(index) {
    if (index >= this.size) throw new Incomplete(`this board shows ${this.size} entries, not entry ${index}`);
    const bundle = at('entries', index, this.size);
    const { raw, width } = await this.tile(bundle);
    const entry = decodeBundle(raw, width)[Number(index % WIDTH)];
    await this.prove(index, entry);
    return entry;
  }

  /** Prove that these bytes are an entry, whoever they came from: without the bundle that has it. @param {bigint} index @param {Uint8Array} entry */
  async prove(index, entry) {
    const proof = await proveInclusion(index, this.size, this.hashes);
    const root = rootFromInclusion(index, this.size, hashLeaf(entry), proof);
    if (!equal(root, this.signed.root)) throw new Rejected('BRD.2', `the tiles do not lead from entry ${index} to the signed root`);
  }

  /**
   * Prove that this board continues an earlier checkpoint of the log, or show that the log signed two histories (BRD.3).
   * @param {Checkpoint} earlier
   */
  async checkContinues(earlier) {
    if (earlier.size > this.size) throw new Incomplete(`this board shows ${this.size} entries, the other ${earlier.size}`);
    let [before, after] = [this.signed.root, this.signed.root];
    if (earlier.size > 0n && earlier.size < this.size) {
      const proof = await proveConsistency(earlier.size, this.size, this.hashes);
      // The old root is taken from this board's own tiles: with the other side's, a false one would look like damage.
      const old = await rootAt(earlier.size, this.size, this.hashes);
      [before, after] = rootsFromConsistency(earlier.size, this.size, old, proof);
    }
    if (!equal(after, this.signed.root)) throw new Incomplete("the board's tiles do not lead to its signed root");
    if (earlier.size > 0n && !equal(before, earlier.root)) throw new Rejected('BRD.3', 'the log signed two histories');
  }

  /** The blob that a record names, or null if it is longer than `most` bytes. @param {any} named @param {number} most */
  async blob(named, most) {
    if (!Number.isInteger(named?.length) || named.length > most) return null;
    const name = hex(Uint8Array.from(atob(named.sha256), (letter) => letter.charCodeAt(0)));
    const data = await this.fetch(`blobs/${name.slice(0, 2)}/${name}`);
    if (!data) throw new Incomplete(`blob ${name} is missing`);
    if (!isBlob(named, data)) throw new Malformed(`blob ${name} is ${hex(sha256(data))}`);
    return data;
  }

  /** A tile's bytes; of a partial one that is gone, the full one. @param {import('./tiles.js').Tile} tile */
  async tile(tile) {
    const raw = await this.fetch(path(tile));
    if (raw) return { raw, width: tile.width };
    const full = { ...tile, width: Number(WIDTH) };
    const instead = await this.fetch(path(full));
    if (!instead) throw new Incomplete(`${path(tile)} is missing`);
    return { raw: instead, width: full.width };
  }

  /** @param {import('./tiles.js').Tile} tile */
  hashes = async (tile) => (await this.tile(tile)).raw;
}
