/** The claims of a person, by their names. */
export type Claims = Readonly<Record<string, unknown>>;

/** Which claim to read. */
export interface ClaimChoice {
  readonly name: string;
  /** Name in `claimMapping`. */
  readonly mapped: string | undefined;
  /** Whether `mapped` is read even if the usual claim is there. */
  readonly isOverriding: boolean;
  readonly isUsable: (value: unknown) => boolean;
}

/** The usual claim, or the mapped one where the usual one is missing or overridden; and the name it was read by. */
export function preferredClaim(
  claims: Claims,
  choice: ClaimChoice,
): { readonly name: string; readonly value: unknown } {
  const { name, mapped, isOverriding, isUsable } = choice;
  const usesMapped = mapped !== undefined && mapped !== '' && (isOverriding || !isUsable(claims[name]));
  const read = usesMapped ? mapped : name;
  return { name: read, value: claims[read] };
}
