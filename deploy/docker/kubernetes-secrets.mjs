// The Secrets of a namespace, by the API of Kubernetes and the account of the pod.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ATTEMPTS = 30;
const PAUSE_MS = 1000;
const TIMEOUT_MS = 10_000;

/**
 * @typedef {Readonly<Record<string, string>>} SecretData names and texts
 */

/**
 * Keeps Secrets in a namespace. Its calls wait half a minute for an API that does not answer or is busy, and throw an
 * error that says the status, never the content, when it refuses.
 *
 * @param {{api: string, account: string, labels: Readonly<Record<string, string>>}} options the address of the API, the
 *   folder with `token` and `namespace` of the account, and the labels of what is made
 */
export function secretsOfNamespace({ api, account, labels }) {
  const namespace = readFileSync(join(account, 'namespace'), 'utf8').trim();
  const token = readFileSync(join(account, 'token'), 'utf8').trim();
  const collection = `${api}/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;

  /** @param {string} url @param {{method?: string, body?: string}} [options] */
  const call = (url, { method = 'GET', body } = {}) =>
    answerOf(url, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });

  /** @param {string} name @returns {Promise<SecretData | undefined>} */
  const find = async (name) => {
    const { status, text } = await call(`${collection}/${encodeURIComponent(name)}`);
    if (status === 404) return undefined;
    if (status !== 200) throw refused('read', name, status);
    return decoded(JSON.parse(text).data ?? {});
  };

  /** @param {string} name @param {string} type @param {SecretData} data */
  const create = async (name, type, data) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, type, stringData: data };
    const { status } = await call(collection, { method: 'POST', body: JSON.stringify(secret) });
    if (status === 409) return false;
    if (status !== 201) throw refused('made', name, status);
    return true;
  };

  return {
    /**
     * What the Secret of that name holds, which is made unless it is there. Of several callers at once one makes it, and all
     * see what that one made.
     *
     * @param {string} name
     * @param {string} type
     * @param {() => SecretData} content
     * @returns {Promise<{data: SecretData, isNew: boolean}>}
     */
    async keep(name, type, content) {
      const present = await find(name);
      if (present !== undefined) return { data: present, isNew: false };
      const data = content();
      if (await create(name, type, data)) return { data, isNew: true };
      const theirs = await find(name);
      if (theirs === undefined) throw new Error(`the Secret ${name} was removed while it was made`);
      return { data: theirs, isNew: false };
    },
  };
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<{status: number, text: string}>}
 */
async function answerOf(url, options) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, { ...options, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await response.text();
      if (response.status < 500 && response.status !== 429) return { status: response.status, text };
      if (attempt === ATTEMPTS) return { status: response.status, text };
    } catch (error) {
      if (attempt === ATTEMPTS) throw new Error('the API of Kubernetes does not answer', { cause: error });
    }
    await delay(PAUSE_MS);
  }
}

/** @param {string} done @param {string} name @param {number} status */
function refused(done, name, status) {
  return new Error(`the Secret ${name} could not be ${done}: the API of Kubernetes answered ${status}`);
}

/** @param {Record<string, string>} data */
function decoded(data) {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
