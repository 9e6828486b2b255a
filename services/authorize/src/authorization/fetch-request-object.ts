import { type EgressClient, EgressError } from '@tessera/egress';
import { MAX_JWS_LENGTH } from '@tessera/oauth';

/** RFC 9101 §5.2.3; older clients serve the types of JWS and JWT (OIDC Core §6.2). */
const MEDIA_TYPES: readonly string[] = ['application/oauth-authz-req+jwt', 'application/jwt', 'application/jose'];

/** A person waits in front of the browser. */
const TIMEOUT_MS = 3_000;

/** What became of a fetch: the request object, or why there is none, fit for a log line. */
export type FetchedRequestObject =
  | { readonly ok: true; readonly requestObject: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Fetches a request object from a registered address (RFC 9101 §5.2, OIDC Core §6.2), whose fragment only tells versions
 * apart and is not sent. One try, no redirects, at most `MAX_JWS_LENGTH` bytes in 3 s; what addresses are reached is the
 * egress client's to decide (N45).
 */
export async function fetchRequestObject(egress: EgressClient, requestUri: string): Promise<FetchedRequestObject> {
  const [url = ''] = requestUri.split('#', 1);
  try {
    const headers = { accept: MEDIA_TYPES.join(', ') };
    const { status, mediaType, text } = await egress.send({
      url,
      headers,
      maxBytes: MAX_JWS_LENGTH,
      timeoutMs: TIMEOUT_MS,
    });
    if (status !== 200) return { ok: false, reason: `status ${status}` };
    if (!MEDIA_TYPES.includes(mediaType)) return { ok: false, reason: 'another media type' };
    return { ok: true, requestObject: text.trim() };
  } catch (thrown) {
    if (thrown instanceof EgressError) return { ok: false, reason: thrown.message };
    throw thrown;
  }
}
