// biome-ignore-all lint/suspicious/noTemplateCurlyInString: dollar signs and braces are the input under test
import { describe, expect, test } from 'vitest';
import { configOf, loadFile, problemsOf, warningsOf } from '../../testing/config-text.ts';

const vaultConfig = { addr: 'https://vault:8200', token: 's.token', keyName: 'tessera' };
const vault = (changes: Readonly<Record<string, unknown>> = {}) => ({
  signer: { type: 'vault', config: { ...vaultConfig, ...changes } },
});
const tokenConfig = { library: '/usr/lib/softhsm/libsofthsm2.so', tokenLabel: 'tessera', pin: '1234' };
const pkcs11 = (changes: Readonly<Record<string, unknown>> = {}) => ({
  signer: { type: 'pkcs11', config: { ...tokenConfig, ...changes } },
});

describe('the local signer', () => {
  test('makes larger RSA keys, and certificates, when asked to', () => {
    const config = { algorithm: 'PS512', rsaKeySize: 4096, selfSignedCertificates: true };
    expect(configOf(loadFile({ signer: { type: 'local', config } })).signer).toEqual({
      type: 'local',
      keysRotationPeriodSeconds: 21_600,
      algorithm: 'PS512',
      algorithms: ['PS512'],
      rsaKeyBits: 4096,
      selfSignedCertificates: true,
    });
  });

  test.each([
    [{ rsaKeySize: 1024 }, 'signer.config.rsaKeySize must be one of 2048, 3072, 4096'],
    [{ rsaKeySize: '2048' }, 'signer.config.rsaKeySize must be without quotes'],
    [{ keyName: 'k' }, expect.stringContaining('signer.config.keyName is not a known key')],
  ])('RFC 7518 §3.3: %j is refused', (config, expected) => {
    expect(problemsOf(loadFile({ signer: { type: 'local', config } }))).toEqual([expected]);
  });
});

