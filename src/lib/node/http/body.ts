/** The body of an answer as a ReadableStream that asks for one piece at a time. */

/** Where a body comes from; it stands still until it is resumed. */
export interface Source {
  readonly resume: () => void;
  readonly pause: () => void;
  /** Nobody wants the rest. */
  readonly cancel: () => void;
}

export interface Body {
  /**
   * Made when it is first asked for: most never are, and making one costs Node as much as a
   * request.
   */
  readonly stream: () => ReadableStream<Uint8Array>;
  readonly push: (bytes: Uint8Array) => void;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
  /** Whether a reader waits for the peer; if not, the peer waits for a reader. */
  readonly wanted: () => boolean;
}

type Controller = ReadableStreamDefaultController<Uint8Array>;
type Ending = (controller: Controller) => void;

/** What nobody reads stays with the peer. */
const NOTHING_AHEAD = { highWaterMark: 0 };

/** `done` is called when a reader cancels or the source has ended. */
export function createBody(source: Source, done: () => void): Body {
  let stream: ReadableStream<Uint8Array> | undefined;
  let controller: Controller | undefined;
  let ending: Ending | undefined;
  let wanted = false;
  const parts: Uint8Array[] = [];
  const over = (how: Ending): void => {
    if (ending) return;
    ending = how;
    wanted = false;
    if (controller) how(controller);
    done();
  };
  const start = (given: Controller): void => {
    controller = given;
    for (const part of parts.splice(0)) given.enqueue(part);
    ending?.(given);
  };
  const pull = (): void => {
    wanted = true;
    source.resume();
  };
  const cancel = (): void => {
    over(() => {});
    source.cancel();
  };
  return {
    stream: () => (stream ??= new ReadableStream({ start, pull, cancel }, NOTHING_AHEAD)),
    wanted: () => wanted,
    push: (bytes) => {
      if (ending) return;
      wanted = false;
      source.pause();
      if (controller) controller.enqueue(bytes);
      else parts.push(bytes);
    },
    end: () => over((to) => to.close()),
    fail: (error) => over((to) => to.error(error)),
  };
}
