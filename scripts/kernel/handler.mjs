import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { Library } from "./library.mjs";
import { describeError, Interrupted } from "./traceback.mjs";
import { tslabRequire } from "./tslab.mjs";

/**
 * @typedef {import("./compile.mjs").Compiler} Compiler
 * @typedef {import("tslab/dist/executor.js").Executor} Executor
 * @typedef {(type: string, content: object) => void} Publish sends a message to all who show the notebook
 * @typedef {{ session: string, date?: string }} Sender who sent a request, and when by its own clock [ISO 8601]
 * @typedef {{ data: Record<string, unknown>, metadata: object, transient: { display_id?: string } }} Display
 */

const jupyter = tslabRequire("./jupyter.js");
const { createExecutor } = tslabRequire("./executor.js");
const { getVersion, TaskQueue, TaskCanceledError } = tslabRequire("./util.js");

/** Under this name, code in cells finds what the kernel offers it; typed in lib/kernel.ts. */
const OFFER = Symbol.for("dmo-lab.kernel");
/** Under this name, the library offers what values of its own show (tools/notebook/cards.ts). */
const CARDS = Symbol.for("dmo-lab.cards");

/** @param {unknown} value @returns {string} */
const shown = (value) => /** @type {any} */ (globalThis)[CARDS]?.(value) ?? inspect(value);

/** Ends the queue of cells behind a failed one, which have arrived by then. */
class CellFailed extends Error {
  /** @param {object} reply */
  constructor(reply) {
    super();
    this.reply = reply;
  }
}

/** Executes cells, one after the other. */
export class Handler extends jupyter.JupyterHandlerImpl {
  count = 0;
  queue = new TaskQueue();
  library = new Library(fileURLToPath(new URL("../../dist/.fingerprint", import.meta.url)));
  /** The session whose cell failed last, and when by its clock it can't have known yet [ms]. */
  failed = { session: "", at: 0 };
  /** Raised by an interrupt, for loops of the library that a cell has started. */
  interruption = new AbortController();
  /** @type {unknown[]} what the executor reports of the cell: what was thrown, the value of the last expression */
  thrown = [];
  /** @type {unknown[]} */
  values = [];

  /** @param {Compiler} compiler @param {string} folder against which cells resolve what they import */
  constructor(compiler, folder) {
    const console = {
      log: (/** @type {unknown} */ value) => this.values.push(value),
      error: (/** @type {unknown} */ error) => this.thrown.push(error),
    };
    /** @type {Executor} */
    const executor = createExecutor(folder, { node: compiler.node, close: () => compiler.close() }, console);
    super(executor, false);
    this.compiler = compiler;
    this.cells = executor;
  }

  /** Stops the cell and what it has started. */
  interrupt() {
    this.cells.interrupt();
    this.interruption.abort(new Interrupted());
    this.interruption = new AbortController();
  }

  handleKernel() {
    const reply = super.handleKernel();
    const { versions } = tslabRequire("./public.js");
    Object.assign(reply, {
      implementation_version: getVersion(),
      banner: `TypeScript ${versions.typescript}, Node ${versions.node}`,
    });
    Object.assign(reply.language_info, { version: versions.typescript, pygments_lexer: "typescript" });
    return reply;
  }

  /**
   * What was sent along with a cell that fails is not executed, whenever it arrives: what is dated before its sender can
   * have known. No time is waited for, so what comes after the failure is executed at once.
   * @param {{ code: string, stop_on_error?: boolean }} request
   * @param {Publish} publish
   * @param {Sender} sender
   * @returns {Promise<object>} the content of the reply
   */
  async execute(request, publish, { session, date = "" }) {
    const arrived = performance.now();
    const sent = Date.parse(date);
    if (session === this.failed.session && sent < this.failed.at) return { status: "aborted" };
    try {
      return await this.queue.add(() => this.runCell(request, publish));
    } catch (error) {
      if (error instanceof TaskCanceledError) return { status: "aborted" };
      if (!(error instanceof CellFailed)) throw error;
      this.queue.reset();
      this.failed = { session, at: sent + Math.floor(performance.now() - arrived) }; // dates are whole milliseconds
      return error.reply;
    }
  }

  /** @param {{ code: string, stop_on_error?: boolean }} request @param {Publish} publish */
  async runCell({ code, stop_on_error }, publish) {
    const execution_count = ++this.count;
    const name = `cell ${execution_count}`;
    this.compiler.begin(name);
    publish("execute_input", { code, execution_count });
    this.redirect(publish);
    const notice = this.library.notice(code);
    if (notice) publish("stream", { name: "stderr", text: notice });
    const error = await this.attempt(code);
    await new Promise(setImmediate); // node tells of rejections that nobody awaits when a turn ends
    if (error) {
      const content = describeError(error.thrown, this.compiler.cells, { name, source: code });
      publish("error", content);
      const reply = { status: "error", execution_count, ...content };
      if (stop_on_error === false) return reply;
      throw new CellFailed(reply);
    }
    for (const value of this.values)
      publish("execute_result", { execution_count, data: { "text/plain": shown(value) }, metadata: {} });
    return { status: "ok", execution_count, payload: [], user_expressions: {} };
  }

  /** @param {string} code @returns {Promise<{ thrown: unknown } | undefined>} */
  async attempt(code) {
    this.thrown = [];
    this.values = [];
    try {
      return (await this.cells.execute(code)) ? undefined : { thrown: this.thrown[0] };
    } catch (thrown) {
      return { thrown };
    }
  }

  /**
   * What code writes from now on belongs to this cell, also after its end, until the next one.
   * @param {Publish} publish
   */
  redirect(publish) {
    const stream = (/** @type {"stdout" | "stderr"} */ name) => {
      const decoder = new TextDecoder();
      /** @type {(chunk: string | Uint8Array, ...rest: any[]) => boolean} */
      process[name].write = (chunk, ...rest) => {
        publish("stream", { name, text: typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }) });
        const done = rest.at(-1);
        if (typeof done === "function") done();
        return true;
      };
    };
    stream("stdout");
    stream("stderr");
    const display = (/** @type {Display} */ content, /** @type {boolean} */ update) =>
      publish(update ? "update_display_data" : "display_data", content);
    jupyter.lastWriteDisplayData = display; // for tslab's own display functions
    Object.assign(globalThis, { [OFFER]: { display, interruption: this.interruption.signal } });
  }
}
