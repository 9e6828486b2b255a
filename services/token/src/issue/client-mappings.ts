import type { ReportMappingFailure } from '@tessera/claim-mapping';
import { type ClaimMappingCompiler, ClaimMappingError, type CompiledMappings } from '@tessera/claim-mapping';
import type { ClaimMappings, Client } from '@tessera/oauth';

/** The mappings of a client, compiled; undefined = it has none that work. */
export type FindClientMappings = (client: Pick<Client, 'id' | 'settings'>) => CompiledMappings | undefined;

/**
 * Compiles the mappings of clients when they are first needed: clients come and go while the service runs. Mappings that
 * cannot work, which whoever registers a client should have refused, are reported and left out: they never keep anybody from
 * signing in.
 */
export function createClientMappings(compiler: ClaimMappingCompiler, report: ReportMappingFailure): FindClientMappings {
  const compiled = new WeakMap<ClaimMappings, { readonly mappings: CompiledMappings | undefined }>();
  return ({ id, settings: { claimMappings } }) => {
    if (claimMappings === undefined) return undefined;
    const known = compiled.get(claimMappings);
    if (known !== undefined) return known.mappings;
    const mappings = tryCompile(compiler, claimMappings, `client ${id}`, report);
    compiled.set(claimMappings, { mappings });
    return mappings;
  };
}

function tryCompile(
  compiler: ClaimMappingCompiler,
  mappings: ClaimMappings,
  where: string,
  report: ReportMappingFailure,
): CompiledMappings | undefined {
  try {
    return compiler.compile(mappings, where);
  } catch (thrown) {
    if (!(thrown instanceof ClaimMappingError)) throw thrown;
    report({ where, claim: thrown.claim, fault: 'it does not compile' });
    return undefined;
  }
}
