export { type ClientDirectory, createClientDirectory } from './directories/client-directory.ts';
export { type ConnectorDirectory, createConnectorDirectory } from './directories/connector-directory.ts';
export { createSecretKeeper, type SecretKeeper } from './directories/secret-keeper.ts';
export { createVerificationKeys, type VerificationKeys } from './directories/verification-keys.ts';
export {
  type Authentication,
  type BeginCallbackRequest,
  type BeginLogoutRequest,
  type CompleteCallbackRequest,
  type ConnectorDescription,
  type ConnectorKind,
  type ExchangeTokenRequest,
  type Federation,
  federationErrors,
  type LoginRequest,
  type RefreshRequest,
} from './federation/federation.ts';
export { federationBinding, federationClient } from './federation/wire.ts';
export type {
  Keys,
  KeysApi,
  PublicJwk,
  PublicKeys,
  SecretPurpose,
  Secrets,
  TokenBundle,
  TokenToSign,
  TokenType,
} from './keys/keys.ts';
export { createKeys, keysBinding, keysClient } from './keys/wire.ts';
export { type Service, type ServiceName, serviceNames } from './service.ts';
export type {
  AdministeredKind,
  AdministeredRecords,
  Expectation,
  GrantSelector,
  GrantsToRevoke,
  RecordToDelete,
  RecordToPut,
  StorageAdminApi,
} from './storage/administration.ts';
export { storageBindings } from './storage/bindings.ts';
export { createStorage, storageClient } from './storage/client.ts';
export type {
  OutboxBacklog,
  ParkedEvent,
  SecurityEvent,
  SettleEventsRequest,
  StorageEventsApi,
  StorageOutboxApi,
  TakeEventsRequest,
  TakenEvents,
  WaitingEvent,
} from './storage/events.ts';
export type {
  Authorization,
  AuthorizationDetails,
  AuthorizationRequestRecord,
  Connector,
  Consent,
  Credential,
  Grant,
  InitialAccessToken,
  Page,
  PageRequest,
  Session,
  User,
  Versioned,
} from './storage/records.ts';
export type { LogoutDelivery, LogoutDeliveryResult, SessionToEnd, StorageSessionsApi } from './storage/sessions.ts';
export type {
  AttemptCount,
  AttemptToCount,
  DeviceDecision,
  DevicePollRequest,
  DevicePollState,
  DeviceRequest,
  NewDeviceRequest,
  PushedRequest,
  StorageShortLivedApi,
  ValueToConsume,
} from './storage/short-lived.ts';
export type {
  AuthorizationRequestState,
  ClientList,
  CodeOutcome,
  CodeRefusal,
  CodeToRedeem,
  CompletionRequest,
  ConnectorList,
  GrantToCreate,
  GrantToRevoke,
  RotationOutcome,
  RotationRefusal,
  RotationToReopen,
  Storage,
  StorageApi,
  StorageKeySetsApi,
  StorageReadApi,
  StorageUsersApi,
  StorageWriteApi,
  TokenToRotate,
  WatchedListRequest,
} from './storage/storage.ts';
export type {
  FrontChannelTokens,
  FrontChannelTokensToIssue,
  TokenApi,
  TokenIssuer,
} from './token/token.ts';
export { createTokenIssuerClient, tokenBinding, tokenClient } from './token/wire.ts';
