import { type LaneShares, noLaneShares } from '../rules/lane-shares.ts';

/** Shares of the lanes as JSON. */
export function laneSharesToJson({ workers, lanes }: LaneShares): string {
  return JSON.stringify({ workers, lanes });
}

/** The shares of their JSON; nobody's where there is none. */
export function laneSharesFromJson(json: string | undefined): LaneShares {
  return json === undefined ? noLaneShares : (JSON.parse(json) as LaneShares);
}
