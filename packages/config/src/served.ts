/** Grants the token endpoint of this version serves. */
export const servedGrantTypes: readonly string[] = ['authorization_code', 'refresh_token'];

/** Every grant the Dex configuration knows. */
export const knownGrantTypes = [
  'authorization_code',
  'refresh_token',
  'implicit',
  'password',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;

/** Grants a connector may be limited to. */
export const connectorGrantTypes = [
  'authorization_code',
  'refresh_token',
  'implicit',
  'password',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;

/** Response types the authorization endpoint of this version serves. */
export const servedResponseTypes: readonly string[] = ['code'];

/** Every response type the Dex configuration knows (OAuth 2.0 Multiple Response Types §3). */
export const knownResponseTypes = [
  'code',
  'token',
  'id_token',
  'code token',
  'code id_token',
  'id_token token',
  'code id_token token',
] as const;
