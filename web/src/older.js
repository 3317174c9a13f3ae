/** What the libraries ask of a browser and phones of 2020 lack; it must be imported before them. */
const asked = /** @type {{hasOwn?: (value: object, name: PropertyKey) => boolean}} */ (Object);
asked.hasOwn ??= (value, name) => Object.prototype.hasOwnProperty.call(value, name);
