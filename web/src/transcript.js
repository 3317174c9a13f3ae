/** A proof is its messages in order: a writer absorbs what it sends, a reader what it reads (specs/transcript.md). */
import { sha512 } from '@noble/hashes/sha2.js';
import { join, utf8 } from './bytes.js';
import { Malformed } from './errors.js';
import { SIZE, decodePoints, decodeScalars, reduceWide } from './group.js';

/** @typedef {{election: string, manifest: Uint8Array}} Context what every proof of an election is bound to: its id, the manifest's digest */

/** The head of a message. @param {string} label @param {number} length */
function frame(label, length) {
  const head = new Uint8Array(1 + label.length + 8);
  head[0] = label.length;
  head.set(utf8(label), 1);
  new DataView(head.buffer).setUint32(1 + label.length + 4, length); // of a u64, whose other half is zero here
  return head;
}

/** Messages absorbed in order, and the challenges they give. */
export class Transcript {
  /** @param {string} name @param {Context} context @param {string} contest @param {string} place */
  constructor(name, { election, manifest }, contest, place) {
    this.hash = sha512.create();
    this.absorb('protocol', utf8('aikyn/1'));
    this.absorb('proof', utf8(name));
    this.absorb('election', utf8(election));
    this.absorb('manifest', manifest);
    this.absorb('contest', utf8(contest));
    this.absorb('place', utf8(place));
  }

  /** A message of the statement: hashed, not part of the proof. @param {string} label @param {Uint8Array} data */
  absorb(label, data) {
    this.hash.update(frame(label, data.length)).update(data);
  }

  /** One challenge of full size. @param {string} label */
  challenge(label) {
    this.absorb(label, new Uint8Array(0));
    return reduceWide(this.hash.clone().digest());
  }
}

/** Writes one proof; mirrors `Reader` line by line. */
export class Writer extends Transcript {
  /** @type {Uint8Array[]} */ messages = [];

  /** Send a message. @param {string} label @param {Uint8Array} data */
  write(label, data) {
    this.absorb(label, data);
    this.messages.push(data);
  }

  proof() {
    return join(...this.messages);
  }
}

/** Reads one proof; points that do not decode are refused under the clause `decodes`. */
export class Reader extends Transcript {
  /**
   * @param {string} name @param {Context} context @param {string} contest @param {string} place
   * @param {Uint8Array} proof @param {string} decodes
   */
  constructor(name, context, contest, place, proof, decodes) {
    super(name, context, contest, place);
    this.rest = proof;
    this.decodes = decodes;
  }

  /** @param {string} label @param {number} count */
  points(label, count) {
    return decodePoints(this.decodes, this.read(label, count));
  }

  /** @param {string} label @param {number} count */
  scalars(label, count) {
    return decodeScalars(this.read(label, count));
  }

  end() {
    if (this.rest.length) throw new Malformed('bytes are left over after the proof');
  }

  /** @param {string} label @param {number} count */
  read(label, count) {
    if (this.rest.length < SIZE * count) throw new Malformed('the proof ends early');
    const data = this.rest.subarray(0, SIZE * count);
    this.rest = this.rest.subarray(SIZE * count);
    this.absorb(label, data);
    return data;
  }
}
