/** Ctrl-C and its kin, for work that ends in good order. */
/** 128 and the signal's number, as shells have it. */
const STATUSES: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]);
/** Milliseconds that what is in flight is given to come to its end. */
const GRACE = 5000;

export interface Stop {
  /** Whether a signal came. */
  readonly asked: () => boolean;
  /** The exit status that the signal asks for. */
  readonly status: () => number;
  /** Fires when what is in flight is to be given up. */
  readonly signal: AbortSignal;
  /** Gives up at once, for this reason. */
  readonly abort: (reason: unknown) => void;
  /** Calls back at the first signal, at once where it came before. */
  readonly onAsked: (callback: () => void) => void;
  /** Signals do what they always do again. */
  readonly close: () => void;
}

/** From now on the first signal asks to stop, the second gives up, the third ends the process. */
export function listenForSignals(): Stop {
  const controller = new AbortController();
  const callbacks: (() => void)[] = [];
  let [times, status] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    status = STATUSES.get(signal) ?? 1;
    times++;
    if (times === 1) {
      timer = setTimeout(() => controller.abort(new Error('interrupted')), GRACE);
      for (const callback of callbacks) callback();
    } else if (times === 2) controller.abort(new Error('interrupted'));
    else process.exit(status);
  };
  for (const signal of STATUSES.keys()) process.on(signal, handle);
  return {
    asked: () => times > 0,
    status: () => status,
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    onAsked: (callback) => {
      if (times > 0) callback();
      else callbacks.push(callback);
    },
    close: () => {
      clearTimeout(timer);
      for (const signal of STATUSES.keys()) process.off(signal, handle);
    },
  };
}
