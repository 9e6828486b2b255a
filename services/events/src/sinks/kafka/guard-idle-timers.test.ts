import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { guardIdleTimers } from './guard-idle-timers.ts';

/** A queue as KafkaJS has it, as far as the guard knows it. */
function createQueueClass() {
  return class Queue {
    readonly pending: unknown[] = [];
    armed = 0;
    scheduleCheckPendingRequests(): void {
      this.armed += 1;
    }
  };
}

test('A timer is armed only while something waits to be sent, however often the guard is set', () => {
  const Queue = createQueueClass();
  guardIdleTimers(() => Queue);
  guardIdleTimers(() => Queue);
  const queue = new Queue();
  queue.scheduleCheckPendingRequests();
  expect(queue.armed).toBe(0);
  queue.pending.push('request');
  queue.scheduleCheckPendingRequests();
  expect(queue.armed).toBe(1);
});

test('The guard knows the version that is installed, and no other is', () => {
  expect(() => guardIdleTimers()).not.toThrow();
  const require = createRequire(import.meta.url);
  const { version } = require('kafkajs/package.json') as { version: string };
  const own = require('../../../package.json') as { dependencies: Record<string, string> };
  expect([version, own.dependencies['kafkajs']]).toEqual(['2.2.4', '2.2.4']);
});

test.each([
  ['the file is elsewhere', () => JSON.parse('{')],
  ['the method has another name', () => class {}],
  ['it is no class', () => ({})],
])('Where KafkaJS is built otherwise (%s), nothing is sent before somebody has looked', (_, load) => {
  expect(() => guardIdleTimers(load)).toThrow('is not version 2.2.4');
});
