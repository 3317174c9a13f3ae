/** A complaint, filled in as far as the page can: a text file that stays on this device until the voter takes it along. */
import { save } from './save.js';
import { fill, moment } from './words.js';

/** @param {import('./words.js').Table} w @param {import('./inquiry.js').Question} question @param {import('./inquiry.js').Answer} answer @param {string} board the address that was asked */
export function write(w, { code, tracker }, answer, board) {
  const c = w.complaint;
  const [state, other] = [answer.board?.signed.raw, answer.promised].map((raw) => raw && `\n${new TextDecoder().decode(raw)}`);
  /** @type {[string, string][]} */
  const lines = [
    [c.election, answer.manifest?.title?.[w.lang] ?? ''],
    [c.board, board],
    [c.code, code],
    [c.tracker, tracker || answer.tracker],
    [c.answer, w.answers[answer.standing].title],
    [c.detail, answer.detail],
    [c.time, moment(w, BigInt(Math.floor(Date.now() / 1000)))],
    [c.state, state ?? ''],
    [c.other, other ?? ''],
  ];
  const filled = lines.filter(([, value]) => value).map(([line, value]) => fill(line, { value }));
  return [c.title, '', ...filled, '', c.ask, '', c.sign, '', ''].join('\n');
}

/** @param {string} text */
export const download = (text) => save('complaint.txt', text, 'text/plain');
