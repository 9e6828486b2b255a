/** A block with the name of the file a secret came from, in the place of the secret; as it is where there is no file. */
export function sourceOf(block: object, secret: string): Record<string, unknown> {
  const { [secret]: value, ...rest } = block as Record<string, unknown>;
  const isFromFile = rest[`${secret}File`] !== undefined;
  return isFromFile || value === undefined ? rest : { [secret]: value, ...rest };
}
