import type { Report } from '../load/report.ts';
import type { ConfigPath } from '../problem.ts';

/** Claims that a token says about itself (RFC 7519 §4.1, OIDC Core §2, RFC 8693 §4.1, RFC 9068 §2.2): nobody may set them. */
const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set(
  'iss sub aud exp iat nbf jti nonce at_hash c_hash s_hash auth_time acr amr azp sid client_id scope cnf act events'.split(
    ' ',
  ),
);

/** Whether a token says this about itself. */
export function isProtocolClaim(name: string): boolean {
  return PROTOCOL_CLAIMS.has(name);
}

/** Names that may be mapped, and expressions that say something; they are compiled when the services start. */
export function checkClaimMappings(
  mappings: Readonly<Record<string, string | undefined>> | undefined,
  path: ConfigPath,
  report: Report,
): void {
  for (const [name, expression] of Object.entries(mappings ?? {})) {
    if (name === '') report.derived([...path, name], 'is a mapping without the name of a claim');
    else if (isProtocolClaim(name)) report.derived([...path, name], 'cannot be mapped: the token itself says it');
    else if (expression?.trim() === '') report.derived([...path, name], 'must not be empty');
  }
}
