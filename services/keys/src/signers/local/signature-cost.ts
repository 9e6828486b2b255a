import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/**
 * About how long one signature keeps a core busy, in microseconds, by OpenSSL 3.5 on a server of 2021. It decides only what is
 * signed at once, and how many signatures travel to a thread together; twice as much or half is as good.
 */
export function estimateSignatureMicroseconds(alg: SigningAlgorithm, key: KeyObject): number {
  switch (alg) {
    case 'ES256':
      return 30;
    case 'EdDSA':
      return 40;
    case 'ES384':
      return 600;
    case 'ES512':
      return 1400;
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512': {
      const { modulusLength = 2048 } = key.asymmetricKeyDetails ?? {};
      return 320 * (modulusLength / 2048) ** 2.7;
    }
  }
}
