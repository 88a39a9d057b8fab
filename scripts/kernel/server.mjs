import { readFileSync } from "node:fs";
import { tslabRequire } from "./tslab.mjs";

/**
 * @typedef {import("./handler.mjs").Handler} Handler
 * @typedef {import("./handler.mjs").Sender} Sender
 * @typedef {AsyncIterable<unknown[]> & { sendTimeout: number, sendHighWaterMark: number }} Socket
 * @typedef {{ content: any, header: Sender & { msg_type: string }, createReply(): Message, signAndSend(key: string, socket: Socket): void }} Message
 */

const { ZmqServer } = tslabRequire("./jupyter.js");
const zmq = tslabRequire("zeromq");

/** Does something with every message of a socket, until it is closed. @param {Socket} socket @param {(frames: unknown[]) => void} handle */
async function each(socket, handle) {
  for await (const frames of socket) handle(frames);
}

/** tslab's server: it hears who is there before it, its sockets lose nothing, and a cell's messages are as Jupyter's protocol has them. */
export class Server extends ZmqServer {
  /** @param {Handler} handler @param {string} connectionFile */
  constructor(handler, connectionFile) {
    super(handler, connectionFile);
    this.handler = handler;
    /** @type {Message | undefined} the last cell, as long as it runs or waits */
    this.executing = undefined;
  }

  /**
   * Binds all sockets, and then reads them. zeromq refuses to receive and to send while it binds, so a client's message that
   * came by then would end the loop that reads it, and the kernel would never answer.
   */
  async init() {
    this.connInfo = JSON.parse(readFileSync(this.configPath, "utf8"));
    [this.iopub, this.hb] = [new zmq.Publisher(), new zmq.Reply()];
    for (const name of ["shell", "control", "stdin"]) this[name] = new zmq.Router();
    const names = ["iopub", "shell", "control", "stdin", "hb"];
    await Promise.all(names.map((name) => this.bindSocket(this[name], this.connInfo[`${name}_port`])));
    for (const socket of [this.shell, this.control])
      void each(socket, (frames) => void this.handleShellMessage(socket, ...frames));
    void each(this.hb, (frames) => this.hb.send(frames));
  }

  /**
   * zeromq puts off every 512th message to a later tick and refuses the ones that come meanwhile, so that output in
   * bursts is lost, and the end of the cell with it. Without a time-out it puts nothing off.
   * @param {Socket} socket @param {number} port
   */
  async bindSocket(socket, port) {
    socket.sendTimeout = 0;
    if (socket === this.iopub) socket.sendHighWaterMark = 0;
    await super.bindSocket(socket, port);
  }

  /**
   * Every request ends with an idle kernel, but while a cell runs that is not the whole truth.
   * @param {Socket} socket @param {unknown[]} frames
   */
  async handleShellMessage(socket, ...frames) {
    await super.handleShellMessage(socket, ...frames);
    if (this.executing) this.publishStatus("busy", this.executing);
  }

  /** @param {Socket} socket @param {Message} request */
  async handleExecute(socket, request) {
    this.executing = request;
    const publish = (/** @type {string} */ type, /** @type {object} */ content) =>
      this.reply(this.iopub, request, type, content);
    const content = await this.handler.execute(request.content, publish, request.header);
    if (this.executing === request) this.executing = undefined;
    this.reply(socket, request, "execute_reply", content);
  }

  /** @param {Socket} socket @param {Message} request */
  handleCommInfoRequest(socket, request) {
    this.reply(socket, request, "comm_info_reply", { status: "ok", comms: {} });
  }

  /** @param {Socket} socket @param {Message} request @param {string} type @param {object} content */
  reply(socket, request, type, content) {
    const message = request.createReply();
    message.header.msg_type = type;
    message.content = content;
    message.signAndSend(this.connInfo.key, socket);
  }

  /** Ends the process, which what cells have left running would keep, when the last messages are out. */
  close() {
    this.handler.close();
    setTimeout(() => process.exit(0), 200);
  }
}
