/** What the gateway answers by itself: JSON to clients, a page to people. */
interface OwnAnswer {
  readonly status: number;
  /** Statuses of nginx that become this answer. */
  readonly causes: readonly number[];
  readonly error: string;
  readonly description: string;
  readonly title: string;
  readonly text: string;
}

const answers: readonly OwnAnswer[] = [
  {
    status: 400,
    // 497: plain HTTP where TLS is spoken; 501, 505: encodings and versions that nobody here knows.
    causes: [400, 497, 501, 505],
    error: 'invalid_request',
    description: 'The request is malformed.',
    title: 'This did not work',
    text: 'The request was malformed. Go back to the application and start anew.',
  },
  {
    status: 405,
    causes: [405],
    error: 'invalid_request',
    description: 'The method is not allowed here.',
    title: 'This did not work',
    text: 'The request was of a kind that is not allowed here. Go back to the application and start anew.',
  },
  {
    status: 413,
    causes: [413],
    error: 'invalid_request',
    description: 'The request body is too large.',
    title: 'That was too much',
    text: 'What was sent is too large. Go back to the application and start anew.',
  },
  {
    status: 414,
    causes: [414],
    error: 'invalid_request',
    description: 'The address of the request is too long.',
    title: 'That was too much',
    text: 'The address is too long. Go back to the application and start anew.',
  },
  {
    status: 421,
    causes: [421],
    error: 'invalid_request',
    description: 'This host is not served here.',
    title: 'Not here',
    text: 'Nothing is served under this name.',
  },
  {
    status: 429,
    causes: [429],
    error: 'temporarily_unavailable',
    description: 'Too many requests came from this address. Try again shortly.',
    title: 'One moment',
    text: 'Too many requests came from your network. Reload the page in a few seconds.',
  },
  {
    status: 431,
    // nginx's own number for headers that are too large.
    causes: [494],
    error: 'invalid_request',
    description: 'The headers of the request are too large.',
    title: 'That was too much',
    text: 'Your browser sent too much. Remove the cookies of this site and start anew.',
  },
  {
    status: 503,
    causes: [500, 502, 504],
    error: 'temporarily_unavailable',
    description: 'The service cannot answer right now. Try again shortly.',
    title: 'One moment',
    text: 'Signing in does not work right now. Reload the page in a few seconds.',
  },
];

const PLACE = '/.gateway/';

/** A pattern of the paths inside nginx under which the answers stand. */
export const ownAnswerPattern = '/\\.gateway/';

/** Maps that the answers need, in the block `http`. */
export const answerMaps: readonly string[] = [
  'map $http_accept $accepting_reader {',
  '  default client;',
  '  ~*text/html person;',
  '}',
  '# Where there is no route, by what is accepted.',
  'map $route_reader $reader {',
  '  default $route_reader;',
  '  "" $accepting_reader;',
  '}',
  'map $uri $retry_after {',
  '  default "";',
  `  ~^${ownAnswerPattern}(?:429|503)/ 1;`,
  '}',
  'map $allowed_methods $allow_if_known {',
  '  default $allowed_methods;',
  '  "" "GET, HEAD, POST, OPTIONS";',
  '}',
  'map $uri $allow {',
  '  default "";',
  `  ~^${ownAnswerPattern}405/ $allow_if_known;`,
  '}',
];

/** Which answer stands for which status, in the block `server`. */
export const errorPages: readonly string[] = answers.map(
  ({ causes, status }) => `error_page ${causes.join(' ')} = ${PLACE}${status}/$reader;`,
);

/** Headers of answers that the gateway itself gives; those of the services have their own. */
export function ownHeaders(serverHeaders: readonly string[]): readonly string[] {
  return [
    ...serverHeaders,
    'add_header Cache-Control no-store always;',
    'add_header X-Content-Type-Options nosniff always;',
    'add_header Referrer-Policy no-referrer always;',
    `add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;`,
    'add_header X-Request-Id $request_id always;',
  ];
}

/** The locations of the answers; nobody can ask for them. `serverHeaders` are those of the server, which they would lose. */
export function answerLocations(serverHeaders: readonly string[]): readonly string[] {
  return [
    `location ^~ ${PLACE} {`,
    '  internal;',
    '  default_type application/json;',
    ...ownHeaders(serverHeaders).map((line) => `  ${line}`),
    '  add_header Retry-After $retry_after always;',
    '  add_header Allow $allow always;',
    ...answers.flatMap((answer) => [
      `  location = ${PLACE}${answer.status}/client { return ${answer.status} '${body(answer)}'; }`,
      `  location = ${PLACE}${answer.status}/person { default_type text/html; return ${answer.status} '${page(answer)}'; }`,
    ]),
    '}',
    '',
    'location / {',
    ...ownHeaders(serverHeaders).map((line) => `  ${line}`),
    '  return 404 "404 page not found\\n";',
    '}',
  ];
}

function body({ error, description }: OwnAnswer): string {
  return JSON.stringify({ error, error_description: description });
}

function page({ title, text }: OwnAnswer): string {
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
}
