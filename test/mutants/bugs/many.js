/** Planted bugs in sending to many. */
export const many = [
  {
    name: 'origins that never answered may take every request',
    file: 'src/lib/many/lanes.ts',
    find: 'run.strangers < part(run.concurrency, 4)',
    replace: 'true',
    why: 'dead hosts stop a batch for everybody',
  },
  {
    name: 'a refused token’s error handed on as a key mismatch',
    file: 'src/lib/many/lanes.ts',
    find: "return error.code === 'ERR_KEY_MISMATCH'",
    replace: 'return false',
    why: 'rows are deleted that nobody has asked the push service about',
  },
  {
    name: 'an origin that refuses every token asked on',
    file: 'src/lib/many/lanes.ts',
    find: 'lane.blames >= run.unauthorizedLimit && lane.sender === sender',
    replace: 'false',
    why: 'a million requests with a bad token get a sender blocked',
  },
  {
    name: 'a wait longer than the patience begun',
    file: 'src/lib/many/flight.ts',
    find: 'time + wait > job.deadline || ',
    replace: '',
    why: 'one push service that asks for a day holds a batch for a day',
  },
  {
    name: 'a timer set for longer than timers take',
    file: 'src/lib/many/flight.ts',
    find: 'Math.min(wait, MAX_TIMER)',
    replace: 'wait',
    why: 'setTimeout fires at once: a storm of requests',
  },
  {
    name: 'a pause for one row, not for its origin',
    file: 'src/lib/many/flight.ts',
    find: '    if (until > lane.until) {',
    replace: '    if (false) {',
    why: 'a push service that said "wait" hears from all other rows',
  },
  {
    name: 'one 503 among many good answers a pause for its origin',
    file: 'src/lib/many/flight.ts',
    find: 'const asks = retryAfter',
    replace: 'const asks = status === 503 || retryAfter',
    why: 'a push service with a bad machine in fifty gets 130 messages a second',
  },
  {
    name: 'outcomes heaped up for a consumer that does not pull',
    file: 'src/lib/many/pump.ts',
    find: ' || run.done.length >= run.concurrency',
    replace: '',
    why: 'the memory of a batch grows with its rows',
  },
];
