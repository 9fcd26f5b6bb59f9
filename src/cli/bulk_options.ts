/** The options that are about sending to many. */
import type { Group } from './args.ts';

export const BULK_GROUP: Group = {
  title: 'To many',
  options: [
    {
      name: 'subscriptions',
      value: 'FILE',
      help: 'one JSON object in each line: a file, or - for standard input',
    },
    {
      name: 'results',
      value: 'FILE',
      help: 'where the results go, one JSON object in each line; - for standard output',
    },
    { name: 'resume', help: 'go on with these results: rows that have one are not sent to again' },
    {
      name: 'retry-failed',
      help: 'with --resume: send again also where the result is a failure that may pass',
    },
    {
      name: 'prune-file',
      value: 'FILE',
      help: 'collect what to delete: row, id, subscriptionId and code',
    },
    { name: 'concurrency', value: 'NUMBER', help: 'in flight at once, default 256' },
    { name: 'per-origin', value: 'NUMBER', help: 'of these to one push service, default 100' },
    { name: 'attempts', value: 'NUMBER', help: 'for one row at most, default 3' },
    {
      name: 'patience',
      value: 'SPAN',
      help: 'for one row with all attempts and waits, default 5m',
    },
    {
      name: 'lookahead',
      value: 'NUMBER',
      help: 'rows read ahead for services that make us wait, default 1024',
    },
  ],
};
