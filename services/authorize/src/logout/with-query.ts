/** An address with further parameters in its query. What its query already says stays as it is, byte for byte. */
export function withQuery(address: string, parameters: Readonly<Record<string, string>>): string {
  const encoded = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
  if (encoded === '') return address;
  const [base = '', ...fragment] = address.split('#');
  const separator = base.includes('?') ? (/[?&]$/.test(base) ? '' : '&') : '?';
  return [`${base}${separator}${encoded}`, ...fragment].join('#');
}
