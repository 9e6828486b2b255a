/** Where the system under test stands, and the servers around it. */
export interface SystemAddresses {
  readonly issuer: string;
  readonly ldapPort: number;
  readonly upstreamIssuer: string;
}

/** Where the test clients get their answers. Nothing listens there: the tests stop at the redirect. */
export const CALLBACK = 'http://127.0.0.1:5555/callback';

/** Where the example application has the browser sent after a sign-out. Nothing listens there either. */
export const SIGNED_OUT = 'http://127.0.0.1:5555/signed-out';

/** A confidential client, as the examples have it. */
export const APP = { id: 'example-app', secret: 'ZXhhbXBsZS1hcHAtc2VjcmV0' } as const;
/** Another confidential client. */
export const OTHER = { id: 'other-app', secret: 'another-secret-of-high-entropy-0123456789' } as const;
/** A public client on a person's own machine. */
export const CLI = { id: 'example-cli' } as const;
/** The upstream provider's client: us. */
export const UPSTREAM_CLIENT = { id: 'tessera', secret: 'upstream-secret-of-high-entropy-0123456789' } as const;

/** A person of the upstream provider. */
export const UPSTREAM_PERSON = {
  login: 'uma',
  subject: 'upstream-0001',
  password: 'uma-password',
  email: 'uma@upstream.example',
  emailVerified: true,
  name: 'Uma Upstream',
  preferredUsername: 'uma',
  groups: ['visitors'],
} as const;

/** The local person every shape knows. */
export const ADMIN = { login: 'admin@example.com', password: 'password' } as const;

/** bcrypt of `password`, cost 10. */
export const PASSWORD_HASH = '$2b$10$DVJ6tTvSOoQoQkglsr3hQeUgNtje4vJSb40iI6CC.3TOjXw1w4SpK';

/** The part of the configuration that both shapes share: people, clients and ways to sign in. */
export function systemConfig({ issuer, ldapPort, upstreamIssuer }: SystemAddresses): Record<string, unknown> {
  return {
    issuer,
    enablePasswordDB: true,
    staticPasswords: [
      {
        email: ADMIN.login,
        hash: PASSWORD_HASH,
        username: 'admin',
        name: 'Ada Admin',
        preferredUsername: 'ada',
        userID: '08a8684b-db88-4b73-90a9-3cd1661f5466',
        groups: ['admins', 'developers'],
        claims: { given_name: 'Ada', family_name: 'Admin', address: { country: 'AT' }, phone_number: '+43 1 234567' },
      },
    ],
    connectors: [
      ldapConnector(ldapPort),
      {
        type: 'oidc',
        id: 'upstream',
        name: 'Upstream',
        config: {
          issuer: upstreamIssuer,
          clientID: UPSTREAM_CLIENT.id,
          clientSecret: UPSTREAM_CLIENT.secret,
          insecureEnableGroups: true,
          scopes: ['profile', 'email', 'groups'],
        },
      },
      { type: 'mockCallback', id: 'mock', name: 'Mock', config: {} },
    ],
    staticClients: [
      {
        id: APP.id,
        secret: APP.secret,
        name: 'Example App',
        redirectURIs: [CALLBACK],
        postLogoutRedirectURIs: [SIGNED_OUT],
      },
      { id: OTHER.id, secret: OTHER.secret, name: 'Other App', redirectURIs: [CALLBACK], trustedPeers: [APP.id] },
      { id: CLI.id, name: 'Example CLI', public: true, redirectURIs: ['http://127.0.0.1/callback'] },
    ],
    expiry: { refreshTokens: { reuseInterval: '3s' } },
    logger: { level: 'info', format: 'json' },
  };
}

/** The directory connector, as the example configuration for OpenLDAP has it. */
function ldapConnector(port: number): Record<string, unknown> {
  return {
    type: 'ldap',
    name: 'OpenLDAP',
    id: 'ldap',
    config: {
      host: `127.0.0.1:${port}`,
      insecureNoSSL: true,
      bindDN: 'cn=admin,dc=example,dc=org',
      bindPW: 'admin',
      usernamePrompt: 'Email Address',
      userSearch: {
        baseDN: 'ou=People,dc=example,dc=org',
        filter: '(objectClass=person)',
        username: 'mail',
        idAttr: 'DN',
        emailAttr: 'mail',
        nameAttr: 'cn',
      },
      groupSearch: {
        baseDN: 'ou=Groups,dc=example,dc=org',
        filter: '(objectClass=groupOfNames)',
        userMatchers: [{ userAttr: 'DN', groupAttr: 'member' }],
        nameAttr: 'cn',
      },
    },
  };
}
