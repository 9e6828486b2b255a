/** Whether an `Accept` header (RFC 9110 §12.5.1) names JSON, and prefers it to a page: a program, not a person's browser. */
export function prefersJson(accept: string | undefined): boolean {
  const json = qualityOf(accept, 'application/json');
  return json > 0 && json > qualityOf(accept, 'text/html');
}

/** The quality of a media type that is named itself; ranges name nothing. 0 when it is not there. */
function qualityOf(accept: string | undefined, mediaType: string): number {
  for (const entry of (accept ?? '').slice(0, 1_000).split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    if (type !== mediaType) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    return quality >= 0 && quality <= 1 ? quality : 0;
  }
  return 0;
}
