import type { RecordToRemove, RecordToWrite } from '../../ports.ts';

/** What stands under the key of a record. */
export interface StandingRecord {
  readonly version: number;
  readonly expires_at: number | null;
}

/** The version a write makes; undefined = not as expected. A record past its expiry is as if it were not there. */
export function versionAfterWrite(
  standing: StandingRecord | undefined,
  { expected }: Pick<RecordToWrite, 'expected'>,
  now: Date,
): number | undefined {
  const version = presentVersion(standing, now);
  const isExpected = expected === 'any' || version === (expected === 'absent' ? 0 : expected);
  return isExpected ? version + 1 : undefined;
}

/** Whether a record is there and as the removal expects it. */
export function isRemovable(
  standing: StandingRecord | undefined,
  { expectedVersion }: Pick<RecordToRemove, 'expectedVersion'>,
  now: Date,
): boolean {
  const version = presentVersion(standing, now);
  return version > 0 && (expectedVersion === undefined || expectedVersion === version);
}

/** 0 = there is none. */
function presentVersion(standing: StandingRecord | undefined, now: Date): number {
  if (standing === undefined) return 0;
  return standing.expires_at !== null && standing.expires_at <= now.getTime() ? 0 : standing.version;
}
