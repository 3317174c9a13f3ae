/** Damm's check digit, which shows each changed digit and each exchange of neighbours (specs/keysheet.md §2). */

// The quasigroup of H. M. Damm's dissertation (Marburg 2004): row, then column.
const STEPS = [
  ...['0317598642', '7092154863', '4206871359', '1750983426', '6123045978'],
  ...['3674209581', '5869720134', '8945362017', '9438617205', '2581436790'],
];

/** The check digit of a string of digits; 0 of one that ends with its own. @param {string} digits */
export function checkDigit(digits) {
  let interim = 0;
  for (const digit of digits) interim = Number(STEPS[interim][Number(digit)]);
  return interim;
}
