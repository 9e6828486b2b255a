import type { EgressClient } from '../../egress/client.ts';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { UpstreamMetadata } from './discovery.ts';
import { askUpstreamFor200 } from './upstream-answer.ts';

/** The claims of the userinfo endpoint; `sub` must be the person's (OIDC Core §5.3.2 and §5.3.4). */
export async function requestUserinfo(
  { metadata, client }: { readonly metadata: UpstreamMetadata; readonly client: EgressClient },
  { accessToken, subject }: { readonly accessToken: string; readonly subject: string },
): Promise<Readonly<Record<string, unknown>>> {
  const { userinfoEndpoint: url } = metadata;
  if (url === undefined) throw upstreamMisconfigured(`${metadata.issuer} has no userinfo endpoint`);
  const headers = { authorization: `Bearer ${accessToken}` };
  const claims = await askUpstreamFor200(client, { url, headers }, 'userinfo endpoint');
  if (claims['sub'] !== subject) throw signInError('invalidCallback', 'userinfo is about somebody else');
  return claims;
}
