/** A part of a graph that runs many times in one call of its session: TensorFlow's loop of single nodes. */
import { attribute, FLOAT32, type Graph, INT32, shapeOf } from "./graph.js";

const FRAME = Buffer.from("turns");
const typed = (dtype: number) => ({ T: attribute("type", dtype) });

/** Adds a loop to a graph: what is added to the graph from then on runs in each of its turns. */
export class Loop {
  /** Of the turn that runs: its number, and a scalar that says whether there is one. */
  private readonly turn: string;
  private readonly running: string;
  constructor(
    private readonly graph: Graph,
    private readonly turns: number,
  ) {
    const whole = (value: number) => graph.fixed(INT32, [], Int32Array.of(value));
    const [first, last, one] = [
      this.enter(whole(0), INT32, false),
      this.enter(whole(turns), INT32),
      this.enter(whole(1), INT32),
    ];
    const count = graph.node("Merge", [first, "next_turn"], { ...typed(INT32), N: attribute("i", 2) });
    this.running = graph.node("LoopCond", [graph.node("Less", [count, last], typed(INT32))], {});
    const split = this.split(count, INT32);
    this.turn = graph.node("Identity", [split.goesOn], typed(INT32));
    const next = graph.node("AddV2", [this.turn, one], typed(INT32));
    graph.node("NextIteration", [next], typed(INT32), [], "next_turn");
    graph.after = [this.inTurn];
  }

  /** The input of nodes that run in every turn, though nothing that they read is of a turn. */
  private get inTurn(): string {
    return `^${this.turn.replace(":0", "")}`;
  }

  /** A value of outside that is the same in all turns, or (`constant` false) one that the first turn begins with. */
  enter(name: string, dtype: number, constant = true): string {
    return this.graph.node("Enter", [name], {
      ...typed(dtype),
      frame_name: attribute("s", FRAME),
      is_constant: attribute("b", constant),
      parallel_iterations: attribute("i", 1),
    });
  }

  /** This turn's row of a value of outside. */
  row(name: string, dtype: number): string {
    const axis = this.graph.fixed(INT32, [], Int32Array.of(0), this.graph.after);
    return this.graph.node("GatherV2", [this.enter(name, dtype), this.turn, axis], {
      Tparams: attribute("type", dtype),
      Tindices: attribute("type", INT32),
      Taxis: attribute("type", INT32),
      batch_dims: attribute("i", 0),
    });
  }

  /**
   * A value that begins as one of outside and that every turn replaces.
   * @returns its name in a turn, the name of what is left in the end, and the way to say what the next turn gets
   */
  carry(name: string, dtype: number): { now: string; end: string; becomes: (name: string) => void } {
    const { graph } = this;
    const next = `next_of_${name.replace(":", "_")}`;
    const merged = graph.node("Merge", [this.enter(name, dtype, false), next], {
      ...typed(dtype),
      N: attribute("i", 2),
    });
    const { goesOn, ended } = this.split(merged, dtype);
    const end = graph.node("Exit", [ended], typed(dtype));
    const becomes = (replaced: string): void => {
      // What every turn has alike would go on by itself: the turn's number holds it back where there is no turn.
      const held = graph.node("Identity", [replaced, this.inTurn], typed(dtype));
      graph.node("NextIteration", [held], typed(dtype), [], next);
    };
    return { now: goesOn, end, becomes };
  }

  /** All turns' values of a scalar [turns], float32; returns its name. */
  collect(scalar: string): string {
    const { graph, turns } = this;
    const all = this.carry(graph.fixed(FLOAT32, [turns], new Float32Array(turns)), FLOAT32);
    const numbers = this.enter(
      graph.fixed(
        INT32,
        [turns],
        Int32Array.from({ length: turns }, (_, k) => k),
      ),
      INT32,
    );
    const here = graph.node("Equal", [numbers, this.turn], {
      ...typed(INT32),
      incompatible_shape_error: attribute("b", true),
    });
    all.becomes(graph.node("SelectV2", [here, scalar, all.now], typed(FLOAT32)));
    return all.end;
  }

  /** The same value, of a shape that TensorFlow knows before it runs: what it makes of a graph depends on that. */
  shaped(name: string, dtype: number, shape: readonly number[]): string {
    return this.graph.node("EnsureShape", [name], { ...typed(dtype), shape: attribute("shape", shapeOf(shape)) });
  }

  private split(name: string, dtype: number): { goesOn: string; ended: string } {
    const ended = this.graph.node("Switch", [name, this.running], typed(dtype));
    return { ended, goesOn: ended.replace(":0", ":1") };
  }
}
