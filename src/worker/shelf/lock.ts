/** One import at a time over all windows of the add-on: two would write to the same folders. */

const lockName = 'repaint-fill-models';

/** Runs `action` while no other window does; runs `otherwise` when one does. */
export async function whileAlone<T>(
  action: () => Promise<T>,
  otherwise: () => Promise<T>,
): Promise<T> {
  const { locks } = navigator as Partial<WorkerNavigator>;
  if (!locks || !(await isAllowed(locks))) return action();
  return locks.request(lockName, { ifAvailable: true }, (lock) => (lock ? action() : otherwise()));
}

/** A frame that may not use storage may not use locks either; it shares no storage to protect. */
async function isAllowed(locks: LockManager): Promise<boolean> {
  return locks.query().then(
    () => true,
    () => false,
  );
}
