import * as z from 'zod';

const clientId = z.string().min(1).describe('Client the person signs in to.');
const consentClientId = clientId.describe('Client the person was asked for.');
const connectorId = z.string().min(1).describe('Connector the person signs in with.');
const scopes = z.array(z.string().min(1)).readonly().describe('Scopes that were asked for.');
const sessionId = z.string().min(1).describe('Session of the person in one browser.');
const grantId = z.string().min(1).describe('Grant: one sign-in at one client, with the tokens that come of it.');

/** A short word that storage was given; new ones may come. */
function reasonWord(examples: string): z.ZodString {
  return z.string().min(1).describe(`Why, as a short word: ${examples}, …`);
}

const revokedGrant = {
  grantId,
  clientId: clientId.describe('Client the grant was given to.'),
  connectorId: connectorId.describe('Connector the person had signed in with.'),
  reason: reasonWord('`code_replayed`, `reused`, `client_request`, `user_gone`, `administrator`'),
  sessionId: sessionId.optional().describe('Session the grant comes of; absent when there is none.'),
};

const administered = {
  change: z
    .enum(['created', 'updated', 'replaced', 'deleted', 'used'])
    .describe('What was done: `replaced` whatever stood there before, `used` = one use of a limited number was taken.'),
  actor: z.string().describe('Who did it, as the service that was asked names them; empty when nobody is named.'),
};

function administeredId(what: string): z.ZodString {
  return z.string().min(1).describe(`Id of the ${what}.`);
}

/**
 * The data of each type of event. Objects are strict: no other field is ever there. No field holds a secret, a token, a
 * password, or a name that was typed into a form and is nobody's.
 */
