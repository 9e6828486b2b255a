import type { ConnectorConfig } from '@tessera/config';
import type { Authentication, ConnectorDescription, Federation } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { callDeadlineMs } from '@tessera/rpc';
import { createRequestId, currentContext, type Logger, runInContext, withSpan } from '@tessera/telemetry';
import type { ConnectorDataSealer } from './connector-data.ts';
import type { Connector, ConnectorAnswer } from './connectors/connector.ts';
import { signInError } from './sign-in-errors.ts';

/** A connector and its entry in the configuration. */
export interface ConfiguredConnector {
  readonly config: Pick<ConnectorConfig, 'id' | 'type' | 'name' | 'grantTypes'>;
  readonly connector: Connector;
}

/** What the federation is made of. */
export interface FederationOptions {
  /** In the order people see them. */
  readonly connectors: readonly ConfiguredConnector[];
  readonly sealer: ConnectorDataSealer;
  readonly logger: Logger;
}

/** An upstream call with all its steps takes no longer, whatever the caller would allow. */
const LONGEST_CALL_MS = 15_000;

/** Signs people in by the configured connectors. Every call leaves one log line with its outcome. */
export function createFederation({ connectors, sealer, logger }: FederationOptions): Federation {
  const byId = new Map(connectors.map((entry) => [entry.config.id, entry]));
  const getEntry = (id: string): ConfiguredConnector => {
    const entry = byId.get(id);
    if (entry === undefined) throw signInError('unknownConnector', 'there is no connector with this id');
    return entry;
  };
  const observe = createObserver(logger);
  const sealAnswer = ({ identity, data }: ConnectorAnswer, connectorId: string): Authentication => ({
    identity,
    connectorData: sealer.seal(data, { phase: 'refresh', connectorId }),
  });

  return {
    async listConnectors() {
      return connectors.map(describe);
    },
    login: ({ connectorId, ...request }) =>
      observe('login', connectorId, async () => {
        const { signIn } = getEntry(connectorId).connector;
        if (signIn.kind !== 'password') throw notSupported('passwords');
        return sealAnswer(await signIn.login(request), connectorId);
      }),
    beginCallback: ({ connectorId, ...request }) =>
      observe('begin', connectorId, async () => {
        const { signIn } = getEntry(connectorId).connector;
        if (signIn.kind !== 'callback') throw notSupported('a visit to an upstream');
        const { redirectUrl, data } = await signIn.begin(request);
        const place = { phase: 'begin', connectorId, state: request.state } as const;
        return { redirectUrl, connectorData: sealer.seal(data, place) };
      }),
    completeCallback: ({ connectorId, connectorData, ...request }) =>
      observe('complete', connectorId, async () => {
        const { signIn } = getEntry(connectorId).connector;
        if (signIn.kind !== 'callback') throw notSupported('a visit to an upstream');
        const data = sealer.open(connectorData, { phase: 'begin', connectorId, state: request.state });
        if (data === undefined) throw signInError('invalidCallback', 'the state of this sign-in cannot be opened');
        return sealAnswer(await signIn.complete({ ...request, data }), connectorId);
      }),
    refresh: ({ connectorId, connectorData, ...request }) =>
      observe('refresh', connectorId, async () => {
        const { refresher } = getEntry(connectorId).connector;
        if (refresher === undefined) throw notSupported('refreshing');
        const data = sealer.open(connectorData, { phase: 'refresh', connectorId });
        if (data === undefined) throw signInError('userGone', 'what was kept of this sign-in cannot be opened');
        return sealAnswer(await refresher.refresh({ ...request, data }), connectorId);
      }),
    exchangeToken: ({ connectorId, ...request }) =>
      observe('exchange', connectorId, async () => {
        const { exchanger } = getEntry(connectorId).connector;
        if (exchanger === undefined) throw signInError('unsupportedExchange', 'this connector takes no tokens');
        return sealAnswer(await exchanger.exchange(request), connectorId);
      }),
    beginLogout: ({ connectorId, connectorData, ...request }) =>
      observe('logout', connectorId, async () => {
        const { logout } = getEntry(connectorId).connector;
        // What cannot be opened gives nobody anything here; without it the upstream asks the person.
        const data = sealer.open(connectorData, { phase: 'refresh', connectorId }) ?? '';
        return logout?.beginLogout({ ...request, data });
      }),
  };
}

function describe({ config, connector }: ConfiguredConnector): ConnectorDescription {
  const { signIn, refresher, refreshesUpstream } = connector;
  return {
    id: config.id,
    type: config.type,
    name: config.name,
    kind: signIn.kind,
    usernamePrompt: signIn.kind === 'password' ? signIn.prompt : '',
    canRefresh: refresher !== undefined,
    refreshesUpstream,
    grantTypes: config.grantTypes,
  };
}

type Step = 'login' | 'begin' | 'complete' | 'refresh' | 'exchange' | 'logout';

/** Runs a step within the time limit, in a span, and logs how it ended. */
function createObserver(logger: Logger): <T>(step: Step, connectorId: string, work: () => Promise<T>) => Promise<T> {
  return (step, connectorId, work) => {
    const context = currentContext() ?? { requestId: createRequestId() };
    const attributes = { 'tessera.connector_id': connectorId };
    return runInContext({ ...context, deadlineMs: callDeadlineMs(LONGEST_CALL_MS) }, () =>
      withSpan({ name: `federation.${step}`, role: 'internal', attributes }, async () => {
        const fields = { connector_id: connectorId, step };
        try {
          const result = await work();
          logger.info({ ...fields, outcome: 'success' }, 'sign-in step');
          return result;
        } catch (thrown) {
          const error = TesseraError.from(thrown);
          logFailure(logger, fields, error);
          throw error;
        }
      }),
    );
  };
}

function logFailure(logger: Logger, step: { readonly connector_id: string; readonly step: Step }, error: TesseraError) {
  const fields = { ...step, outcome: error.code, reason: error.message };
  if (error.kind === 'internal') logger.error({ ...fields, err: error }, 'sign-in step');
  else if (error.cause !== undefined) logger.warn({ ...fields, err: error.cause }, 'sign-in step');
  else if (error.kind === 'conflict' || error.kind === 'unavailable') logger.warn(fields, 'sign-in step');
  else logger.info(fields, 'sign-in step');
}

function notSupported(what: string): TesseraError {
  return new TesseraError({
    kind: 'invalid_argument',
    code: 'federation.not_supported',
    message: `this connector does not sign in by ${what}`,
  });
}
