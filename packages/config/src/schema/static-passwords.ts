import * as z from 'zod';
import type { Report } from '../load/report.ts';
import { parsePasswordHash } from '../password-hash.ts';
import type { StaticPasswordConfig } from '../types.ts';
import { flag, nameList, optionalText, requiredText, text } from './fields.ts';
import { type Partially, presentItems } from './partially.ts';

/** One entry of `staticPasswords`. */
export const staticPasswordSchema = z.strictObject({
  email: requiredText('Address the person signs in with; compared without regard to case.'),
  username: text('Name of the account.').default(''),
  name: optionalText('Full name.'),
  preferredUsername: optionalText('Short name the person wants to be called by.'),
  emailVerified: flag('Whether the address is known to be the person’s.', true),
  userID: requiredText('Identifier that never changes.'),
  groups: nameList('Groups of the person.'),
  hash: optionalText('bcrypt hash (cost 10 to 16), base64 of one, or Argon2id PHC string; this or `hashFromEnv`.'),
  hashFromEnv: optionalText('Environment variable that holds the hash; used when `hash` is empty.'),
  claims: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Further standard claims by their names in tokens (OIDC Core §5.1), for example `given_name`.'),
});

/** Claims that other keys say, or that a token says about itself (RFC 7519 §4.1). */
const reservedClaims: ReadonlySet<string> = new Set(
  'iss sub aud exp nbf iat jti azp nonce auth_time acr amr at_hash c_hash sid email email_verified groups name preferred_username federated_claims'.split(
    ' ',
  ),
);

type Password = Partially<z.input<typeof staticPasswordSchema>>;

/** Rules within and between passwords; hashes are filled from the environment before. */
export function checkStaticPasswords(
  passwords: readonly (Password | undefined)[] | undefined,
  isPasswordDbEnabled: boolean,
  report: Report,
): void {
  if ((passwords ?? []).length > 0 && !isPasswordDbEnabled) {
    report.derived(['staticPasswords'], 'need enablePasswordDB: true');
  }
  const seen = new Map<string, number>();
  for (const [index, password] of presentItems(passwords)) {
    const path = ['staticPasswords', index];
    checkHash(password, path, report);
    for (const claim of Object.keys(password.claims ?? {})) {
      if (reservedClaims.has(claim))
        report.derived([...path, 'claims', claim], 'cannot be set here: another key or the token itself says it');
    }
    const email = password.email?.trim().toLowerCase();
    if (email === undefined) continue;
    const earlier = seen.get(email);
    if (email === '') report.derived([...path, 'email'], 'must not be empty');
    else if (earlier === undefined) seen.set(email, index);
    else report.derived([...path, 'email'], `is the same as staticPasswords[${earlier}].email (case does not matter)`);
  }
}

function checkHash(password: Password, path: readonly (string | number)[], report: Report): void {
  if (!password.hash) {
    report.derived([...path, 'hash'], 'is required (or hashFromEnv)');
    return;
  }
  const parsed = parsePasswordHash(password.hash);
  if (!parsed.ok) report.derived([...path, 'hash'], parsed.message);
}

/** The effective password record. */
export function toStaticPasswordConfig(password: z.output<typeof staticPasswordSchema>): StaticPasswordConfig {
  const parsed = parsePasswordHash(password.hash ?? '');
  return {
    email: password.email.trim(),
    username: password.username,
    emailVerified: password.emailVerified,
    userId: password.userID,
    groups: password.groups,
    hash: parsed.ok ? parsed.hash : '',
    claims: password.claims,
    ...(password.name ? { name: password.name } : {}),
    ...(password.preferredUsername ? { preferredUsername: password.preferredUsername } : {}),
  };
}
