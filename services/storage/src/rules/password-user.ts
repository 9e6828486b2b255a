import type { Authorization, User } from '@tessera/contracts';

/** Connector id of the password database, as in Dex. */
const PASSWORD_CONNECTOR_ID = 'local';

/** The form in which emails are compared and kept. */
export function emailKey(email: string): string {
  return email.toLowerCase();
}

/** Key of the person in the password database an authorization is about; undefined when another connector knows them. */
export function passwordUserEmail(authorization: Pick<Authorization, 'connectorId' | 'identity'>): string | undefined {
  return authorization.connectorId === PASSWORD_CONNECTOR_ID ? emailKey(authorization.identity.email) : undefined;
}

/** Whether a person of the password database still is who an authorization is about: there, enabled, the same user id. */
export function isSamePerson(user: User | undefined, authorization: Pick<Authorization, 'identity'>): user is User {
  return user?.isEnabled === true && user.identity.userId === authorization.identity.userId;
}
