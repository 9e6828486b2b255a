/** A person (or client) as `sub` names it: the user id is unique within its connector. */
export interface SubjectParts {
  readonly userId: string;
  /** Empty for a client acting for itself. */
  readonly connectorId: string;
}

const USER_ID_FIELD = 1;
const CONNECTOR_ID_FIELD = 2;
/** Protocol buffers' wire type of strings. */
const LENGTH_DELIMITED = 2;

/**
 * The claim `sub` (OIDC Core §2) in Dex's encoding, so that people keep their subject when they come from Dex: base64url
 * without padding of a protocol buffer with the fields user id (1) and connector id (2); empty strings are left out.
 */
export function encodeSubject(userId: string, connectorId: string): string {
  return Buffer.concat([
    ...encodeField(USER_ID_FIELD, userId),
    ...encodeField(CONNECTOR_ID_FIELD, connectorId),
  ]).toString('base64url');
}

/** Takes a `sub` of {@link encodeSubject} apart. Undefined for anything else, including other spellings of the same subject. */
export function decodeSubject(subject: string): SubjectParts | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(subject)) {
    return undefined;
  }
  const bytes = Buffer.from(subject, 'base64url');
  const user = readField(bytes, 0, USER_ID_FIELD);
  const connector = readField(bytes, user.next, CONNECTOR_ID_FIELD);
  if (user.value === undefined || connector.value === undefined) {
    return undefined;
  }
  const isCanonical = encodeSubject(user.value, connector.value) === subject;
  return isCanonical ? { userId: user.value, connectorId: connector.value } : undefined;
}

function encodeField(field: number, value: string): Buffer[] {
  if (value === '') {
    return [];
  }
  const bytes = Buffer.from(value, 'utf8');
  return [Buffer.from([(field << 3) | LENGTH_DELIMITED, ...encodeVarint(bytes.length)]), bytes];
}

function encodeVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** An absent field is the empty string; a broken one has no value. Trailing bytes are caught by encoding again. */
function readField(bytes: Buffer, offset: number, field: number): { value: string | undefined; next: number } {
  if (bytes[offset] !== ((field << 3) | LENGTH_DELIMITED)) {
    return { value: '', next: offset };
  }
  let length = 0;
  let at = offset + 1;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = bytes[at];
    if (byte === undefined) {
      break;
    }
    at += 1;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      const end = at + length;
      return end <= bytes.length
        ? { value: bytes.toString('utf8', at, end), next: end }
        : { value: undefined, next: end };
    }
  }
  return { value: undefined, next: at };
}
