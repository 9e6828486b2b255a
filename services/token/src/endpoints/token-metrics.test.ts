import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createHarnessWith, refreshForm } from '../testing/harness.ts';

test('Requests are counted by their grant and how they ended; what is sent in place of a grant is one word', async () => {
  const metrics = createMetrics();
  const harness = await createHarnessWith({ options: { metrics } });
  await harness.service.ready();
  const first = await harness.signIn();
  expect((await harness.post('token', refreshForm(first))).status).toBe(200);
  await harness.post('token', { grant_type: 'client_credentials' }, { authorization: 'Basic Og==' });
  await harness.post('token', { grant_type: 'authorization_code', code: 'none', redirect_uri: 'x' });
  for (const grant_type of ['', 'urn:example:a', 'constructor']) await harness.post('token', { grant_type });
  const { body } = await metrics.exposition();
  expect(body.split('\n').filter((line) => line.startsWith('tessera_token_requests_total{'))).toEqual([
    'tessera_token_requests_total{grant_type="authorization_code",outcome="ok"} 1',
    'tessera_token_requests_total{grant_type="refresh_token",outcome="ok"} 1',
    'tessera_token_requests_total{grant_type="client_credentials",outcome="invalid_client"} 1',
    'tessera_token_requests_total{grant_type="authorization_code",outcome="invalid_grant"} 1',
    'tessera_token_requests_total{grant_type="other",outcome="invalid_request"} 1',
    'tessera_token_requests_total{grant_type="other",outcome="unsupported_grant_type"} 2',
  ]);
});
