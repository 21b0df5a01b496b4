// Work that is done one at a time, and waiting that ends.

/** One at a time: who asks while it runs gets one more run after it, whose promise is theirs. */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = (): Promise<void> => {
    running = work().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (next) return next;
    if (!running) return run();
    next = running.catch(() => undefined).then(() => {
      next = undefined;
      return run();
    });
    return next;
  };
}

/** A request may hang for minutes when a phone changes networks; whoever waits in turn must not wait for it. */
export function patience(seconds: number): AbortSignal {
  const control = new AbortController();
  setTimeout(() => control.abort(), seconds * 1000);
  return control.signal;
}
