/** A schema that this code does not work on, or one that was changed by hand. The message is the rest of a sentence about the store. */
export class SchemaFault extends Error {
  override readonly name = 'SchemaFault';
}
