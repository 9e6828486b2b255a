import type { ConfiguredAlgorithms } from '../../rotation/key-sets.ts';
import type { RotationPolicy } from '../../rotation/policy.ts';

/** What is simulated. */
export interface SimulationOptions {
  /** Decides everything that happens. */
  readonly seed: number;
  readonly days: number;
  /** The policy of an algorithm set, by the longest lifetime of tokens. To see the simulation fail, a broken one. */
  readonly policyFor: (algorithms: ConfiguredAlgorithms, lifetimeSeconds: number) => RotationPolicy;
  /** Lifetimes that replicas are configured with, one after another: at some restart all go over to the next one, one by one. */
  readonly lifetimesSeconds: readonly number[];
  /** Algorithms that replicas are configured with, likewise. */
  readonly algorithms: readonly ConfiguredAlgorithms[];
  /** Planned emergency rotations, at random moments. */
  readonly plannedRotations: number;
  /** A rotation at once, for which relying parties are not prepared. Default none. */
  readonly atOnceOnDay?: number;
  /** How far clocks are ahead or behind at most. Default 120. */
  readonly skewSeconds?: number;
  /** Nobody notes what was signed. Default false. */
  readonly keepsNoJournal?: boolean;
  /** Keys do not say under which lifetimes they signed. Default false. */
  readonly notesNoLifetimes?: boolean;
  /** Verifiers keep a JWKS so long, whatever its max-age says. */
  readonly keepsSeconds?: number;
}

/** A token that somebody could not verify. */
export interface Unverifiable {
  /** `unknown`: not in the JWKS yet, as its verifier keeps it; `gone`: not in it any more though the token is valid. */
  readonly kind: 'unknown' | 'gone';
  readonly kid: string;
  readonly atSeconds: number;
  readonly signedAtSeconds: number;
  readonly fetchedAtSeconds: number;
}

/** What came of it. */
export interface SimulationResult {
  readonly seed: number;
  readonly verified: number;
  /** All that could not be verified, the first hundred of them. */
  readonly unverifiable: readonly Unverifiable[];
  /** Times a replica did not sign as it could not be sure, or as the algorithm's first key did not sign yet. */
  readonly refused: number;
  /** Keys that signed. */
  readonly keys: number;
  readonly troubles: Readonly<Record<'pause' | 'cut' | 'restart', number>>;
  /** Until when the rotation at once said that tokens may be refused. */
  readonly mayFailUntilSeconds?: number;
  /** When it was made. */
  readonly atOnceSeconds?: number;
}
