import { createHash } from 'node:crypto';

/** A tag under which what was made by a recipe is found again, for as long as nothing in the recipe changes. */
export function recipeTag(kind: 'base' | 'stand-in', recipe: unknown): string {
  return `localhost/${kind}:${createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 32)}`;
}
