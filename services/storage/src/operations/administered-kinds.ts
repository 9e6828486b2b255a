import type { AdministeredKind, AdministeredRecords } from '@tessera/contracts';
import { clientFromJson, clientToJson } from '../codec/client-json.ts';
import { connectorFromJson, connectorToJson } from '../codec/connector-json.ts';
import { credentialFromJson, credentialToJson } from '../codec/credential-json.ts';
import { initialAccessTokenFromJson, initialAccessTokenToJson } from '../codec/initial-access-token-json.ts';
import { userFromJson, userToJson } from '../codec/user-json.ts';
import { invalidInput, MAX_BODY_BYTES } from '../rules/accepted-input.ts';
import { emailKey } from '../rules/password-user.ts';

/** What is particular about a kind of administered records. */
interface AdministeredKindTraits<T> {
  readonly toJson: (value: T) => string;
  readonly fromJson: (json: string) => T;
  readonly idOf: (value: T) => string;
  /** What it may be listed by. */
  readonly ownerOf?: (value: T) => string;
  readonly expiresAtOf?: (value: T) => Date | undefined;
  /** Most bytes of the document. */
  readonly maxBytes: number;
  /** Throws `storage.invalid_record`. */
  readonly check?: (value: T) => void;
}

/** Clients are listed whole to every service that asks, so each is kept short. */
const MAX_CLIENT_BYTES = 64 * 1024;

/** What the number has room for on its way between services. */
const MAX_USES = 2 ** 32 - 1;

/** Every kind of administered records. */
export const administeredKinds: { readonly [K in AdministeredKind]: AdministeredKindTraits<AdministeredRecords[K]> } = {
  client: { toJson: clientToJson, fromJson: clientFromJson, idOf: ({ id }) => id, maxBytes: MAX_CLIENT_BYTES },
  connector: { toJson: connectorToJson, fromJson: connectorFromJson, idOf: ({ id }) => id, maxBytes: MAX_BODY_BYTES },
  user: {
    toJson: (user) => userToJson({ ...user, email: emailKey(user.email) }),
    fromJson: userFromJson,
    idOf: ({ email }) => emailKey(email),
    maxBytes: MAX_BODY_BYTES,
    check({ email, identity }) {
      if (emailKey(identity.email) === emailKey(email)) return;
      throw invalidInput('storage.invalid_record', 'the identity has another email than the person');
    },
  },
  credential: {
    toJson: credentialToJson,
    fromJson: credentialFromJson,
    idOf: ({ id }) => id,
    ownerOf: ({ subject }) => subject,
    maxBytes: MAX_BODY_BYTES,
  },
  initial_access_token: {
    toJson: initialAccessTokenToJson,
    fromJson: initialAccessTokenFromJson,
    idOf: ({ id }) => id,
    expiresAtOf: ({ expiresAt }) => expiresAt,
    maxBytes: MAX_BODY_BYTES,
    check({ remainingUses }) {
      if (Number.isInteger(remainingUses) && remainingUses >= 0 && remainingUses <= MAX_USES) return;
      throw invalidInput('storage.invalid_record', `the uses of a token are a whole number of at most ${MAX_USES}`);
    },
  },
};

/** The id under which a record of a kind is kept: that of a person is the email in lower case. */
export function recordIdOf(kind: AdministeredKind, id: string): string {
  return kind === 'user' ? emailKey(id) : id;
}
