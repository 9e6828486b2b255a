import { createFakeClock } from '@tessera/clock';
import { createMetrics, silentLogger } from '@tessera/telemetry';
import { expect, it } from 'vitest';
import { createKeysService } from './server.ts';
import { createFakeKeySetStorage } from './testing/fake-key-set-storage.ts';
import { accessToken, idToken, signOne, testConfig } from './testing/test-service.ts';

it('every step, every signature and the next activation can be measured', async () => {
  const [clock, metrics, storage] = [createFakeClock(), createMetrics(), createFakeKeySetStorage()];
  const service = await createKeysService({ config: testConfig(), clock, logger: silentLogger, metrics, storage });
  await service.ready();
  await signOne(service, accessToken(clock), idToken(clock));
  clock.advance(10);
  const lines = (await metrics.exposition()).body.split('\n').filter((line) => line.startsWith('tessera_'));
  for (const expected of [
    'tessera_key_transitions_total{algorithm="ES256",step="created"} 1',
    'tessera_key_transitions_total{algorithm="ES256",step="activated"} 1',
    'tessera_key_transitions_total{algorithm="HKDF-SHA256",step="activated"} 1',
    'tessera_signatures_total{algorithm="ES256"} 2',
    'tessera_signing_seconds_count{algorithm="ES256"} 1',
    'tessera_signing_pending 0',
    'tessera_keys_state_age_seconds 10',
    'tessera_keys_next_activation_seconds 21590',
  ]) {
    expect(lines).toContain(expected);
  }
  await service.close();
});
