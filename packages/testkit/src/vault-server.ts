import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from './certificates.ts';
import { createVaultKeys, type VaultKey, type VaultKeyType } from './vault-keys.ts';
import { createVaultListener, type VaultMood, type VaultRequest, type VaultTampering } from './vault-listener.ts';
import { createVaultTokens, type VaultTokenOptions } from './vault-tokens.ts';

/** How a server is started. */
export interface VaultServerOptions {
  /** Path of the Transit engine. Default `transit`. */
  readonly mount?: string;
  /** Where engine and tokens are. Default: the root namespace. */
  readonly namespace?: string;
  /** Speaks TLS with it. Default: plain HTTP. */
  readonly certificate?: IssuedCertificate;
  /** The time by which tokens expire. Default: the machine's. */
  readonly now?: () => Date;
  /** What `keys/:name/rotate` answers: the key (default), or nothing as old servers do. */
  readonly rotateAnswers?: 'key' | 'nothing';
}

/**
 * A server that speaks the part of the HTTP API of Vault and OpenBao that is about the Transit engine and a token's own
 * life, on the loopback interface. It is stricter than they are: what a request says without a meaning is refused.
 */
export interface VaultServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`, or https. */
  readonly addr: string;
  /** Whose token may do everything and never expires. */
  readonly rootToken: string;
  createToken(options?: VaultTokenOptions): string;
  revokeToken(token: string): void;
  createKey(name: string, type: VaultKeyType): Promise<VaultKey>;
  /** As the operator does it. @throws Error when there is no such key. */
  rotateKey(name: string): Promise<void>;
  deleteKey(name: string): void;
  /** A key, to look at or to change its limits. @throws Error when there is no such key. */
  key(name: string): VaultKey;
  seal(): void;
  unseal(): void;
  /** How long every answer takes from now on. Default 0. */
  slowDown(milliseconds: number): void;
  /** Changes answers on their way out; called without one, no more. */
  tamper(change?: VaultTampering): void;
  /** What was answered, the oldest first, at most the last thousand. */
  readonly requests: readonly VaultRequest[];
  close(): Promise<void>;
}

/** Starts a server without keys. */
export async function startVault(options: VaultServerOptions = {}): Promise<VaultServer> {
  const { mount = 'transit', namespace = '', certificate, now = () => new Date(), rotateAnswers = 'key' } = options;
  const tokens = createVaultTokens(now);
  const keys = createVaultKeys();
  const requests: VaultRequest[] = [];
  const mood: VaultMood = { isSealed: false, latencyMs: 0, tamper: undefined };
  const stopping = new AbortController();
  const state = { mount, keys, tokens, rotateAnswers };
  const listener = createVaultListener({ state, namespace, mood, requests, signal: stopping.signal });
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer({ cert: certificate.certPem, key: certificate.keyPem }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    stopping.abort();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    addr: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    rootToken: tokens.create().id,
    createToken: (tokenOptions) => tokens.create(tokenOptions).id,
    revokeToken: (token) => tokens.revoke(token),
    createKey: (name, type) => keys.create(name, type),
    rotateKey: (name) => keys.rotate(keys.get(name)),
    deleteKey: (name) => keys.delete(name),
    key: (name) => keys.get(name),
    seal: () => void Object.assign(mood, { isSealed: true }),
    unseal: () => void Object.assign(mood, { isSealed: false }),
    slowDown: (latencyMs) => void Object.assign(mood, { latencyMs }),
    tamper: (tamper) => void Object.assign(mood, { tamper }),
    requests,
    close,
    [Symbol.asyncDispose]: close,
  };
}
