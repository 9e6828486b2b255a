import { list, map, object, oneOf, type Parser, text } from './reading.ts';

/** Names and values that objects are found by. */
export type Labels = Readonly<Record<string, string>>;

/** What labels must say. All of it must hold; nothing asked is everything found. */
export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly LabelExpression[];
}

interface LabelExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** Labels. */
export const labels: Parser<Labels> = map(text);

/** A selector of labels. */
export const labelSelector: Parser<LabelSelector> = object((fields) => ({
  matchLabels: fields.either('matchLabels', labels, {}),
  matchExpressions: fields.either(
    'matchExpressions',
    list(
      object((expression) => ({
        key: expression.required('key', text),
        operator: expression.required('operator', oneOf('In', 'NotIn', 'Exists', 'DoesNotExist')),
        values: expression.either('values', list(text), []),
      })),
    ),
    [],
  ),
}));

/** Whether labels are as a selector asks. */
export function isSelected(selector: LabelSelector, found: Labels): boolean {
  return (
    Object.entries(selector.matchLabels).every(([name, value]) => found[name] === value) &&
    selector.matchExpressions.every((expression) => holds(expression, found[expression.key]))
  );
}

function holds({ operator, values }: LabelExpression, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
