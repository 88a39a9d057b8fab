// JSON texts of users and of other people.
import { InputError } from "./errors.js";

/** The value of a JSON text; `name` stands for it in errors. @throws InputError, also for a key `__proto__` */
export function parseJson(text: string, name: string): unknown {
  let value: unknown;
  let odd = false;
  try {
    value = JSON.parse(text, (key, part: unknown) => {
      odd ||= key === "__proto__";
      return part;
    });
  } catch (error) {
    throw new InputError(`${name} is not JSON: ${(error as Error).message.split("\n")[0]}.`);
  }
  if (odd) throw new InputError(`${name} has a key "__proto__"; allowed: other names.`);
  return value;
}
