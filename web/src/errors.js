/** The three ways in which a check can fail to hold; the same as the Python verifier's. */

/** Not well formed. */
export class Malformed extends Error {}

/** Could not be checked: something is missing or damaged in this copy. It accuses nobody. */
export class Incomplete extends Error {}

/** Proved false; `id` is the clause of specs/verification.md. */
export class Rejected extends Error {
  /** @param {string} id @param {string} detail */
  constructor(id, detail) {
    super(detail);
    this.id = id;
  }
}
