/** What the tests share. Nothing here may need one runtime. */
import type { Test } from 'uvu';

/** Leaves a test out and says why; the runner prints the reason and counts it. A bare `test.skip` fails. */
export function skip<T>(test: Test<T>, name: string, reason: string): void {
  test.skip(name, Object.assign(() => {}, { reason }));
}
