import type { TesseraConfig } from '@tessera/config';
import { configFileArgument, parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import { parseListenAddress } from '../compose/listen-address.ts';
import { parseTargets, type Targets } from '../compose/targets.ts';
import { processLogger, processTracing } from '../process/process-logger.ts';
import { runUntilSignal } from '../process/run-until-signal.ts';
import { startTessera } from '../process/start-tessera.ts';

const options = {
  config: { type: 'string' },
  target: { type: 'string', default: 'all' },
  issuer: { type: 'string' },
  http: { type: 'string' },
  https: { type: 'string' },
  grpc: { type: 'string' },
  'log-level': { type: 'string' },
  'log-format': { type: 'string' },
  // As Dex spells them.
  'web-http-addr': { type: 'string' },
  'web-https-addr': { type: 'string' },
  'telemetry-addr': { type: 'string' },
} as const;

/** `tessera serve`: runs until SIGINT or SIGTERM. */
export const serve: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, options);
  const fileName = configFileArgument(values.config, positionals);
  const targets = parseTargets(values.target);
  for (const name of ['http', 'grpc'] as const) assertAddress(name, values[name]);
  if (targets.isWhole && values.grpc !== undefined) throw usageFailure('--grpc is for separate services');
  const webHttp = values['web-http-addr'] ?? (targets.isWhole ? values.http : undefined);
  const { config, warnings } = loadConfiguration(fileName, terminal.env, {
    secretsOf: targets.services,
    ...given('issuer', values.issuer),
    ...given('webHttp', webHttp),
    ...given('webHttps', values['web-https-addr'] ?? values.https),
    ...given('telemetryHttp', values['telemetry-addr']),
    ...given('logLevel', values['log-level']),
    ...given('logFormat', values['log-format']),
  });
  const logger = processLogger(config, targets.name);
  for (const warning of warnings) logger.warn({}, warning);
  const tracing = await processTracing(config, terminal.env, targets.name);
  const code = await runUntilSignal({
    terminal,
    logger,
    shutdown: config.shutdown,
    start: () => startTessera({ config, fileName, targets, listen: { http: values.http, grpc: values.grpc }, logger }),
    async started(running) {
      await running.ready;
      const open = running.listeners.map(({ what, address, port }) => `${what} on ${withPort(address, port)}`);
      logger.info({ issuer: config.issuer, listeners: open }, 'ready');
      const said = `${targets.name} is ready for ${config.issuer}${open.length === 0 ? '' : `: ${open.join(', ')}`}`;
      if (eventsOnOutput(config, targets)) terminal.err(said);
      else terminal.out(said);
    },
  });
  await tracing.close();
  return code;
};

/** Whether the standard output belongs to events, one JSON object a line, so that nothing else may stand there. */
function eventsOnOutput({ events }: TesseraConfig, { services }: Targets): boolean {
  return events?.type === 'stdout' && services.includes('events');
}

function assertAddress(flag: string, value: string | undefined): void {
  if (value !== undefined && parseListenAddress(value) === undefined) {
    throw usageFailure(`--${flag} needs an address to listen on such as 127.0.0.1:5556, not ${JSON.stringify(value)}`);
  }
}

function given<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function withPort(address: string, port: number): string {
  return address.replace(/:\d+$/, `:${port}`);
}