describe('keys in Vault', () => {
  test('the block of Dex is enough', () => {
    expect(configOf(loadFile({ expiry: { signingKeys: '2h' }, ...vault() })).signer).toEqual({
      type: 'vault',
      keysRotationPeriodSeconds: 7200,
      algorithm: 'RS256',
      algorithms: ['RS256'],
      vault: { addr: 'https://vault:8200', token: 's.token', mount: 'transit' },
      keyNames: { RS256: 'tessera' },
    });
  });

  test('each further algorithm has a key of its own, and names itself by it', () => {
    const own = { algorithm: 'es256', keyNames: { eddsa: 'ed', RS256: 'rsa' } };
    expect(problemsOf(loadFile(vault(own)))).toEqual([expect.stringContaining('did you mean "ES256"?')]);
    expect(configOf(loadFile(vault({ ...own, algorithm: 'ES256' }))).signer).toMatchObject({
      algorithm: 'ES256',
      algorithms: ['ES256', 'RS256', 'EdDSA'],
      keyNames: { ES256: 'tessera', EdDSA: 'ed', RS256: 'rsa' },
    });
  });

  test('what Dex has not: a token file, a namespace, another mount and a certificate authority', () => {
    const changes = {
      token: undefined,
      tokenFile: '/run/token',
      namespace: 'team/a/',
      mount: '/keys/transit',
      caFile: 'ca',
    };
    expect(configOf(loadFile(vault(changes))).signer).toMatchObject({
      vault: {
        addr: 'https://vault:8200',
        tokenFile: '/run/token',
        namespace: 'team/a',
        mount: 'keys/transit',
        caFile: 'ca',
      },
    });
  });

  test('address and token come from VAULT_ADDR and VAULT_TOKEN where they are left out, as in Dex', () => {
    const env = { VAULT_ADDR: 'https://from-env:8200/', VAULT_TOKEN: 'env-token', OTHER: 'other-token' };
    const placeOf = (changes: Readonly<Record<string, unknown>>): unknown => {
      const { signer } = configOf(loadFile(vault(changes), { env }));
      return signer.type === 'vault' ? signer.vault : undefined;
    };
    const mount = 'transit';
    const addr = 'https://from-env:8200';
    expect(placeOf({ addr: undefined, token: '' })).toEqual({ addr, token: 'env-token', mount });
    expect(placeOf({ addr: '', token: undefined, tokenEnv: 'OTHER' })).toEqual({ addr, token: 'other-token', mount });
    expect(placeOf({ addr: '$VAULT_ADDR', token: '${OTHER}' })).toEqual({ addr, token: 'other-token', mount });
    expect(placeOf({ token: undefined, tokenFile: 'f' })).toEqual({
      addr: 'https://vault:8200',
      tokenFile: 'f',
      mount,
    });
    expect(placeOf({})).toEqual({ addr: 'https://vault:8200', token: 's.token', mount });
  });

  test('a local signer takes nothing from the environment of Vault', () => {
    const env = { VAULT_ADDR: 'nonsense', VAULT_TOKEN: 't' };
    expect(configOf(loadFile({}, { env })).signer.type).toBe('local');
  });

  test.each([
    [{ addr: undefined }, 'signer.config.addr is required (or the environment variable VAULT_ADDR)'],
    [
      { token: undefined },
      'signer.config.token is required (or tokenEnv, tokenFile or the environment variable VAULT_TOKEN)',
    ],
    [{ tokenFile: 'f' }, 'signer.config.tokenFile and token are both given; keep one of them'],
    [{ tokenEnv: 'OTHER' }, 'signer.config.tokenEnv and another source of token are both given; keep one of them'],
    [{ addr: 'vault:8200' }, 'signer.config.addr must be an absolute http or https URL'],
    [{ addr: 'https://a:b@vault:8200' }, 'signer.config.addr must not contain a user name or password'],
    [
      { addr: 'https://vault:8200/v1' },
      'signer.config.addr must be the address alone, such as https://vault:8200, without a path',
    ],
    [{ keyName: undefined }, 'signer.config.keyName is required: the name of the Transit key that signs with RS256'],
    [
      { algorithms: ['ES256'] },
      'signer.config.keyNames.ES256 is required: the name of the Transit key that signs with ES256',
    ],
    [
      { algorithms: ['RS256'], keyNames: { ES256: 'e' } },
      'signer.config.keyNames.ES256 is not among signer.config.algorithms',
    ],
    [
      { keyNames: { PS256: 'tessera' } },
      'signer.config.keyNames.PS256 is the key of RS256 already; each algorithm needs its own',
    ],
    [{ keyNames: { RS256: 'a' } }, 'signer.config.keyNames.RS256 and keyName are both given; keep one of them'],
    [{ keyNames: { ES265: 'a' } }, 'signer.config.keyNames.ES265 is not a known key; did you mean "ES256"?'],
    [{ keyName: '../sys/seal' }, expect.stringContaining('signer.config.keyName must be a name of letters')],
    [{ mount: 'a/../b' }, 'signer.config.mount must be a path such as transit or team/transit'],
    [{ namespace: 'a b' }, 'signer.config.namespace must be a path such as transit or team/transit'],
    [{ rsaKeySize: 2048 }, expect.stringContaining('signer.config.rsaKeySize is not a known key')],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOf(loadFile(vault(changes), { env: { OTHER: 'x' } }))).toEqual([expected]);
  });

  test('an address from the environment that is none is told to be from there', () => {
    const env = { VAULT_ADDR: 'vault:8200' };
    expect(problemsOf(loadFile(vault({ addr: undefined }), { env }))).toEqual([
      'signer.config.addr must be an absolute http or https URL (from VAULT_ADDR)',
    ]);
  });

  test('a token that can be read on the way is warned about, but not on this machine', () => {
    const warnings = warningsOf(loadFile(vault({ addr: 'http://vault:8200' })));
    expect(warnings).toContainEqual(expect.stringContaining('signer.config.addr is plain http'));
    expect(warningsOf(loadFile(vault({ addr: 'http://127.0.0.1:8200' }))).join()).not.toContain('signer.config.addr');
  });
});

