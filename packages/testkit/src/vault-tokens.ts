import { randomBytes } from 'node:crypto';

/** What a policy of Vault lets a token do. */
export interface VaultRule {
  /** Path below `/v1/`; a `*` at its end stands for anything, `+` for one segment. */
  readonly path: string;
  readonly capabilities: readonly VaultCapability[];
}

/** What can be done at a path. */
export type VaultCapability = 'create' | 'read' | 'update' | 'delete';

/** How a token is made. */
export interface VaultTokenOptions {
  /** Everything that the token may do; what every token may (look itself up, renew itself) is added. Default: everything. */
  readonly rules?: readonly VaultRule[];
  /** Default: it never expires. */
  readonly ttlSeconds?: number;
  /** No renewal goes beyond this age. Default: no bound. */
  readonly maxTtlSeconds?: number;
  /** Default: whether there is a `ttlSeconds`. */
  readonly renewable?: boolean;
  /** Leaves out what every token may. Default false. */
  readonly noDefaultPolicy?: boolean;
}

/** A token as the server keeps it. */
export interface VaultToken {
  readonly id: string;
  readonly rules: readonly VaultRule[] | 'root';
  readonly ttlSeconds: number;
  readonly renewable: boolean;
  readonly lastExpiry: Date | undefined;
  expiresAt: Date | undefined;
}

/** The tokens of a server. */
export interface VaultTokens {
  create(options?: VaultTokenOptions): VaultToken;
  /** Undefined when it is unknown, revoked or expired. */
  find(id: string | undefined): VaultToken | undefined;
  /** Moves the expiry as far as it goes. */
  renew(token: VaultToken): void;
  revoke(id: string): void;
  secondsLeft(token: VaultToken): number;
}

const DEFAULT_RULES: readonly VaultRule[] = [
  { path: 'auth/token/lookup-self', capabilities: ['read'] },
  { path: 'auth/token/renew-self', capabilities: ['update'] },
];

/** The tokens of a server whose time is `now`. */
export function createVaultTokens(now: () => Date): VaultTokens {
  const tokens = new Map<string, VaultToken>();
  const later = (seconds: number): Date => new Date(now().getTime() + seconds * 1000);
  return {
    create(options = {}) {
      const { rules, ttlSeconds = 0, maxTtlSeconds, renewable = ttlSeconds > 0, noDefaultPolicy = false } = options;
      const token: VaultToken = {
        id: `hvs.${randomBytes(24).toString('base64url')}`,
        rules: rules === undefined ? 'root' : [...rules, ...(noDefaultPolicy ? [] : DEFAULT_RULES)],
        ttlSeconds,
        renewable,
        lastExpiry: maxTtlSeconds === undefined ? undefined : later(maxTtlSeconds),
        expiresAt: ttlSeconds === 0 ? undefined : later(ttlSeconds),
      };
      tokens.set(token.id, token);
      return token;
    },
    find(id = '') {
      const token = tokens.get(id);
      return token?.expiresAt !== undefined && token.expiresAt <= now() ? undefined : token;
    },
    renew(token) {
      const wanted = later(token.ttlSeconds);
      token.expiresAt = token.lastExpiry !== undefined && token.lastExpiry < wanted ? token.lastExpiry : wanted;
    },
    revoke: (id) => void tokens.delete(id),
    secondsLeft: ({ expiresAt }) =>
      expiresAt === undefined ? 0 : Math.floor((expiresAt.getTime() - now().getTime()) / 1000),
  };
}

/** Whether a token may do something at a path. */
export function mayDo({ rules }: VaultToken, path: string, capability: VaultCapability): boolean {
  if (rules === 'root') return true;
  return rules.some((rule) => rule.capabilities.includes(capability) && matches(rule.path, path));
}

function matches(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith('*');
  const wanted = (isPrefix ? pattern.slice(0, -1) : pattern).split('/');
  const given = path.split('/');
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, index) => {
    const isLast = index === wanted.length - 1;
    return segment === '+' || segment === given[index] || (isPrefix && isLast && given[index]?.startsWith(segment));
  });
}
