/** How the application is set up. Everything else it learns from the issuer's discovery document. */
export interface RelyingPartyOptions {
  /** Issuer identifier; its discovery document lies below it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret?: string;
  /** `host:port` to listen on; port 0 takes a free one. Default `127.0.0.1:5555`. */
  readonly listen?: string;
  /** Where the issuer sends the browser back to; by default `/callback` of the address listened on. */
  readonly redirectUri?: string;
}

/** Default address of the application. */
export const DEFAULT_LISTEN = '127.0.0.1:5555';

/** The client of `examples/config.yaml`. */
const sample = {
  ISSUER: 'http://127.0.0.1:5556/dex',
  CLIENT_ID: 'example-app',
  CLIENT_SECRET: 'ZXhhbXBsZS1hcHAtc2VjcmV0',
  LISTEN: DEFAULT_LISTEN,
  REDIRECT_URI: '',
} as const;

type Name = keyof typeof sample;

/**
 * The options of a command line: `NAME=value` arguments, else environment variables, else the client of
 * `examples/config.yaml`. Names are ISSUER, CLIENT_ID, CLIENT_SECRET, LISTEN and REDIRECT_URI; an empty CLIENT_SECRET
 * makes a public client. Throws Error for an argument that is none of them.
 */
export function optionsFrom(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RelyingPartyOptions {
  const given: Partial<Record<string, string>> = {};
  for (const arg of args) {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/s.exec(arg) ?? [];
    if (!Object.hasOwn(sample, name)) {
      throw new Error(`Not understood: ${arg}. Arguments are ${Object.keys(sample).join('=…, ')}=…`);
    }
    given[name] = value;
  }
  const read = (name: Name): string => given[name] ?? env[name] ?? sample[name];
  return {
    issuer: read('ISSUER'),
    clientId: read('CLIENT_ID'),
    listen: read('LISTEN'),
    ...(read('CLIENT_SECRET') === '' ? {} : { clientSecret: read('CLIENT_SECRET') }),
    ...(read('REDIRECT_URI') === '' ? {} : { redirectUri: read('REDIRECT_URI') }),
  };
}
