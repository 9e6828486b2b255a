import { STANDARD_CLAIMS } from './standard-scopes.ts';

/**
 * Every claim a userinfo answer may have without configuration (OIDC Core §5.4), for the metadata's `claims_supported`. Each is
 * read in its proper type by `personClaim` (OIDC Core §5.1), but `sub`, which is the issuer's to say.
 */
export const USERINFO_CLAIMS: readonly string[] = [...new Set([...STANDARD_CLAIMS.values()].flat())];
