import type { StorageAdminServiceService } from '@tessera/proto/tessera/storage/v1/administration';
import type {
  StorageEventsServiceService,
  StorageOutboxServiceService,
} from '@tessera/proto/tessera/storage/v1/events';
import type { StorageSessionsServiceService } from '@tessera/proto/tessera/storage/v1/sessions';
import type { StorageShortLivedServiceService } from '@tessera/proto/tessera/storage/v1/short_lived';
import type {
  StorageKeySetsServiceService,
  StorageReadServiceService,
  StorageUsersServiceService,
  StorageWriteServiceService,
} from '@tessera/proto/tessera/storage/v1/storage';

/** Methods of each service that may be sent twice: those with an `idempotency_level` in the contract. */
export const idempotentMethods = {
  StorageReadService: ['listClients', 'listConnectors', 'getAuthorizationRequest', 'findGrants'],
  StorageUsersService: ['findUser'],
  StorageWriteService: [
    'putAuthorizationRequest',
    'completeAuthorizationRequest',
    'redeemCodes',
    'createGrants',
    'rotateRefreshTokens',
    'revokeGrants',
    'reopenRotations',
  ],
  StorageKeySetsService: ['getKeySet'],
  StorageShortLivedService: [
    'putPushedRequest',
    'putDeviceRequest',
    'findDeviceRequest',
    'decideDeviceRequest',
    'putUpstreamState',
    'forgetAttempts',
  ],
  StorageSessionsService: [
    'createSession',
    'findSessions',
    'endSession',
    'putLogoutDeliveries',
    'settleLogoutDeliveries',
    'listSessions',
    'findConsent',
    'putConsent',
    'withdrawConsent',
    'listConsents',
  ],
  StorageAdminService: [
    'getRecord',
    'listRecords',
    'listGrants',
    'revokeGrantsBy',
    'listParkedEvents',
    'retryParkedEvents',
  ],
  StorageEventsService: ['appendEvents'],
  StorageOutboxService: ['takeEvents', 'settleEvents', 'releaseLanes'],
} as const satisfies {
  readonly StorageReadService: MethodsOf<typeof StorageReadServiceService>;
  readonly StorageUsersService: MethodsOf<typeof StorageUsersServiceService>;
  readonly StorageWriteService: MethodsOf<typeof StorageWriteServiceService>;
  readonly StorageKeySetsService: MethodsOf<typeof StorageKeySetsServiceService>;
  readonly StorageShortLivedService: MethodsOf<typeof StorageShortLivedServiceService>;
  readonly StorageSessionsService: MethodsOf<typeof StorageSessionsServiceService>;
  readonly StorageAdminService: MethodsOf<typeof StorageAdminServiceService>;
  readonly StorageEventsService: MethodsOf<typeof StorageEventsServiceService>;
  readonly StorageOutboxService: MethodsOf<typeof StorageOutboxServiceService>;
};

type MethodsOf<D> = readonly (keyof D & string)[];
