import { expect, it } from "vitest";
import { InputError } from "./errors.js";
import { parseJson } from "./parse-json.js";
import { check, dictionary, number } from "./schema.js";

it("reads JSON, and names what is none", () => {
  expect(parseJson('{"a": [1, null]}', "x")).toEqual({ a: [1, null] });
  expect(() => parseJson('{"a": ', '"a.json"')).toThrow(InputError);
  expect(() => parseJson('{"a": ', '"a.json"')).toThrow(/^"a.json" is not JSON: [^\n]+\.$/);
});

it("refuses a key that would be an object's prototype, wherever it is", () => {
  const message = /has a key "__proto__"; allowed: other names\./;
  expect(() => parseJson('{"a": [{"__proto__": {"polluted": 1}}]}', "x")).toThrow(message);
  expect(() => check(dictionary(number), { ["__proto__"]: 1 }, "rewardTerms")).toThrow(message);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});
