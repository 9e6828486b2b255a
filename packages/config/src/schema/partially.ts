/** A value of a type that the schema has checked so far as it goes: any part may be missing, none has another type. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

/** The present items of a partial list, with their positions. */
export function presentItems<T>(items: readonly (T | undefined)[] | undefined): readonly (readonly [number, T])[] {
  return (items ?? []).flatMap((item, index) => (item === undefined ? [] : [[index, item] as const]));
}
