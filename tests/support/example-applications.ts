import { CALLBACK } from './system-config.ts';

/** Where the two applications that share a sign-in listen. */
export interface SharedPorts {
  /** Of the one on 127.0.0.1. */
  readonly mail: number;
  /** Of the one on localhost, because cookies do not tell ports apart. */
  readonly wiki: number;
}

/** An application whose people agree to one thing and not to another. */
export const CALENDAR = { id: 'calendar-app', secret: 'calendar-secret-of-high-entropy-0123456789' } as const;
/** An application that shares its sign-in, and is told of sign-outs by a request. */
export const MAIL = { id: 'mail-app', secret: 'mail-app-secret-of-high-entropy-0123456789' } as const;
/** An application that shares its sign-in, and is told of sign-outs in the browser. */
export const WIKI = { id: 'wiki-app', secret: 'wiki-app-secret-of-high-entropy-0123456789' } as const;

/** Where the two listen, as their users see it. */
export function sharedOrigins({ mail, wiki }: SharedPorts): { readonly mail: string; readonly wiki: string } {
  return { mail: `http://127.0.0.1:${mail}`, wiki: `http://localhost:${wiki}` };
}

/** Lays the applications of the browser tests beside the clients of the other tests. */
export function withExampleApplications(
  base: Readonly<Record<string, unknown>>,
  ports: SharedPorts,
): Record<string, unknown> {
  const { mail, wiki } = sharedOrigins(ports);
  const { staticClients } = base;
  return {
    ...base,
    staticClients: [
      ...(Array.isArray(staticClients) ? staticClients : []),
      {
        ...CALENDAR,
        name: 'Calendar',
        display: {
          clientURI: 'https://calendar.example/',
          policyURI: 'https://calendar.example/privacy',
          tosURI: 'https://calendar.example/terms',
        },
        allowedConnectors: ['local'],
        redirectURIs: [CALLBACK],
      },
      { ...MAIL, name: 'Mail', ...shared(mail), backchannelLogoutURI: `${mail}/logout/backchannel` },
      { ...WIKI, name: 'Wiki', ...shared(wiki), logout: { frontchannelURI: `${wiki}/logout/frontchannel` } },
    ],
  };
}

function shared(origin: string): Record<string, unknown> {
  return {
    allowedConnectors: ['local'],
    consent: { required: false },
    redirectURIs: [`${origin}/callback`],
    postLogoutRedirectURIs: [`${origin}/`],
    ssoSharedWith: [MAIL.id, WIKI.id],
  };
}
