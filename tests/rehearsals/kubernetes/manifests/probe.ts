import { count, countOrText, type Fields, list, object, oneOf, type Parser, text } from './reading.ts';

/** What is asked of a container. */
export type ProbeAction =
  | {
      readonly kind: 'http';
      readonly port: number | string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tcp'; readonly port: number | string }
  | { readonly kind: 'exec'; readonly command: readonly string[] };

/** When and how a container is asked how it is. */
export interface Probe {
  readonly action: ProbeAction;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** A probe, with the defaults of Kubernetes. */
export const probe: Parser<Probe> = object((fields, path) => ({
  action: action(fields, path),
  initialDelaySeconds: fields.either('initialDelaySeconds', count, 0),
  periodSeconds: fields.either('periodSeconds', count, 10),
  timeoutSeconds: fields.either('timeoutSeconds', count, 1),
  successThreshold: fields.either('successThreshold', count, 1),
  failureThreshold: fields.either('failureThreshold', count, 3),
}));

/** A command that is run in a container. */
export const execAction = object((fields) => ({
  kind: 'exec' as const,
  command: fields.required('command', list(text)),
}));

function action(fields: Fields, path: string): ProbeAction {
  const http = fields.optional(
    'httpGet',
    object((get) => {
      get.optional('scheme', oneOf('HTTP'));
      const headers = get.either('httpHeaders', list(header), []);
      return {
        kind: 'http' as const,
        port: get.required('port', countOrText),
        path: get.either('path', text, '/'),
        headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      };
    }),
  );
  const tcp = fields.optional(
    'tcpSocket',
    object((socket) => ({ kind: 'tcp' as const, port: socket.required('port', countOrText) })),
  );
  const [found, another] = [http, tcp, fields.optional('exec', execAction)].filter((one) => one !== undefined);
  if (found === undefined || another !== undefined) throw new Error(`${path} must ask in exactly one way`);
  return found;
}

const header = object((fields) => ({ name: fields.required('name', text), value: fields.required('value', text) }));
