import { tslabRequire } from "./tslab.mjs";

/**
 * @typedef {import("./handler.mjs").Handler} Handler
 * @typedef {{ sendTimeout: number, sendHighWaterMark: number }} Socket
 * @typedef {{ content: any, header: { msg_type: string }, createReply(): Message, signAndSend(key: string, socket: Socket): void }} Message
 */

const { ZmqServer } = tslabRequire("./jupyter.js");

/** tslab's server: its sockets lose nothing, and a cell's messages are as Jupyter's protocol has them. */
export class Server extends ZmqServer {
  /** @param {Handler} handler @param {string} connectionFile */
  constructor(handler, connectionFile) {
    super(handler, connectionFile);
    this.handler = handler;
    /** @type {Message | undefined} the last cell, as long as it runs or waits */
    this.executing = undefined;
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
    const content = await this.handler.execute(request.content, publish);
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
