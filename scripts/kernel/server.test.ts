import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { connection, request } from "../../tests/kernel-client.js";
import { temporaryFolder } from "../../tests/temporary.js";
import { Server } from "./server.mjs";
import { tslabRequire } from "./tslab.mjs";

const { Dealer } = tslabRequire("zeromq");

// zeromq refuses to send and to receive while it binds: what is read by then ends in a kernel that never answers.
test("a client that is there first is answered, once all sockets are bound", async () => {
  const where = await connection();
  const file = join(temporaryFolder({ "connection.json": JSON.stringify(where) }), "connection.json");
  const events: string[] = [];
  class Slow extends Server {
    override async bindSocket(...[socket, port]: Parameters<Server["bindSocket"]>): Promise<void> {
      await super.bindSocket(socket, port);
      await sleep(port === where.hb_port ? 500 : 0);
      events.push("bound");
    }
  }
  const handler = { handleKernel: () => (events.push("asked"), {}), close: () => {} };
  const server = new Slow(handler as never, file);
  const client = new Dealer({ receiveTimeout: 10_000, linger: 0 });
  client.connect(`tcp://127.0.0.1:${where.shell_port}`);
  await client.send(request("kernel_info_request", "1", {}, where.key));
  await server.init();
  expect(await client.receive()).toHaveLength(6);
  expect(events).toEqual([...Array(5).fill("bound"), "asked"]);
  client.close();
  for (const socket of [server.iopub, server.shell, server.control, server.stdin, server.hb]) socket.close();
});
