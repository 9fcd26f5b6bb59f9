/** The body of an answer as a ReadableStream that asks for one piece at a time. */

/** Where a body comes from; it stands still until it is resumed. */
export interface Source {
  readonly resume: () => void;
  readonly pause: () => void;
  /** Nobody wants the rest. */
  readonly cancel: () => void;
}

export interface Body {
  readonly source: Source;
  /** Called when a reader cancels or the source has ended. */
  readonly done: () => void;
  /** Made when it is first asked for: most never are, and one costs Node as much as a request. */
  stream: ReadableStream<Uint8Array> | undefined;
  controller: Controller | undefined;
  ending: Ending | undefined;
  /** Whether a reader waits for the peer; if not, the peer waits for a reader. */
  wanted: boolean;
  /** What came before the stream was asked for. */
  readonly parts: Uint8Array[];
}

type Controller = ReadableStreamDefaultController<Uint8Array>;
type Ending = (controller: Controller) => void;

/** What nobody reads stays with the peer. */
const NOTHING_AHEAD = { highWaterMark: 0 };

export function createBody(source: Source, done: () => void): Body {
  return {
    source, done, parts: [], wanted: false,
    stream: undefined, controller: undefined, ending: undefined,
  };
}

export function streamOf(body: Body): ReadableStream<Uint8Array> {
  return (body.stream ??= new ReadableStream({
    start: (controller) => {
      body.controller = controller;
      for (const part of body.parts.splice(0)) controller.enqueue(part);
      body.ending?.(controller);
    },
    pull: () => {
      body.wanted = true;
      body.source.resume();
    },
    cancel: () => {
      over(body, () => {});
      body.source.cancel();
    },
  }, NOTHING_AHEAD));
}

function over(body: Body, how: Ending): void {
  if (body.ending) return;
  body.ending = how;
  body.wanted = false;
  if (body.controller) how(body.controller);
  body.done();
}

export function pushBody(body: Body, bytes: Uint8Array): void {
  if (body.ending) return;
  body.wanted = false;
  body.source.pause();
  if (body.controller) body.controller.enqueue(bytes);
  else body.parts.push(bytes);
}

export function endBody(body: Body): void {
  over(body, (to) => to.close());
}

export function failBody(body: Body, error: unknown): void {
  over(body, (to) => to.error(error));
}

/** Nobody will ask for it. */
export function discardBody(body: Body): void {
  endBody(body);
  body.source.cancel();
}
