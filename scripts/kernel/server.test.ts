import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { Server } from "./server.mjs";
import { tslabRequire } from "./tslab.mjs";

const { Dealer } = tslabRequire("zeromq");

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A request as it goes over the wire, signed with an empty key. */
function request(type: string): string[] {
  const parts = [
    JSON.stringify({ msg_type: type, msg_id: "1", session: "1", username: "", version: "5.3" }),
    "{}",
    "{}",
    "{}",
  ];
  const signature = parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", "")).digest("hex");
  return ["<IDS|MSG>", signature, ...parts];
}

// zeromq refuses to send and to receive while it binds: what is read by then ends in a kernel that never answers.
test("a client that is there first is answered, once all sockets are bound", async () => {
  const names = ["iopub", "shell", "control", "stdin", "hb"];
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  const portsOf = Object.fromEntries([...ports].map(([name, port]) => [`${name}_port`, port]));
  const connection = { ip: "127.0.0.1", transport: "tcp", key: "", ...portsOf };
  const file = join(temporaryFolder({ "connection.json": JSON.stringify(connection) }), "connection.json");
  const events: string[] = [];
  class Slow extends Server {
    override async bindSocket(...[socket, port]: Parameters<Server["bindSocket"]>): Promise<void> {
      await super.bindSocket(socket, port);
      await sleep(port === ports.get("hb") ? 500 : 0);
      events.push("bound");
    }
  }
  const handler = { handleKernel: () => (events.push("asked"), {}), close: () => {} };
  const server = new Slow(handler as never, file);
  const client = new Dealer({ receiveTimeout: 10_000, linger: 0 });
  client.connect(`tcp://127.0.0.1:${ports.get("shell")!}`);
  await client.send(request("kernel_info_request"));
  await server.init();
  expect(await client.receive()).toHaveLength(6);
  expect(events).toEqual([...names.map(() => "bound"), "asked"]);
  client.close();
  for (const name of names) (server as unknown as Record<string, { close(): void }>)[name].close();
});
