/** A worker that is told commands until its end. */
export type TextWorker<Command> = { tell(command: Command): void; end(): void };

/**
 * A worker out of a script's text, so that pages on a disk have them as well.
 * @param script its text @param hear what it reports goes there, until its end: what it said before may arrive after
 * @param failed the message of an error that ended it goes there
 */
export function textWorker<Command>(
  script: string,
  hear: (report: never) => void,
  failed?: (message: string) => void,
): TextWorker<Command> {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  const ended = new AbortController();
  const { signal } = ended;
  worker.addEventListener("message", ({ data }) => hear(data as never), { signal });
  worker.addEventListener("error", ({ message }) => failed?.(message), { signal });
  const end = (): void => {
    ended.abort();
    worker.terminate();
  };
  return { tell: (command) => worker.postMessage(command), end };
}
