/** Exit codes of a process that a signal ended: 128 + the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/**
 * Runs `work` so that, once it has something to lose and calls `listen`, a first Ctrl-C only raises its signal, when the
 * event loop turns: `work` comes to an end by itself. Before that, and for a second one, Ctrl-C ends the process at once,
 * also while it computes. From `listen` on, a process that was started with a channel to its parent, as those of a sweep
 * are, also stops when the parent closes it or is gone.
 * @param say takes the line for the user
 * @returns what `work` gave, and the exit code of an interrupted process, 0 otherwise
 */
export async function interruptible<T>(
  work: (signal: AbortSignal, listen: () => void) => Promise<T>,
  say = (line: string): void => console.error(`\n${line}`),
): Promise<{ result: T; exit: number }> {
  const controller = new AbortController();
  let exit = 0;
  const stop = (signal: Signal): void => {
    exit = SIGNALS[signal];
    release();
    say("Stopping after this epoch; once more to stop at once.");
    controller.abort();
  };
  const abandoned = (): void => stop("SIGTERM");
  const release = (): void => {
    names.forEach((name) => process.off(name, stop));
    process.off("disconnect", abandoned);
  };
  const names = Object.keys(SIGNALS) as Signal[];
  let listening = false;
  const listen = (): void => {
    if (listening) return;
    listening = true;
    names.forEach((name) => process.on(name, stop));
    process.on("disconnect", abandoned);
    const connected = process.connected as boolean | undefined; // undefined without a channel
    if (connected === false) abandoned();
  };
  try {
    return { result: await work(controller.signal, listen), exit };
  } finally {
    release();
  }
}
