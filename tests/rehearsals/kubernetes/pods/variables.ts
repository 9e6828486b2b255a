import { API } from '../addresses.ts';
import type { Container } from '../manifests/container.ts';
import { factOf, MissingSourceError, type PodFacts, type PodSources } from './volume-files.ts';

/** The variables of a container: those of the API, of Services if the pod wants them, and its own. */
export function variablesOf(
  container: Container,
  hasServiceLinks: boolean,
  cluster: PodSources,
  facts: PodFacts,
): Record<string, string> {
  const variables: Record<string, string> = serviceVariables('kubernetes', API.service, [
    { name: 'https', port: API.servicePort },
  ]);
  if (hasServiceLinks) {
    for (const { name, address, ports } of cluster.services()) {
      Object.assign(variables, serviceVariables(name, address, ports));
    }
  }
  for (const { name, from } of container.env) {
    if (from.kind === 'value') variables[name] = expanded(from.value, variables);
    else if (from.kind === 'field') variables[name] = factOf(facts, from.field);
    else {
      const value = cluster.findData(from.kind, from.name)?.data[from.key];
      if (value !== undefined) variables[name] = value.toString();
      else if (!from.isOptional) throw new MissingSourceError(`there is no ${from.key} in ${from.kind} ${from.name}`);
    }
  }
  return variables;
}

/** Replaces `$(NAME)` by what the variable says; `$$` stands for `$`. */
export function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? found),
  );
}

/** As Docker's links once told a container of another. */
function serviceVariables(
  service: string,
  address: string,
  ports: readonly { readonly name: string | undefined; readonly port: number }[],
): Record<string, string> {
  const [first] = ports;
  if (first === undefined) return {};
  const prefix = upper(service);
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: address,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `tcp://${address}:${first.port}`,
  };
  for (const { name, port } of ports) {
    if (name !== undefined) variables[`${prefix}_SERVICE_PORT_${upper(name)}`] = String(port);
    const link = `${prefix}_PORT_${port}_TCP`;
    Object.assign(variables, {
      [link]: `tcp://${address}:${port}`,
      [`${link}_PROTO`]: 'tcp',
      [`${link}_PORT`]: String(port),
      [`${link}_ADDR`]: address,
    });
  }
  return variables;
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
