import type { EventType } from './event-schemas.ts';

/** What the key of a type of event is: events with one key keep their order. */
export const eventKeys: Readonly<Record<EventType, string>> = {
  'sign_in.succeeded': 'the person (`sub`)',
  'sign_in.failed': 'client id, as it is not known who the person is',
  'sign_in.throttled': 'client id, as it is not known who the person is',
  'session.started': 'the person (`sub`)',
  'session.ended': 'the person (`sub`)',
  'session.logout_undelivered': 'client id, as it may know the person by another name',
  'consent.granted': 'the person (`sub`)',
  'consent.denied': 'the person (`sub`)',
  'consent.withdrawn': 'the person (`sub`)',
  'code.replayed': 'the person (`sub`)',
  'refresh_token.reused': 'the person (`sub`)',
  'grant.revoked': 'the person (`sub`)',
  'client_authentication.failed': 'client id, or `unknown_client` when there is none of that name',
  'key.changed': 'name of the key set',
  'client.changed': 'client id',
  'connector.changed': 'connector id',
  'user.changed': 'the email in lower case',
  'credential.changed': 'credential id',
  'initial_access_token.changed': 'id of the token',
};
