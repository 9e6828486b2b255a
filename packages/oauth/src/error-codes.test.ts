import { describe, expect, it } from 'vitest';
import { isOAuthErrorCode, OAUTH_ERROR_CODES } from './error-codes.ts';

describe('error codes', () => {
  it('RFC 6749 §5.2: every code keeps to the charset of the parameter error, and stands once', () => {
    expect(new Set(OAUTH_ERROR_CODES).size).toBe(OAUTH_ERROR_CODES.length);
    for (const code of OAUTH_ERROR_CODES) {
      expect(code).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  });

  it('RFC 6749 §11.4: only registered codes are recognised', () => {
    expect(isOAuthErrorCode('invalid_grant')).toBe(true);
    expect(isOAuthErrorCode('Invalid_Grant')).toBe(false);
    expect(isOAuthErrorCode(undefined)).toBe(false);
  });
});
