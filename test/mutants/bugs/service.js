/** Planted bugs in the push service for tests. */
export const service = [
  {
    name: 'a token for another push service taken',
    file: 'src/lib/service/claims.ts',
    find: "if (!list.some((one) => typeof one === 'string' && isOrigin(one, audience))) {",
    replace: 'if (false) {',
    why: 'the test double would not notice a sender’s wrong audience',
  },
  {
    name: 'a token that lives for a year taken',
    file: 'src/lib/service/claims.ts',
    find: 'if (!(exp <= seconds + MAX_LIFETIME)) {',
    replace: 'if (false) {',
    why: 'RFC 8292 §2: at most 24 hours',
  },
  {
    name: 'an expired token taken',
    file: 'src/lib/service/claims.ts',
    find: 'if (!(seconds <= exp))',
    replace: 'if (false)',
    why: 'RFC 8292 §2',
  },
  {
    name: 'a signature not looked at',
    file: 'src/lib/service/verify.ts',
    find: 'if (!(await verifyEs256(key, signature, ',
    replace: 'if (!(await true || verifyEs256(key, signature, ',
    why: 'anybody sends in our name',
  },
];
