const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether `value` is a UUID in its usual form. Anything else would fail a whole batch at the database. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** Whether every backend can keep `value` as text: well-formed Unicode without NUL, which PostgreSQL refuses. */
export function isStorableText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}
