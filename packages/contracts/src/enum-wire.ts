/** How the values of an enumeration of this code stand on the wire. */
export type EnumTable<K extends string, V> = Readonly<Record<K, V>>;

/** The value that an enumerator stands for; undefined when only a newer peer knows it, or the peer said nothing. */
export function enumFromWire<K extends string, V>(table: EnumTable<K, V>, value: V): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}
