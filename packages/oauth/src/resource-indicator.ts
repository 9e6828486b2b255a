/** Longest resource indicator that is looked at, in characters. */
export const MAX_RESOURCE_INDICATOR_LENGTH = 512;

/**
 * Whether a text can be a resource indicator (RFC 8707 §2): an absolute URI without a fragment, of at most 512 characters.
 * Which of them name something is the resource model's to say.
 */
export function isResourceIndicator(text: string): boolean {
  return text.length <= MAX_RESOURCE_INDICATOR_LENGTH && !text.includes('#') && URL.canParse(text);
}
