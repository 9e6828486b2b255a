import { expect, test } from 'vitest';
import { createMockPasswordConnector } from './connector.ts';

const connector = createMockPasswordConnector({ username: 'admin', password: 'secret' });
if (connector.signIn.kind !== 'password') throw new Error('mockPassword signs in by password');
const { signIn } = connector;

test('The configured name and password sign Kilgore Trout in, without groups', async () => {
  const { identity } = await signIn.login({ username: 'admin', password: 'secret', scopes: [] });
  expect(identity).toMatchObject({ userId: '0-385-28089-0', username: 'Kilgore Trout', groups: [] });
});

test('Another name or password is refused', async () => {
  for (const [username, password] of [['admin', 'other'] as const, ['other', 'secret'] as const, ['', ''] as const]) {
    await expect(signIn.login({ username, password, scopes: [] })).rejects.toMatchObject({
      code: 'federation.invalid_credentials',
    });
  }
});
