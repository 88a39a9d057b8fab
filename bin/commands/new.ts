import { existsSync, readFileSync } from "node:fs";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { writeAtomically } from "@dmo-lab/storage/files";
import { packageFile } from "../../lib/project.js";
import { defineCommand } from "../command.js";

/** What the template is called in itself. */
const TEMPLATE = "balancer";

export const command = defineCommand({
  name: "new",
  summary: "begin a task of your own: a robot and a task file here, ready to change",
  usage: "task [NAME]",
  operands: { min: 1, max: 2 },
  options: {},
  notes: () =>
    `Writes NAME.js and NAME.xml (default my-robot), a body that balances on one wheel, which trains as it is. What each part
means: docs/your-own-robot.md. A task file is a program: it runs with your rights.`,

  run({ operands: [what, name = "my-robot"] }) {
    oneOf("what is new", what, ["task"]);
    if (!/^[a-z][\w-]*$/i.test(name))
      throw new InputError(`the task's name is "${name}"; allowed: letters, digits, - and _, a letter first.`);
    const files = ["js", "xml"].map((ending) => ({
      file: `${name}.${ending}`,
      from: `examples/${TEMPLATE}.${ending}`,
    }));
    const there = files.find(({ file }) => existsSync(file));
    if (there) throw new InputError(`"${there.file}" exists already; give the task another name.`);
    for (const { file, from } of files) {
      const text = readFileSync(packageFile(from), "utf8").replaceAll(`examples/${TEMPLATE}`, TEMPLATE);
      writeAtomically(file, text.replaceAll(TEMPLATE, name));
    }
    console.log(`${files.map(({ file }) => file).join(" and ")} are here; next:
  npx dmo-lab tasks ${name}.js
  npx dmo-lab train --task ${name}.js --algorithm dmo --epochs 200 --set dynamics.hidden=64,64 --set dynamics.updates=32
  npx dmo-lab view ${name}.js`);
    return Promise.resolve(0);
  },
});
