/** Exit codes of a process that a signal ended: 128 + the signal's number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/** What writing to a reader, or to a terminal, that is gone fails with, and the signal that stands for it. */
const GONE: { [code: string]: Signal | undefined } = { EPIPE: "SIGPIPE", EIO: "SIGHUP" };

/** Signals that reach a process; node ignores SIGPIPE. */
const CAUGHT = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/**
 * Runs `work` so that, once it has something to lose and calls `listen`, a first signal (Ctrl-C, SIGTERM, a terminal that
 * hangs up, an output whose reader is gone) only raises the abort signal, when the event loop turns: `work` comes to an end
 * by itself. Before that, and for a second Ctrl-C or SIGTERM, a signal ends the process at once, also while it computes.
 * From `listen` on, a process that was started with a channel to its parent, as those of a sweep are, also stops when the
 * parent closes it or is gone.
 * @param say takes the line for the user
 * @returns what `work` gave, and the exit code of an interrupted process, 0 otherwise
 */
export async function interruptible<T>(
  work: (signal: AbortSignal, listen: () => void) => Promise<T>,
  say = (line: string): void => console.error(`\n${line}`),
): Promise<{ result: T; exit: number }> {
  const controller = new AbortController();
  let exit = 0;
  let listening = false;
  let gone: Signal | undefined;
  const release = (...signals: readonly Signal[]): void => {
    signals.forEach((signal) => process.off(signal, stop));
    process.off("disconnect", abandoned);
  };
  const stop = (signal: Signal): void => {
    if (exit !== 0) return;
    exit = SIGNALS[signal];
    release("SIGINT", "SIGTERM"); // a terminal that goes may hang up more than once
    say("Stopping after this epoch; once more to stop at once.");
    controller.abort();
  };
  const abandoned = (): void => stop("SIGTERM");
  const unheard = ({ code = "" }: NodeJS.ErrnoException): void => {
    gone ??= GONE[code];
    if (listening && gone) stop(gone);
  };
  const listen = (): void => {
    if (listening) return;
    listening = true;
    CAUGHT.forEach((signal) => process.on(signal, stop));
    process.on("disconnect", abandoned);
    const connected = process.connected as boolean | undefined; // undefined without a channel
    if (connected === false) abandoned();
    if (gone) stop(gone);
  };
  process.stdout.on("error", unheard);
  try {
    return { result: await work(controller.signal, listen), exit };
  } finally {
    release(...CAUGHT);
    process.stdout.off("error", unheard);
  }
}
