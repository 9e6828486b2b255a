import { describe, expect, it } from 'vitest';
import { accessTokenAudience, tokenAudience } from './audience.ts';

describe('tokenAudience', () => {
  it('OIDC Core §2: one audience is a text, without azp', () => {
    expect(tokenAudience('app', [])).toEqual({ aud: 'app' });
    expect(tokenAudience('app', ['app', 'app'])).toEqual({ aud: 'app' });
  });

  it('OIDC Core §2: peers come first, in order, then the client; azp names the client', () => {
    expect(tokenAudience('app', ['b', 'a'])).toEqual({ aud: ['b', 'a', 'app'], azp: 'app' });
  });

  it('a client that names itself keeps its place', () => {
    expect(tokenAudience('app', ['app', 'b'])).toEqual({ aud: ['app', 'b'], azp: 'app' });
  });

  it('a single peer still gives two audiences', () => {
    expect(tokenAudience('app', ['peer'])).toEqual({ aud: ['peer', 'app'], azp: 'app' });
  });
});

describe('accessTokenAudience', () => {
  it('RFC 9068 §2.2: API resources are the audience, one a text and several a list, and peers follow', () => {
    expect(accessTokenAudience('app', [], ['orders'])).toEqual({ aud: 'orders' });
    expect(accessTokenAudience('app', ['peer'], ['orders', 'pay'])).toEqual({ aud: ['orders', 'pay', 'peer'] });
  });

  it('OIDC Core §2: without an API resource it is as in ID tokens', () => {
    expect(accessTokenAudience('app', ['peer'], [])).toEqual({ aud: ['peer', 'app'], azp: 'app' });
  });
});
