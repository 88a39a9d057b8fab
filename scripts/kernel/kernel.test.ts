import { afterAll, beforeAll, expect, test } from "vitest";
import { Kernel, written, type Outcome } from "./client.js";

let kernel: Kernel;
beforeAll(async () => {
  kernel = await Kernel.start();
});
afterAll(() => kernel.stop());

test("x", async () => {
  for (const code of [
    "1+1",
    "const a: number = 3; console.log(a); a*2",
    "\n\n// comment\nfunction f(x: number): number {\n\n  type K = string;\n  throw new Error('hoi ' + x);\n}\n\n f(3)",
    "const b = 1;\nf(5)",
    "const z: string = 5;\nfoo()",
    "async function* g() { yield 1; yield 2; }\nfor await (const x of g()) console.log(x)",
    "await new Promise(r => setTimeout(r, 100));\nconst q = 1;\n\nnull.foo",
    "throw 5",
    "Promise.reject(new Error('later')); 3",
    "console.log(1)",
    "import * as dl from 'seedrandom'; dl",
    "process.on('unhandledRejection', e => { throw e }); Promise.reject(new Error('boo'))",
    "if (",
    "let k = 1;\nconst s = [1,2].map(x => {\n  return x.foo;\n})",
  ]) {
    await new Promise((r) => setTimeout(r, 100));
    const t = performance.now();
    const o = await kernel.execute(code);
    console.log(
      code,
      "\n=>",
      performance.now() - t,
      JSON.stringify(o.reply.status),
      o.messages
        .map(
          (m) =>
            m.type +
            " " +
            (m.type === "error" ? (m.content.traceback as string[]).join("\n") : JSON.stringify(m.content)),
        )
        .join("\n"),
    );
  }
});
