import type { Command } from './command.ts';

/** The commands of `tessera`, in the order the help shows them. */
export const commands: readonly Command[] = [
  {
    name: 'serve',
    usage:
      '--config FILE [--target all|authorize|token|keys|federation|storage|events[,…]] [--http ADDRESS] [--grpc ADDRESS]',
    summary: 'Runs the whole issuer in one process, or the named services of it.',
    load: async () => (await import('../commands/serve.ts')).serve,
  },
  {
    name: 'check-config',
    usage: 'FILE',
    summary: 'Prints the effective configuration, secrets masked, or everything that is wrong with it.',
    load: async () => (await import('../commands/check-config.ts')).checkConfig,
  },
  {
    name: 'config-reference',
    usage: '',
    summary: 'Prints the reference of all configuration keys as markdown.',
    load: async () => (await import('../commands/config-reference.ts')).printConfigReference,
  },
  {
    name: 'event-reference',
    usage: '',
    summary: 'Prints the reference of all security events as markdown.',
    load: async () => (await import('../commands/event-reference.ts')).printEventReference,
  },
  {
    name: 'gateway',
    usage: [
      'nginx --issuer URL [--listen ADDRESS] [--certificates FOLDER [--redirect-from ADDRESS]] [--upstream SERVICE=HOST:PORT,… …] [--resolver ADDRESS] [--behind NETWORK … [--proxy-protocol]] [--limit NAME=PER-SECOND/BURST … | --no-limits] [--connections N] [--exempt NETWORK …] [--access-log FILE] [--probes ADDRESS]',
      'http-route|ingress --issuer URL [--gateway NAME]',
    ],
    summary: 'Prints what a gateway needs to know of the public routes: for nginx, Gateway API or an Ingress.',
    load: async () => (await import('../gateway/gateway-command.ts')).gateway,
  },
  {
    name: 'users',
    usage:
      'add|show|remove --config FILE --email ADDRESS [--name …] [--username …] [--group …] [--user-id …] [--replace]',
    summary: 'Changes the people of the password database; a password is read from standard input.',
    load: async () => (await import('../commands/users.ts')).users,
  },
  {
    name: 'keys',
    usage: [
      'list --config FILE [--json]',
      'rotate --config FILE [--algorithm ALG … | --secrets | --revoke KID …] [--now] [--yes] [--dry-run]',
      'revoke --config FILE --kid KID … | --secret VERSION … [--yes] [--dry-run]',
      'rewrap --config FILE [--dry-run]',
    ],
    summary:
      'Shows the signing keys and secrets, changes them ahead of time, or seals them anew; says first what breaks.',
    load: async () => (await import('../commands/keys.ts')).keys,
  },
  {
    name: 'migrate',
    usage: '--config FILE [--check]',
    summary: 'Brings the schema of the durable store to this version, or says what it lacks.',
    load: async () => (await import('../commands/migrate.ts')).migrate,
  },
  {
    name: 'export',
    usage: '--config FILE --output FILE [--passphrase-file FILE] [--retire]',
    summary: 'Writes the durable store into an encrypted file; with --retire the store refuses changes from then on.',
    load: async () => (await import('../commands/export.ts')).exportStore,
  },
  {
    name: 'import',
    usage: '--config FILE --input FILE [--passphrase-file FILE] [--dry-run]',
    summary: 'Brings such a file into the durable store, whichever database that is; what is there stays as it is.',
    load: async () => (await import('../commands/import.ts')).importStore,
  },
  {
    name: 'reinstate',
    usage: '--config FILE',
    summary: 'Lets a store that was exported with --retire take changes again.',
    load: async () => (await import('../commands/reinstate.ts')).reinstate,
  },
  {
    name: 'version',
    usage: '',
    summary: 'Prints the version.',
    load: async () => (await import('../commands/version.ts')).printVersion,
  },
  {
    name: 'help',
    usage: '',
    summary: 'Prints this.',
    load: async () => (await import('../commands/help.ts')).printHelp,
  },
];
