/** Trust policies: which logs, which witnesses, how many (specs/log.md §6). */
import { equal } from './bytes.js';
import { Malformed, Rejected } from './errors.js';
import { LOG, ML_DSA_44, WITNESS, decodeKey } from './note.js';

const LONGEST = 1 << 20;
const MOST = 256;
const NONE = 'none';

/** @typedef {import('./note.js').Key} Key */
/** @typedef {import('./checkpoint.js').Cosignature} Cosignature */
/** @typedef {{threshold: number, members: string[]}} Group */
/** @typedef {{quorum: string, logs: Key[], witnesses: Map<string, Key>, groups: Map<string, Group>}} Policy */

/** Read a policy file. @param {string} raw @returns {Policy} */
export function decode(raw) {
  if (raw.length > LONGEST || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(raw)) {
    throw new Malformed('a policy is a short text without control characters');
  }
  const draft = new Draft();
  for (const line of raw.split('\n')) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (words.length && !words[0].startsWith('#')) draft.take(words);
  }
  const { quorum, logs, witnesses, groups } = draft;
  if (logs.length + witnesses.size + groups.size > MOST) throw new Malformed(`a policy defines at most ${MOST} parties`);
  if (quorum === '') throw new Malformed('a policy has exactly one quorum line');
  return { quorum, logs, witnesses, groups };
}

/** Whether these witnesses satisfy the quorum; each is one voice. @param {Policy} policy @param {Key[]} keys @returns {boolean} */
export function isQuorum(policy, keys) {
  if (policy.quorum === NONE) return true;
  /** @param {string} name @returns {boolean} */
  const holds = (name) => {
    const witness = policy.witnesses.get(name);
    if (witness) return keys.some((key) => equal(key.public, witness.public));
    const { threshold, members } = /** @type {Group} */ (policy.groups.get(name));
    return members.filter(holds).length >= threshold;
  };
  return holds(policy.quorum);
}

/** Fewest witnesses who must sign two histories before both have a quorum (§6.4). @param {Policy} policy */
export function overlap(policy) {
  /** @param {string} name @returns {number} */
  const fold = (name) => {
    const group = policy.groups.get(name);
    if (!group) return 1;
    const parts = group.members.map(fold).sort((a, b) => a - b);
    return parts.slice(0, Math.max(0, 2 * group.threshold - parts.length)).reduce((sum, part) => sum + part, 0);
  };
  return policy.quorum === NONE ? 0 : fold(policy.quorum);
}

/** Refuse `clause` without a quorum. @param {string} clause @param {Policy} policy @param {Cosignature[]} cosignatures */
export function checkQuorum(clause, policy, cosignatures) {
  const keys = cosignatures.map(({ key }) => key);
  if (!isQuorum(policy, keys)) throw new Rejected(clause, `${keys.length} witnesses are not the quorum`);
}

/**
 * Latest time for which the cosignatures dated so or later satisfy the quorum (§6.5), or null.
 * @param {Policy} policy @param {Cosignature[]} cosignatures
 */
export function latest(policy, cosignatures) {
  const ordered = [...cosignatures].sort((a, b) => (a.time < b.time ? 1 : -1));
  const at = ordered.findIndex((_, end) => isQuorum(policy, ordered.slice(0, end + 1).map(({ key }) => key)));
  return at < 0 ? null : ordered[at].time;
}

/** A policy while its lines are read; names are defined before use and used as a member once. */
class Draft {
  quorum = '';
  /** @type {Key[]} */ logs = [];
  /** @type {Map<string, Key>} */ witnesses = new Map();
  /** @type {Map<string, Group>} */ groups = new Map();
  /** @type {Key[]} */ keys = [];
  /** @type {Set<string>} */ members = new Set();

  /** @param {string[]} words */
  take([what, ...words]) {
    if (what === 'log' && (words.length === 1 || words.length === 2)) this.logs.push(this.key(words[0], [LOG]));
    else if (what === 'witness' && (words.length === 2 || words.length === 3)) {
      this.witnesses.set(this.define(words[0]), this.key(words[1], [WITNESS, ML_DSA_44]));
    } else if (what === 'group' && words.length > 2) {
      this.groups.set(this.define(words[0]), this.group(words[1], words.slice(2)));
    } else if (what === 'quorum' && words.length === 1 && !this.quorum && (words[0] === NONE || this.knows(words[0]))) {
      this.quorum = words[0];
    } else throw new Malformed(`this '${what}' line is not understood, or names what no line above defines`);
  }

  /** @param {string} shown @param {number[]} types */
  key(shown, types) {
    const key = decodeKey(shown);
    if (!types.includes(key.type)) throw new Malformed('logs have keys of type 01, witnesses of type 04 or 06');
    if (this.keys.some(({ public: known, name, id }) => equal(known, key.public) || (name === key.name && id === key.id))) {
      throw new Malformed('this key, or another of its name and id, is listed twice');
    }
    this.keys.push(key);
    return key;
  }

  /** @param {string} rule @param {string[]} members @returns {Group} */
  group(rule, members) {
    const threshold = { any: '1', all: String(members.length) }[rule] ?? rule;
    if (!/^[1-9][0-9]{0,2}$/.test(threshold) || Number(threshold) > members.length) {
      throw new Malformed(`a threshold is all, any or a number from 1 to ${members.length}`);
    }
    for (const member of members) {
      if (!this.knows(member) || this.members.has(member)) {
        throw new Malformed('a member is defined above and belongs to one group only');
      }
      this.members.add(member);
    }
    return { threshold: Number(threshold), members };
  }

  /** @param {string} name */
  define(name) {
    if (name === NONE || this.knows(name)) throw new Malformed('this name is taken');
    return name;
  }

  /** @param {string} name */
  knows(name) {
    return this.witnesses.has(name) || this.groups.has(name);
  }
}
