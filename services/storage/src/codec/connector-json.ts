import type { Connector } from '@tessera/contracts';
import { bytesFromText, bytesToText } from './bytes-json.ts';

interface ConnectorJson extends Omit<Connector, 'config'> {
  readonly config: string;
}

/** A connector as JSON. */
export function connectorToJson({ id, type, name, isEnabled, config }: Connector): string {
  const plain: ConnectorJson = { id, type, name, isEnabled, config: bytesToText(config) };
  return JSON.stringify(plain);
}

/** The connector of its JSON. */
export function connectorFromJson(json: string): Connector {
  const plain = JSON.parse(json) as ConnectorJson;
  return { ...plain, config: bytesFromText(plain.config) };
}
