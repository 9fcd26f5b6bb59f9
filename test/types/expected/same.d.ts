/** Whether two types are one, whatever they are called: assignable both ways and of the same members. */
export type Same<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? [keyof A] extends [keyof B]
      ? [keyof B] extends [keyof A] ? true : 'the package has a further member'
      : 'the package lacks a member'
    : 'the package has another type than expected'
  : 'the package has another type than expected';
