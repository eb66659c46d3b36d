/** One import at a time over all windows of the add-on: two would write to the same folders. */

export const lockName = 'repaint-fill-models';

interface AloneOptions {
  /** How long to wait for another window to end; 0 asks once. */
  readonly patienceMs: number;
}

/** Runs `action` while no other window does; runs `otherwise` when one still does. */
export async function whileAlone<T>(
  action: () => Promise<T>,
  otherwise: () => Promise<T>,
  { patienceMs }: AloneOptions,
): Promise<T> {
  const { locks } = navigator as Partial<WorkerNavigator>;
  if (!locks || !(await isAllowed(locks))) return action();
  if (patienceMs === 0) {
    return locks.request(lockName, { ifAvailable: true }, (lock) =>
      lock ? action() : otherwise(),
    );
  }
  const signal = AbortSignal.timeout(patienceMs);
  let isAlone = false;
  try {
    return await locks.request(lockName, { signal }, () => {
      isAlone = true;
      return action();
    });
  } catch (error) {
    if (isAlone || !signal.aborted) throw error;
    return otherwise();
  }
}

/** A frame that may not use storage may not use locks either; it shares no storage to protect. */
async function isAllowed(locks: LockManager): Promise<boolean> {
  return locks.query().then(
    () => true,
    () => false,
  );
}
