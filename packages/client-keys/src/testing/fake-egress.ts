import { type EgressClient, EgressError, type EgressRequest } from '@tessera/egress';

/** What an address answers: a JSON document, a text, a status, or (an error) nothing at all. */
type FakeAnswer = object | string | number;

/** The answer of an address that cannot be reached. */
export const down = new EgressError('unreachable', 'keys.example cannot be reached');

/** A way out that answers from memory. */
export interface FakeEgress extends EgressClient {
  readonly asked: EgressRequest[];
  readonly answers: Map<string, FakeAnswer>;
}

/** A way out whose addresses answer 404 until a test says otherwise. */
export function createFakeEgress(): FakeEgress {
  const asked: EgressRequest[] = [];
  const answers = new Map<string, FakeAnswer>();
  return {
    asked,
    answers,
    async send(request) {
      asked.push(request);
      const answer = answers.get(request.url) ?? 404;
      if (answer instanceof Error) throw answer;
      if (typeof answer === 'number') return { status: answer, mediaType: 'text/html', text: '<p>canary</p>' };
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
      return { status: 200, mediaType: 'application/json', text };
    },
    async close() {},
  };
}
