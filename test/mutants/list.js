import { answers } from './bugs/answer.js';
import { many } from './bugs/many.js';
import { messages } from './bugs/message.js';
import { primitives } from './bugs/primitive.js';
import { requests } from './bugs/request.js';
import { sending } from './bugs/send.js';
import { service } from './bugs/service.js';
import { vapid } from './bugs/vapid.js';

/**
 * Planted bugs: each a mistake that someone could make, and that would go out unnoticed without the
 * suite. `find` stands exactly once in `file`; `replace` is the bug; `why`: what it would cost.
 * `checks: true`: found by the tests in test/node, those whose names hold one of `tests`.
 */
export const mutants = [
  ...messages,
  ...primitives,
  ...vapid,
  ...requests,
  ...sending,
  ...answers,
  ...service,
  ...many,
];
