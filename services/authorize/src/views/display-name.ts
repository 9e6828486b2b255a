const MAX_CHARACTERS = 80;
/** What is looked at: enough for characters that are made of many, and a bound for those that never end. */
const MAX_CODE_UNITS = 8 * MAX_CHARACTERS;

/**
 * A name that somebody else chose, fit to be shown: one line, at most 80 characters, without control characters and
 * without the marks that turn the direction of text or hide in it, which can make one name look like another (N71).
 */
export function displayName(name: string): string {
  const visible = name
    .slice(0, MAX_CODE_UNITS)
    .replace(/[\p{Zs}\p{Zl}\p{Zp}\t\n\r]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cs}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]/gu, '')
    .trim();
  const characters = Array.from(new Intl.Segmenter().segment(visible), (part) => part.segment);
  return characters.length <= MAX_CHARACTERS && name.length <= MAX_CODE_UNITS
    ? visible
    : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