export const eventSchemas = {
  'sign_in.succeeded': z
    .strictObject({
      connectorId,
      clientId,
      userId: z.string().min(1).optional().describe("The person's id at the connector."),
      methods: z
        .array(z.string().min(1))
        .readonly()
        .optional()
        .describe('How they proved themselves, as RFC 8176 §2 names it; absent when the connector does not tell.'),
    })
    .describe('A person proved who they are. Written before the sign-in goes on.'),
  'sign_in.failed': z
    .strictObject({
      connectorId,
      clientId,
      reason: z
        .enum([
          'invalid_credentials',
          'user_ambiguous',
          'no_user_id',
          'not_in_required_groups',
          'upstream_refused',
          'invalid_callback',
        ])
        .describe(
          'Why: `invalid_credentials` = the name or the password is wrong, `user_ambiguous` = the name fits several people, `no_user_id` = the connector told no id of the person, `not_in_required_groups` = a person, but in none of the groups the configuration asks for, `upstream_refused` = the upstream or the person there refused, `invalid_callback` = what came back from the upstream is not an answer to what was asked.',
        ),
    })
    .describe(
      'A sign-in was refused. Failures of Tessera or of the network are none. Best effort: when very many happen at once, some are only counted.',
    ),
  'sign_in.throttled': z
    .strictObject({
      connectorId,
      clientId,
      retryAfterSeconds: z.int().min(0).describe('How long further attempts are refused, in seconds.'),
    })
    .describe(
      'There are too many attempts, of one person or of all: this one was refused without being looked at. Best effort.',
    ),
  'session.started': z
    .strictObject({ sessionId, connectorId })
    .describe('A person has a session in a browser. Written with the session.'),
  'session.ended': z
    .strictObject({ sessionId, connectorId, reason: reasonWord('`logout`, `expired`, `administrator`') })
    .describe('The session was ended. Written with its end.'),
  'session.logout_undelivered': z
    .strictObject({
      clientId: clientId.describe('Client that was to be told that a session ended.'),
      sessionId: sessionId.optional().describe('Session that ended; absent when the client is told of persons only.'),
      reason: z
        .enum(['refused', 'unreachable'])
        .describe(
          'Why: `refused` = the client answered that it does not take what it was sent, `unreachable` = it gave no good answer for a day.',
        ),
      attempts: z.int().min(1).describe('How often it was tried.'),
    })
    .describe(
      'A client was not told that a session ended, and will not be any more (OpenID Connect Back-Channel Logout 1.0 §2.5). Best effort.',
    ),
  'consent.granted': z
    .strictObject({
      clientId: consentClientId,
      scopes: scopes.describe('Scopes the person agreed to.'),
      expiresAt: z.iso
        .datetime()
        .optional()
        .describe('When the consent ends (RFC 3339, UTC); absent = when it is withdrawn.'),
    })
    .describe('A person was asked and let a client have what it wants. Written before the client is answered.'),
  'consent.denied': z
    .strictObject({ clientId: consentClientId, scopes })
    .describe('A person refused what a client asks for. Best effort.'),
  'consent.withdrawn': z
    .strictObject({ clientId: consentClientId })
    .describe('A consent that was kept was taken back. Written with its removal.'),
  'code.replayed': z
    .strictObject(revokedGrant)
    .describe(
      'A code was presented again, and the grant of the first time was revoked (RFC 6749 §4.1.2). Written with the revocation.',
    ),
  'refresh_token.reused': z
    .strictObject(revokedGrant)
    .describe(
      'A refresh token that had been replaced was presented again, and its family was revoked (RFC 9700 §4.14.2). Written with the revocation.',
    ),
  'grant.revoked': z
    .strictObject(revokedGrant)
    .describe('A grant was revoked for another reason. Written with the revocation.'),
  'client_authentication.failed': z
    .strictObject({
      clientId: clientId
        .optional()
        .describe(
          'Client that was named; absent when there is none of that name, since what was sent may be anything.',
        ),
      method: z
        .string()
        .min(1)
        .describe(
          'Way the client authenticated: `client_secret_basic`, `client_secret_post`, `client_secret_jwt`, `private_key_jwt`, `none`, or `unsupported` for whatever else.',
        ),
      reason: z
        .enum(['malformed', 'unknown_client', 'wrong_secret', 'disabled', 'public_client'])
        .describe(
          'Why: `malformed` = the credentials cannot be read, `disabled` = the client may not do anything, `public_client` = the endpoint is for clients that can keep a secret.',
        ),
    })
    .describe('A client did not prove who it is (RFC 6749 §2.3). Best effort.'),
  'key.changed': z
    .strictObject({
      keySet: z.string().min(1).describe('Key set the key is in.'),
      kid: z.string().min(1).describe('Id of the key, as in the JWKS.'),
      algorithm: z
        .string()
        .min(1)
        .describe(
          'What it is for: a JWS algorithm (RFC 7518 §3.1) such as `RS256`; of a key that others are derived from, how.',
        ),
      change: z
        .enum(['created', 'activated', 'retired', 'removed'])
        .describe(
          '`created` = made and published, `activated` = signs from now on, `retired` = signs no more, `removed` = gone from the JWKS.',
        ),
      reason: z
        .enum(['rotated', 'revoked', 'signer_changed'])
        .optional()
        .describe(
          'Why it came before its time: `rotated` and `revoked` by order of an operator, `signer_changed` = its signer is not configured any more. Left out when its time had come.',
        ),
    })
    .describe('A key went a step in its life. Written with the key set.'),
  'client.changed': z
    .strictObject({ id: administeredId('client'), ...administered })
    .describe('A stored client was changed. Written with the change.'),
  'connector.changed': z
    .strictObject({ id: administeredId('connector'), ...administered })
    .describe('A stored connector was changed. Written with the change.'),
  'user.changed': z
    .strictObject({ id: administeredId('person: the email in lower case'), ...administered })
    .describe('A person of the password database was changed. Written with the change.'),
  'credential.changed': z
    .strictObject({ id: administeredId('credential'), ...administered })
    .describe('Something a person proves themselves with was changed. Written with the change.'),
  'initial_access_token.changed': z
    .strictObject({ id: administeredId('initial access token, which is not the token itself'), ...administered })
    .describe('A token that lets its bearer register clients was changed or used. Written with the change.'),
} as const satisfies Readonly<Record<string, z.ZodObject>>;

/** A type of event. */
export type EventType = keyof typeof eventSchemas;

/** The data of a type of event. */
export type EventData<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;

/** All types of events. */
export const eventTypes = Object.keys(eventSchemas) as readonly EventType[];
