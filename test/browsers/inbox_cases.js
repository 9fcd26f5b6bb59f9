/** The inbox as a person uses it. Each case gets a page at the inbox's address. */
import { createsAndCopies, makesTrouble, sendsFromPage } from './inbox_actions.js';
import { filtersClearsDownloads, keyboard, nothingShifts } from './inbox_list.js';
import { namesAndOrder, narrowWindow, themes } from './inbox_looks.js';
import { appearsAtOnce, comesBack, showsNotification, takesApart } from './inbox_push.js';
import { neverEval, neverMarkup } from './inbox_safety.js';

export const inboxCases = [
  ['a push appears within 100 ms', appearsAtOnce],
  ['a push is taken apart', takesApart],
  ['a declarative notification looks like one', showsNotification],
  ['nothing a push says becomes markup', neverMarkup],
  ['scripts and pictures from elsewhere are blocked', neverEval],
  ['a subscription is made, and its snippets work', createsAndCopies],
  ['pushes are sent from the page', sendsFromPage],
  ['trouble by buttons', makesTrouble],
  ['keyboard', keyboard],
  ['filter, clear and download', filtersClearsDownloads],
  ['narrow windows', narrowWindow],
  ['names, headings and focus order', namesAndOrder],
  ['light and dark, with contrast', themes],
  ['nothing shifts', nothingShifts],
  ['a push has an address', comesBack],
];
