import { Client, type ClientConfig, type PoolClient } from 'pg';

/**
 * A connection that knows whether its server is a standby, which takes no writes and may lag behind. The server says so when
 * the connection is opened, and when it is promoted (`in_hot_standby`, PostgreSQL 14 and later).
 */
export class StandbyAwareClient extends Client {
  isStandby = false;

  constructor(config?: ClientConfig) {
    super(config);
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterName === 'in_hot_standby') this.isStandby = parameterValue === 'on';
    });
  }
}

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** A pool's check of a new connection: one to a standby is given up. */
export function refuseStandby(client: PoolClient, done: (error?: Error) => void): void {
  const isStandby = client instanceof StandbyAwareClient && client.isStandby;
  if (isStandby) done(new Error('the PostgreSQL server is a standby, which takes no writes'));
  else done();
}
