import { hash } from '@node-rs/argon2';

/** 19 MiB, two passes, one lane: the first choice of the OWASP password storage recommendations. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes a password with Argon2id into a PHC string (RFC 9106). */
export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}
