import type { User } from '@tessera/contracts';

/** A stored person as JSON. The email is the id of the record and stands here too. */
export function userToJson({ email, identity, passwordHash, isEnabled }: User): string {
  return JSON.stringify({ email, identity, passwordHash, isEnabled });
}

/** The stored person of their JSON. */
export function userFromJson(json: string): User {
  const { email, identity, passwordHash, isEnabled } = JSON.parse(json) as Omit<User, 'isStatic'>;
  return { email, identity, passwordHash, isEnabled, isStatic: false };
}
