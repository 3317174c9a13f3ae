/** A voter's client as a process, with fresh randomness: tasks as JSON come in, the records to be posted go out, a line each. */
import { readFileSync } from 'node:fs';
import { Credential } from '../src/credential.js';
import { encode } from '../src/records.js';
import { contextOf, unhex } from './vectors.js';

for (const task of JSON.parse(readFileSync(0, 'utf8'))) {
  const voter = new Credential(unhex(task.k));
  const context = contextOf(task);
  const prepared = voter.seal(context, unhex(task.key), task.contest, task.style, task.choice);
  const record = task.act === 'cast' ? voter.cast(context, prepared, unhex(task.prev)) : voter.challenge(context, prepared, unhex(task.prev));
  console.log(encode(record));
}
