import { assertKnownFields, textField, type VaultFields } from './vault-fields.ts';
import { describeVaultKey, type VaultKey, type VaultKeys } from './vault-keys.ts';
import { VaultRefusal } from './vault-refusal.ts';
import { decryptByVault, encryptByVault, rewrapByVault } from './vault-sealing.ts';
import { signByVault } from './vault-signing.ts';
import { mayDo, type VaultCapability, type VaultToken, type VaultTokens } from './vault-tokens.ts';

/** A request that came with a token. */
export interface VaultCall {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/`. */
  readonly path: string;
  readonly fields: VaultFields;
  readonly token: VaultToken;
}

/** What stands behind the paths. */
export interface VaultState {
  readonly mount: string;
  readonly keys: VaultKeys;
  readonly tokens: VaultTokens;
  /** Whether `rotate` answers with the key, as it does since Vault 1.10, or with 204. */
  readonly rotateAnswers: 'key' | 'nothing';
}

/** The members of an answer; undefined = 204. */
export type VaultAnswer = Readonly<Record<string, unknown>> | undefined;

/** Carries a request out. @throws VaultRefusal */
export async function answerVault(state: VaultState, call: VaultCall): Promise<VaultAnswer> {
  const capability: VaultCapability = call.method === 'GET' ? 'read' : 'update';
  if (!mayDo(call.token, call.path, capability)) throw new VaultRefusal(403, 'permission denied');
  if (call.path === 'auth/token/lookup-self' && call.method === 'GET')
    return { data: describeToken(state, call.token) };
  if (call.path === 'auth/token/renew-self' && call.method === 'POST') return { auth: renew(state, call) };
  const prefix = `${state.mount}/`;
  if (!call.path.startsWith(prefix)) throw noRoute(call.path);
  return answerTransit(state, call, call.path.slice(prefix.length).split('/'));
}

async function answerTransit(state: VaultState, call: VaultCall, segments: readonly string[]): Promise<VaultAnswer> {
  const [operation = '', name = '', further] = segments;
  const route = `${call.method} ${operation}${segments.length > 2 ? `/${further}` : ''}`;
  const { fields } = call;
  const key = state.keys.find(name);
  if (segments.length > 3) throw noRoute(call.path);
  switch (route) {
    case 'GET keys':
      if (key === undefined) throw new VaultRefusal(404, 'no such key', { isSilent: true });
      return { data: describeVaultKey(key) };
    case 'POST keys':
      assertKnownFields(fields, ['type']);
      return { data: describeVaultKey(await state.keys.create(name, textField(fields, 'type') ?? 'aes256-gcm96')) };
    case 'POST keys/rotate': {
      assertKnownFields(fields, []);
      const rotated = existing(key, 'key not found');
      await state.keys.rotate(rotated);
      return state.rotateAnswers === 'nothing' ? undefined : { data: describeVaultKey(rotated) };
    }
    case 'POST sign':
      return { data: await signByVault(existing(key, 'signing key not found'), fields) };
    case 'POST encrypt':
      return { data: encryptByVault(existing(key, 'encryption key not found'), fields) };
    case 'POST decrypt':
      return { data: decryptByVault(existing(key, 'encryption key not found'), fields) };
    case 'POST rewrap':
      return { data: rewrapByVault(existing(key, 'encryption key not found'), fields) };
    default:
      throw noRoute(call.path);
  }
}

function existing(key: VaultKey | undefined, message: string): VaultKey {
  if (key === undefined) throw new VaultRefusal(400, message);
  return key;
}

function describeToken({ tokens }: VaultState, token: VaultToken): VaultFields {
  return {
    id: token.id,
    creation_ttl: token.ttlSeconds,
    ttl: tokens.secondsLeft(token),
    expire_time: token.expiresAt?.toISOString() ?? null,
    renewable: token.renewable,
    type: 'service',
  };
}

function renew({ tokens }: VaultState, { token, fields }: VaultCall): VaultFields {
  assertKnownFields(fields, ['increment']);
  if (!token.renewable) throw new VaultRefusal(400, 'lease is not renewable');
  tokens.renew(token);
  return { client_token: token.id, lease_duration: tokens.secondsLeft(token), renewable: token.renewable };
}

function noRoute(path: string): VaultRefusal {
  return new VaultRefusal(404, `no handler for route "${path}". route entry not found.`);
}
