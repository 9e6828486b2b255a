import { type SecretRing, seal, unseal } from '@tessera/credentials';

/** Where data belongs: `begin` to one visit at the upstream, `refresh` to one sign-in. */
export type ConnectorDataPhase =
  | { readonly phase: 'begin'; readonly connectorId: string; readonly state: string }
  | { readonly phase: 'refresh'; readonly connectorId: string };

/** Seals what a connector wants back, so that those who keep it can neither read nor exchange it. */
export interface ConnectorDataSealer {
  /** Nothing stays nothing. Throws TesseraError `unavailable` while the keys are not loaded. */
  seal(data: string, place: ConnectorDataPhase): Uint8Array;
  /** Nothing stays nothing; undefined for what was not sealed here for this very place. Throws as `seal`. */
  open(sealed: Uint8Array, place: ConnectorDataPhase): string | undefined;
}

/** Seals under the present key of the ring; the phase is the purpose, connector and state are authenticated with it. */
export function createConnectorDataSealer(ring: () => SecretRing): ConnectorDataSealer {
  return {
    seal(data, place) {
      if (data === '') return new Uint8Array();
      return seal(ring(), purposeOf(place), Buffer.from(data, 'utf8'), boundTo(place));
    },
    open(sealed, place) {
      if (sealed.length === 0) return '';
      return unseal(ring(), purposeOf(place), sealed, boundTo(place))?.toString('utf8');
    },
  };
}

function purposeOf({ phase }: ConnectorDataPhase): string {
  return `federation.connector_data.${phase}`;
}

function boundTo(place: ConnectorDataPhase): Buffer {
  const parts = place.phase === 'begin' ? [place.connectorId, place.state] : [place.connectorId];
  return Buffer.from(JSON.stringify(parts), 'utf8');
}
