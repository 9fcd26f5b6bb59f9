/** Planted bugs in one push on its way, and in what its errors tell. */
export const sending = [
  {
    name: 'a timeout that aborts nothing',
    file: 'src/lib/send/span.ts',
    find: '    abort(span, new DeliveryError(',
    replace: '    void (new DeliveryError(',
    why: 'one push service that never answers stops a queue',
  },
  {
    name: 'an aborted signal not looked at before sending',
    file: 'src/lib/send/attempt.ts',
    find: '  signal?.throwIfAborted();\n',
    replace: '',
    why: 'what was called off is sent',
  },
  {
    name: 'a lost answer called not sent',
    file: 'src/lib/send/attempt.ts',
    find: "let sent: PushError['sent'] = 'maybe';",
    replace: "let sent: PushError['sent'] = 'no';",
    why: 'the message is sent twice without anyone knowing',
  },
  {
    name: 'the caller’s listener left on its signal',
    file: 'src/lib/send/span.ts',
    find: "signal?.removeEventListener('abort', passOn);",
    replace: '',
    why: 'a long-lived signal collects a listener for every push',
  },
  {
    name: 'the body of a success not cancelled',
    file: 'src/lib/response.ts',
    find: 'else await source.body?.cancel();',
    replace: '',
    why: 'six unread bodies stall a Worker',
  },
  {
    name: 'the endpoint of an error printed',
    file: 'src/errors.ts',
    find: "'retryAfter', 'sent', 'origin']",
    replace: "'retryAfter', 'sent', 'origin', 'endpoint']",
    why: 'a capability stands in every log',
  },
  {
    name: 'what a fetch failed with shown as it is',
    file: 'src/lib/secrets.ts',
    find: 'if (!tells(printed(error), endpoint)) return error;',
    replace: 'return error;',
    why: 'Bun’s console and Deno print the endpoint, a capability, with the cause',
  },
];
