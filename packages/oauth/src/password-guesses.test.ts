import { describe, expect, it } from 'vitest';
import { type PasswordGuess, passwordGuessCounter } from './password-guesses.ts';
import { sourceNetwork } from './source-network.ts';

const JANE: PasswordGuess = { connectorId: 'ldap', username: 'jane', remoteAddress: '192.0.2.1' };
const keyOf = (more: Partial<PasswordGuess> = {}): string => passwordGuessCounter({ ...JANE, ...more }).key;

describe('passwords that are tried for a name', () => {
  it.each(['JANE', ' jane', 'jane  ', 'ja\u00adne', 'jane\u200b', '\uff4aane', 'jane\t'])(
    'N63, RFC 4518 §2: %j is the same name, so it has no counter of its own',
    (username) => {
      expect(keyOf({ username })).toBe(keyOf());
    },
  );

  it('N63: spaces inside a name count once, and a source is a whole IPv6 network', () => {
    expect(keyOf({ username: 'jane  a  doe' })).toBe(keyOf({ username: 'jane a doe' }));
    const fromNetwork = (remoteAddress: string): string => keyOf({ remoteAddress });
    expect(fromNetwork('2001:db8::1')).toBe(fromNetwork('2001:db8:0:0:ffff::2'));
    expect(fromNetwork('::ffff:192.0.2.1')).toBe(keyOf());
  });

  it('N64: another name, connector or source is counted by itself, so nobody locks somebody out from elsewhere', () => {
    const others = [
      keyOf({ username: 'joe' }),
      keyOf({ connectorId: 'local' }),
      keyOf({ remoteAddress: '192.0.2.2' }),
      keyOf({ connectorId: 'ldapj', username: 'ane' }),
    ];
    expect(new Set([keyOf(), ...others]).size).toBe(5);
  });

  it('N96: the key tells neither the name nor the address', () => {
    expect(keyOf()).toMatch(/^password:[A-Za-z0-9_-]{43}$/);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
])('N63: attempts from %s are counted as those of %s', (address, network) => {
  expect(sourceNetwork(address)).toBe(network);
});
