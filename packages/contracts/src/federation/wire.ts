import {
  type Authentication as AuthenticationMessage,
  ConnectorKind as ConnectorKindMessage,
  type Connector as ConnectorMessage,
  FederationServiceService,
} from '@tessera/proto/tessera/federation/v1/federation';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { identityFromWire, identityToWire } from '../identity-wire.ts';
import { optionalText, required } from '../outcome-wire.ts';
import type { Authentication, ConnectorDescription, Federation } from './federation.ts';

function connectorToWire(connector: ConnectorDescription): ConnectorMessage {
  return {
    ...connector,
    kind: connector.kind === 'password' ? ConnectorKindMessage.PASSWORD : ConnectorKindMessage.CALLBACK,
    grantTypes: [...connector.grantTypes],
  };
}

/** A kind that a newer peer knows and we do not is taken for a visit to the upstream: no form of ours asks for it. */
function connectorFromWire(message: ConnectorMessage): ConnectorDescription {
  return { ...message, kind: message.kind === ConnectorKindMessage.PASSWORD ? 'password' : 'callback' };
}

function authenticationToWire(authentication: Authentication): AuthenticationMessage {
  return {
    identity: identityToWire(authentication.identity),
    connectorData: Buffer.from(authentication.connectorData),
  };
}

function authenticationFromWire(message: AuthenticationMessage): Authentication {
  return {
    identity: identityFromWire(required(message.identity, 'identity')),
    connectorData: message.connectorData,
  };
}

/** The federation service of another process. Upstreams may be slow, so its deadline is its own. */
export function federationClient(channel: RpcChannel, deadlineMs: number): Federation {
  const client = createRpcClient({
    definition: FederationServiceService,
    channel,
    idempotent: ['listConnectors'],
    deadlineMs,
  });
  return {
    async listConnectors() {
      return (await client.listConnectors({})).connectors.map(connectorFromWire);
    },
    async login(request) {
      return authenticationFromWire(await client.login({ ...request, scopes: [...request.scopes] }));
    },
    async beginCallback(request) {
      return client.beginCallback({
        ...request,
        scopes: [...request.scopes],
        loginHint: request.loginHint ?? '',
        needsFreshSignIn: request.needsFreshSignIn ?? false,
      });
    },
    async completeCallback(request) {
      const { scopes, connectorData, ...rest } = request;
      return authenticationFromWire(
        await client.completeCallback({ ...rest, scopes: [...scopes], connectorData: Buffer.from(connectorData) }),
      );
    },
    async refresh(request) {
      return authenticationFromWire(
        await client.refresh({
          connectorId: request.connectorId,
          identity: identityToWire(request.identity),
          connectorData: Buffer.from(request.connectorData),
          scopes: [...request.scopes],
        }),
      );
    },
    async exchangeToken(request) {
      return authenticationFromWire(await client.exchangeToken(request));
    },
    async beginLogout({ connectorData, ...request }) {
      const { redirectUrl } = await client.beginLogout({ ...request, connectorData: Buffer.from(connectorData) });
      return redirectUrl === '' ? undefined : redirectUrl;
    },
  };
}

/**
 * Offers a federation implementation: signing in and out at an upstream to `authorize`, looking up again and upstreams'
 * tokens to `token`, passwords to both (the grant `password`, RFC 6749 §4.3).
 */
export function federationBinding(federation: Federation): RpcBinding {
  return bindRpc({
    definition: FederationServiceService,
    allowedCallers: ['authorize', 'token'],
    methodCallers: {
      login: ['authorize', 'token'],
      beginCallback: ['authorize'],
      completeCallback: ['authorize'],
      refresh: ['authorize', 'token'],
      exchangeToken: ['token'],
      beginLogout: ['authorize'],
    },
    methods: {
      async listConnectors() {
        return { connectors: (await federation.listConnectors()).map(connectorToWire) };
      },
      async login(request) {
        return authenticationToWire(await federation.login(request));
      },
      async beginCallback({ loginHint, needsFreshSignIn, ...request }) {
        const begun = await federation.beginCallback({
          ...request,
          ...optionalText('loginHint', loginHint),
          ...(needsFreshSignIn ? { needsFreshSignIn } : {}),
        });
        return { redirectUrl: begun.redirectUrl, connectorData: Buffer.from(begun.connectorData) };
      },
      async completeCallback(request) {
        return authenticationToWire(await federation.completeCallback(request));
      },
      async refresh(request) {
        const identity = identityFromWire(required(request.identity, 'identity'));
        return authenticationToWire(await federation.refresh({ ...request, identity }));
      },
      async exchangeToken(request) {
        return authenticationToWire(await federation.exchangeToken(request));
      },
      async beginLogout(request) {
        return { redirectUrl: (await federation.beginLogout(request)) ?? '' };
      },
    },
  });
}
