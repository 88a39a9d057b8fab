import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tslabRequire } from "../scripts/kernel/tslab.mjs";
import { freePorts } from "./free-ports.js";

/** A Jupyter client for tests: starts the kernel as Jupyter does and speaks its protocol over the same sockets. */

type Message = { type: string; parent?: string; content: Record<string, unknown> };
export type Outcome = { reply: Record<string, unknown>; messages: Message[] };

const zmq = tslabRequire("zeromq") as typeof import("zeromq");
const DELIMITER = Buffer.from("<IDS|MSG>");
const SOCKETS = ["shell", "iopub", "stdin", "control", "hb"];

/** What a kernel reads of where to listen, with free ports, and its key. */
export async function connection() {
  const ports = await freePorts(SOCKETS.length);
  const named = Object.fromEntries(SOCKETS.map((name, i) => [`${name}_port`, ports[i]]));
  return { ...named, ip: "127.0.0.1", transport: "tcp", key: "test" } as { [name: string]: string | number } & { key: string }; // prettier-ignore
}

/** A request as it goes over the wire, of that `date`. */
export function request(
  type: string,
  id: string,
  content: object,
  key: string,
  date = new Date(),
): (Buffer | string)[] {
  const header = { msg_id: id, msg_type: type, session: "test", username: "test", version: "5.3", date };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  const signature = createHmac("sha256", key);
  for (const part of parts) signature.update(part);
  return [DELIMITER, signature.digest("hex"), ...parts];
}

export class Kernel {
  private readonly listeners = new Set<(message: Message) => void>();
  private readonly shell = new zmq.Dealer();
  private readonly iopub = new zmq.Subscriber();

  private constructor(
    readonly process: ChildProcess,
    private readonly folder: string,
    private readonly key: string,
  ) {}

  /** Starts the kernel of the checkout in `root`, in its folder of notebooks, and waits until it answers. */
  static async start(root = resolve(".")): Promise<Kernel> {
    const folder = mkdtempSync(join(tmpdir(), "dmo-lab-kernel-"));
    const where = await connection();
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(where));
    const main = join(root, "scripts", "kernel", "main.mjs");
    const child = spawn(process.execPath, [main, file], {
      cwd: join(root, "notebooks"),
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.setMaxListeners(0);
    const kernel = new Kernel(child, folder, where.key);
    kernel.shell.connect(`tcp://127.0.0.1:${where.shell_port}`);
    kernel.iopub.connect(`tcp://127.0.0.1:${where.iopub_port}`);
    kernel.iopub.subscribe();
    void kernel.listen(kernel.shell);
    void kernel.listen(kernel.iopub);
    await kernel.heard();
    return kernel;
  }

  /** A subscription takes a moment to arrive: asks until the end of a request is heard. */
  private async heard(): Promise<void> {
    const answers: Promise<boolean>[] = [];
    do {
      if (this.process.exitCode !== null) throw new Error(`the kernel ended with ${this.process.exitCode}`);
      const answer = this.request("kernel_info_request", {});
      answers.push(answer.then(() => true).catch(() => false));
    } while (!(await Promise.race([...answers, sleep(1000, false)])));
  }

  /** Runs a cell to its end; `onMessage` sees its messages as they come. It may have been `sent` some time ago. */
  execute(code: string, onMessage?: (message: Message) => void, sent?: Date): Promise<Outcome> {
    return this.request("execute_request", { code, silent: false, stop_on_error: true }, onMessage, sent);
  }

  /** What Interrupt does in JupyterLab. */
  interrupt(): void {
    this.process.kill("SIGINT");
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    }
    this.shell.close();
    this.iopub.close();
    rmSync(this.folder, { recursive: true });
  }

  async request(type: string, content: object, onMessage?: (message: Message) => void, sent?: Date): Promise<Outcome> {
    const id = randomUUID();
    const messages: Message[] = [];
    const outcome = new Promise<Outcome>((done, fail) => {
      let reply: Record<string, unknown> | undefined;
      let idle = false;
      const ended = (): void =>
        fail(new Error(`the kernel ended (${this.process.exitCode ?? this.process.signalCode})`));
      const listener = (message: Message): void => {
        if (message.parent !== id) return;
        if (message.type.endsWith("_reply")) reply = message.content;
        else if (message.type !== "status") messages.push(message);
        else idle ||= message.content.execution_state === "idle";
        onMessage?.(message);
        if (!reply || !idle) return;
        this.listeners.delete(listener);
        this.process.off("exit", ended);
        done({ reply, messages });
      };
      this.listeners.add(listener);
      this.process.once("exit", ended);
    });
    await this.shell.send(request(type, id, content, this.key, sent));
    return outcome;
  }

  private async listen(socket: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.equals(DELIMITER)) + 2;
      const [header, parent, , content] = frames.slice(start).map((frame) => JSON.parse(frame.toString()) as unknown);
      const message = {
        type: (header as { msg_type: string }).msg_type,
        parent: (parent as { msg_id?: string }).msg_id,
        content: content as Record<string, unknown>,
      };
      for (const listener of [...this.listeners]) listener(message);
    }
  }
}

/** What a cell wrote to a stream. */
export const written = ({ messages }: Outcome, name = "stdout"): string =>
  messages
    .filter(({ type, content }) => type === "stream" && content.name === name)
    .map(({ content }) => content.text as string)
    .join("");
