import type { TesseraConfig } from '@tessera/config';

/** The configuration that is used when none is named, and the person in it whom everybody may know. */
export const defaultConfigFile = 'examples/config.yaml';
const samplePerson = { email: 'admin@example.com', password: 'password' };

/** What the block after the start tells. */
export interface Welcome {
  readonly config: Pick<TesseraConfig, 'issuer' | 'connectors'>;
  readonly configFile: string;
  /** Address of the example application; undefined when it does not run. */
  readonly applicationUrl: string | undefined;
  /** What runs, e.g. `Tessera is running in one process.` */
  readonly headline: string;
  /** Further rows. */
  readonly rows?: readonly (readonly [label: string, text: string])[];
  /** Further commands to try, each with what it does. */
  readonly commands?: readonly (readonly [command: string, purpose: string])[];
}

/** The block printed when everything runs: addresses, who can sign in, what to try next. */
export function welcomeText(welcome: Welcome): string {
  const { config, configFile, applicationUrl, headline, rows = [], commands = [] } = welcome;
  const facts = [
    ['Issuer', config.issuer],
    ['Example app', applicationUrl ?? 'not started: no client of the configuration leads to this machine'],
    ['Sign in', signInText(welcome)],
    ...rows,
    ['Configuration', configFile],
  ] as const;
  const steps = [
    ...(applicationUrl === undefined ? [] : [[`open ${applicationUrl}`, 'and press "Sign in"'] as const]),
    [`curl ${config.issuer}/.well-known/openid-configuration`, 'shows what it offers'] as const,
    ...commands,
  ];
  const width = Math.max(...steps.map(([command]) => command.length)) + 2;
  return [
    '',
    `  ${headline}`,
    '',
    ...facts.map(([label, text]) => `  ${label.padEnd(15)}${text}`),
    '',
    '  Try next',
    ...steps.map(([command, purpose]) => `    ${command.padEnd(width)}${purpose}`.trimEnd()),
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}

function signInText({ config, configFile }: Welcome): string {
  if (configFile === defaultConfigFile) return `${samplePerson.email}, password: ${samplePerson.password}`;
  return `with ${config.connectors.map(({ name }) => name).join(', ')}`;
}
