/** The values of `grant_type` this server knows, by the names of their documents. */
export const grantTypes = {
  /** RFC 6749 §4.1.3. */
  authorizationCode: 'authorization_code',
  /** RFC 6749 §6. */
  refreshToken: 'refresh_token',
  /** RFC 6749 §4.4.2. */
  clientCredentials: 'client_credentials',
  /** RFC 6749 §4.3.2. */
  password: 'password',
  /** RFC 8628 §3.4. */
  deviceCode: 'urn:ietf:params:oauth:grant-type:device_code',
  /** RFC 8693 §2.1. */
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  /** RFC 7523 §2.1. */
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;
