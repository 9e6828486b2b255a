/** A pod of a StatefulSet that is there, also one that is going. */
export interface StatefulPod {
  readonly ordinal: number;
  readonly isNew: boolean;
  readonly isAvailable: boolean;
  readonly isTerminating: boolean;
}

/** What a StatefulSet does next: pods to make by their numbers, and one to end. */
export interface StatefulStep<P> {
  readonly create: readonly number[];
  readonly remove: P | undefined;
}

/**
 * The next step of a StatefulSet: the pods are made in their order and ended in the opposite one, each only when all before
 * it are available; with `isParallel` they are made and ended at once, and updated one by one all the same.
 */
export function statefulStep<P extends StatefulPod>(
  replicas: number,
  isParallel: boolean,
  pods: readonly P[],
): StatefulStep<P> {
  const missing = Array.from({ length: replicas }, (_, ordinal) => ordinal).filter(
    (ordinal) => !pods.some((pod) => pod.ordinal === ordinal),
  );
  const fromLast = pods.toSorted((left, right) => right.ordinal - left.ordinal);
  const surplus = fromLast.find(({ ordinal, isTerminating }) => ordinal >= replicas && !isTerminating);
  const isSteady = pods.every(({ isAvailable, isTerminating }) => isAvailable && !isTerminating);
  const [next] = missing;
  if (next !== undefined) {
    const areBeforeAvailable = pods.every(({ ordinal, isAvailable }) => ordinal > next || isAvailable);
    if (isParallel) return { create: missing, remove: undefined };
    return { create: areBeforeAvailable ? [next] : [], remove: undefined };
  }
  if (surplus !== undefined) return { create: [], remove: isParallel || isSteady ? surplus : undefined };
  const outdated = fromLast.filter(({ isNew, isTerminating }) => !isNew && !isTerminating);
  const isBusy = pods.some(({ isTerminating }) => isTerminating);
  // One that does not work is replaced first: it would never become available.
  const broken = outdated.find(({ isAvailable }) => !isAvailable);
  const areNewAvailable = pods.every(({ isNew, isAvailable }) => !isNew || isAvailable);
  if (isBusy || !areNewAvailable) return { create: [], remove: undefined };
  return { create: [], remove: broken ?? outdated[0] };
}
