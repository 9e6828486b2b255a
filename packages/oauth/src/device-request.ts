/** What a device asks for (RFC 8628 §3.1), as it is kept with its request until a person decides. */
export interface DeviceRequestPayload {
  readonly scopes: readonly string[];
  /** Resource indicators (RFC 8707 §2). */
  readonly resources: readonly string[];
  /** The device has to prove itself with the verifier when it redeems (RFC 7636). */
  readonly pkce?: { readonly challenge: string; readonly method: 'S256' | 'plain' };
}

/** Version of the encoding. */
const FORMAT = 1;

/** A payload as storage keeps it. */
export function encodeDeviceRequest(payload: DeviceRequestPayload): Uint8Array {
  const { scopes, resources, pkce } = payload;
  return Buffer.from(JSON.stringify({ format: FORMAT, scopes, resources, ...(pkce !== undefined && { pkce }) }));
}

/** The payload of {@link encodeDeviceRequest}; undefined for anything else, another version included. Never throws. */
export function decodeDeviceRequest(bytes: Uint8Array): DeviceRequestPayload | undefined {
  const read = parseJson(Buffer.from(bytes).toString('utf8'));
  if (typeof read !== 'object' || read === null) return undefined;
  const { format, scopes, resources, pkce } = read as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || !isTexts(scopes) || !isTexts(resources)) return undefined;
  if (pkce === undefined) return { scopes, resources };
  return isChallenge(pkce) ? { scopes, resources, pkce } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isChallenge(value: unknown): value is NonNullable<DeviceRequestPayload['pkce']> {
  if (typeof value !== 'object' || value === null) return false;
  const { challenge, method } = value as Readonly<Record<string, unknown>>;
  return typeof challenge === 'string' && (method === 'S256' || method === 'plain');
}
