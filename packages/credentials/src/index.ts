export * from './access-token.ts';
export * from './authorization-code.ts';
export * from './client-secret.ts';
export * from './device-code.ts';
export * from './refresh-token.ts';
export * from './seal.ts';
export * from './secret-ring.ts';
export * from './step-mac.ts';
