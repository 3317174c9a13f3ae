/** A file for the voter, made on this device. */

/** @param {string} name @param {Uint8Array | string} content @param {string} [type] */
export function save(name, content, type = 'application/octet-stream') {
  const address = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (content)], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
