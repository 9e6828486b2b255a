import { startHttpServer } from '@tessera/http';
import { expect, it } from 'vitest';
import { codeForm, createHarness, type Harness } from '../testing/harness.ts';
import { basicHeader } from '../testing/request.ts';

/** The service behind the real HTTP kernel. */
async function listen(harness: Harness): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath: '/dex',
    handlers: harness.service.handlers,
    errorPage: () => ({ status: 500, headers: {}, body: '' }),
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return { origin: `http://127.0.0.1:${server.port}/dex`, close: () => server.close(1_000) };
}

function multipart(
  form: Readonly<Record<string, string>>,
  more: readonly (readonly [string, string])[] = [],
): FormData {
  const body = new FormData();
  for (const [name, value] of [...Object.entries(form), ...more]) body.append(name, value);
  return body;
}

it('ArkID: the token endpoint takes multipart/form-data as it takes a form, by the same rules', async () => {
  const harness = await createHarness();
  const server = await listen(harness);
  const post = async (body: FormData, headers = {}): Promise<readonly [number, unknown]> => {
    const answer = await fetch(`${server.origin}/token`, { method: 'POST', body, headers });
    return [answer.status, ((await answer.json()) as Record<string, unknown>)['error']];
  };
  try {
    const credentials = { client_id: 'app', client_secret: 'app-secret-0123456789abcdef' };
    expect(await post(multipart({ ...codeForm(harness.putCode()), ...credentials }))).toEqual([200, undefined]);
    const basic = basicHeader('app', credentials.client_secret);
    expect(await post(multipart(codeForm(harness.putCode())), basic)).toEqual([200, undefined]);
    const form = codeForm(harness.putCode());
    expect(await post(multipart(form, [['code', form['code'] ?? '']]), basic)).toEqual([400, 'invalid_request']);
    expect(await post(multipart({ ...form, client_secret: 'wrong', client_id: 'app' }))).toEqual([
      401,
      'invalid_client',
    ]);
  } finally {
    await server.close();
  }
});