describe('keys in a PKCS#11 token', () => {
  test('the defaults', () => {
    expect(configOf(loadFile(pkcs11())).signer).toEqual({
      type: 'pkcs11',
      keysRotationPeriodSeconds: 21_600,
      algorithm: 'RS256',
      algorithms: ['RS256'],
      rsaKeyBits: 2048,
      pkcs11: { library: '/usr/lib/softhsm/libsofthsm2.so', tokenLabel: 'tessera', pin: '1234', keyLabel: 'tessera' },
    });
  });

  test.each([{ pinFile: '/run/pin' }, { pinEnv: 'PIN' }, { pin: '$PIN' }])('the PIN by %j', (source) => {
    const surroundings = { env: { PIN: '9876' }, readFile: () => '9876\n' };
    const own = { pin: undefined, keyLabel: 'id', rsaKeySize: 3072, ...source };
    expect(configOf(loadFile(pkcs11(own), surroundings)).signer).toMatchObject({
      rsaKeyBits: 3072,
      pkcs11: { pin: '9876', keyLabel: 'id' },
    });
  });

  test.each([
    [{ pin: undefined }, 'signer.config.pin is required (or pinFile or pinEnv)'],
    [{ pinEnv: 'PIN' }, 'signer.config.pinEnv and another source of pin are both given; keep one of them'],
    [{ pin: 1234 }, 'signer.config.pin must be text, not a number; put it in quotes'],
    [{ library: undefined }, 'signer.config.library is required'],
    [{ tokenLabel: '' }, 'signer.config.tokenLabel must not be empty'],
    [{ tokenLabel: 'é'.repeat(17) }, 'signer.config.tokenLabel must be at most 32 bytes'],
    [{ keyLabel: '' }, 'signer.config.keyLabel must not be empty'],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOf(loadFile(pkcs11(changes)))).toEqual([expected]);
  });
});

describe('former signers', () => {
  const former = [
    { type: 'vault', config: { addr: 'https://vault:8200' } },
    { type: 'pkcs11', config: { ...tokenConfig, pin: '$PIN' } },
  ];

  test('keep what it takes to reach their keys, by the same sources', () => {
    const env = { VAULT_TOKEN: 'env-token', PIN: '9876' };
    expect(configOf(loadFile({ formerSigners: former }, { env })).formerSigners).toEqual([
      { type: 'vault', vault: { addr: 'https://vault:8200', token: 'env-token', mount: 'transit' } },
      { type: 'pkcs11', pkcs11: { ...tokenConfig, pin: '9876', keyLabel: 'tessera' } },
    ]);
  });

  test.each([
    [
      { ...vault(), formerSigners: [{ type: 'vault', config: vaultConfig }] },
      expect.stringContaining('formerSigners[0].config.keyName is not a known key'),
    ],
    [
      { ...pkcs11(), formerSigners: [{ type: 'pkcs11', config: tokenConfig }] },
      'formerSigners[0].type is that of signer; only other kinds of signers can stand here',
    ],
    [
      {
        formerSigners: [
          { type: 'pkcs11', config: tokenConfig },
          { type: 'pkcs11', config: tokenConfig },
        ],
      },
      'formerSigners[1].type is the same as formerSigners[0].type; there can be one of each kind',
    ],
    [
      { formerSigners: [{ type: 'local' }] },
      expect.stringContaining('formerSigners[0].type is not a known former signer'),
    ],
    [
      { formerSigners: [{ type: 'vault' }] },
      expect.stringMatching(/^formerSigners\[0\]\.config\.(addr|token) is required/),
    ],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toContainEqual(expected);
  });

  test('plain http is warned about', () => {
    const config = { addr: 'http://vault:8200', token: 't' };
    expect(warningsOf(loadFile({ formerSigners: [{ type: 'vault', config }] }))).toContainEqual(
      expect.stringContaining('formerSigners[0].config.addr is plain http'),
    );
  });
});
