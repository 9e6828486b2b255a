export { grpcStatusOfKind, kindOfGrpcStatus } from './grpc-status.ts';
export { type ErrorKind, errorKinds } from './kinds.ts';
export { OAuthError, type OAuthErrorOptions, toOAuthError } from './oauth-error.ts';
export { TesseraError, type TesseraErrorOptions, unavailable } from './tessera-error.ts';
