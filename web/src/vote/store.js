/** What stays on the device: the key if the voter asks for it, signed bytes until they are settled, receipts by choice. */
import { drawBytes } from '../secrets.js';

const NAME = 'aikyn-vote';
const STORES = ['keys', 'pending', 'receipts'];
const IV = 12; // bytes, as AES-GCM takes them

/** @typedef {{raw: Uint8Array<ArrayBufferLike>, act: 'cast' | 'test', contest: string, tracker: string, code: string}} Pending an act that is signed, and not settled */
/** @typedef {{code: string, file: Uint8Array, tracker: string, contest: string}} Kept a receipt */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The stores of one election. */
export class Store {
  /** @param {IDBDatabase} database @param {string} election the manifest's digest */
  constructor(database, election) {
    this.database = database;
    this.election = election;
  }

  /** @param {string} election */
  static async open(election) {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    return new Store(await done(request), election);
  }

  /** Durable before it is said to be done. @param {string} store @param {string} key @param {unknown} value */
  put(store, key, value) {
    return new Promise((resolve, reject) => {
      const transaction = /** @type {any} */ (this.database).transaction(store, 'readwrite', { durability: 'strict' });
      if (value === undefined) transaction.objectStore(store).delete(key);
      else transaction.objectStore(store).put(value, key);
      transaction.oncomplete = () => resolve(null);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  /** @param {string} store @param {string} key @returns {Promise<any>} */
  get(store, key) {
    return done(this.database.transaction(store).objectStore(store).get(key));
  }

  /** @returns {Promise<Pending | undefined>} */
  pending() {
    return this.get('pending', this.election);
  }

  /** @param {Pending | undefined} act nothing: it is settled */
  setPending(act) {
    return this.put('pending', this.election, act);
  }

  /** @param {Kept} receipt */
  keepReceipt(receipt) {
    return this.put('receipts', `${this.election} ${receipt.tracker}`, receipt);
  }

  /** Those of this election. @returns {Promise<Kept[]>} */
  receipts() {
    const own = IDBKeyRange.bound(`${this.election} `, `${this.election}!`); // every key that begins with it and a blank
    return done(this.database.transaction('receipts').objectStore('receipts').getAll(own));
  }

  /** @param {string} tracker */
  dropReceipt(tracker) {
    return this.put('receipts', `${this.election} ${tracker}`, undefined);
  }

  /** Keep a seed under a key that no script can read. @param {Uint8Array} seed @param {string} code */
  async keepSeed(seed, code) {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const iv = drawBytes(IV);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, /** @type {BufferSource} */ (seed));
    await this.put('keys', this.election, { key, iv, sealed, code });
  }

  /** The kept seed with the voter's code; null if there is none. @returns {Promise<{seed: Uint8Array, code: string} | null>} */
  async seed() {
    const kept = await this.get('keys', this.election);
    if (!kept) return null;
    const seed = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: kept.iv }, kept.key, kept.sealed));
    return { seed, code: kept.code };
  }

  async hasSeed() {
    return (await this.get('keys', this.election)) !== undefined;
  }

  forgetSeed() {
    return this.put('keys', this.election, undefined);
  }
}

