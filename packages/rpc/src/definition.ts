/** One unary method as the generated code describes it. */
export interface UnaryMethod {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: false;
  requestSerialize(value: never): Buffer;
  requestDeserialize(bytes: Buffer): unknown;
  responseSerialize(value: never): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** A service as the generated code describes it. */
export type RpcDefinition = Readonly<Record<string, UnaryMethod>>;

/** The message a method takes. */
export type RequestOf<M extends UnaryMethod> = ReturnType<M['requestDeserialize']>;

/** The message a method answers. */
export type ResponseOf<M extends UnaryMethod> = ReturnType<M['responseDeserialize']>;

/**
 * The methods of a service as functions. The server implements this, the client has this, and so both ends look the
 * same with a wire between them or without.
 */
export type RpcMethods<D extends RpcDefinition> = {
  readonly [K in keyof D]: (request: RequestOf<D[K]>) => Promise<ResponseOf<D[K]>>;
};

/** Full name of a service, e.g. `tessera.keys.v1.KeysService`. */
export function serviceName(definition: RpcDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}
