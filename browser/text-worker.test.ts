import { afterEach, expect, test, vi } from "vitest";
import { textWorker } from "./text-worker.js";

/** A worker as pages have it, which the test has speak. */
class Speaking extends EventTarget {
  static last: Speaking;
  told: unknown[] = [];
  terminated = false;
  constructor(readonly address: string) {
    super();
    Speaking.last = this;
  }
  say = (data: unknown) => this.dispatchEvent(new MessageEvent("message", { data }));
  postMessage = (command: unknown) => this.told.push(command);
  terminate = () => (this.terminated = true);
}

afterEach(() => vi.unstubAllGlobals());

/** A worker of an empty script, what it was heard to say, and the one behind it. */
function started() {
  vi.stubGlobal("Worker", Speaking);
  const heard: unknown[] = [];
  const worker = textWorker<string>("", (report: string) => heard.push(report), (message) => heard.push({ message })); // prettier-ignore
  return { worker, heard, behind: Speaking.last };
}

test("a worker is heard until its end, and what it said before and arrives after is not", () => {
  const { worker, heard, behind } = started();
  behind.say("first");
  worker.tell("go on");
  worker.end();
  behind.say("late");
  behind.dispatchEvent(Object.assign(new Event("error"), { message: "late as well" }));
  expect({ heard, told: behind.told, terminated: behind.terminated }).toEqual({
    ...{ heard: ["first"], told: ["go on"], terminated: true },
  });
});

test("an error that a worker does not catch is heard by its message", () => {
  const { heard, behind } = started();
  behind.dispatchEvent(Object.assign(new Event("error"), { message: "no memory" }));
  expect(heard).toEqual([{ message: "no memory" }]);
});
