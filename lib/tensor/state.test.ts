import { expect, it } from "vitest";
import { Composite, NOTHING, Variable } from "./state.js";

it("a composite remembers its parts by name or in a list, and frees what it owns as well", () => {
  const freed: string[] = [];
  const owned = (name: string) => ({ dispose: () => void freed.push(name) });
  const make = (a: number, b: number) =>
    new Composite(
      {
        rate: new Variable(a),
        members: new Composite([new Variable(b), new Variable(2 * b)]),
        lacking: { ...NOTHING, ...owned("lacking") },
      },
      [owned("compiled")],
    );
  const saved = make(1, 2).save();
  expect(saved).toEqual({ rate: 1, members: [2, 4], lacking: null });
  const other = make(5, 6);
  other.load(saved);
  expect(other.save()).toEqual(saved);
  expect(other.parts.rate.value).toBe(1);
  other.dispose();
  expect(freed).toEqual(["lacking", "compiled"]);
});
