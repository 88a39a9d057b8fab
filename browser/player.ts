/** A robot that lives on in the page's viewer with the newest policy, in real time, and can be pushed. */
import { buildTree } from "@dmo-lab/physics/tree";
import type { Vec3 } from "@dmo-lab/physics/vector";
import { findTask } from "../lib/tasks/index.js";
import type { Environment } from "../lib/tasks/environment.js";
import { streams } from "../lib/tensor/random.js";
import { Policy } from "../lib/training/policy.js";
import { play } from "../tools/report/record.js";
import { type Frame, packFrames, packLive, withoutFrames } from "../tools/report/recording.js";
import { stageOf } from "../tools/report/scene.js";
import type { PlayerCommand, PlayerReport } from "./messages.js";
import { pushed } from "./push.js";

/** Between two messages of frames [ms]; frames that are due later than in `LATE` such are left out. */
const TICK = 40;
const LATE = 4;

export class Player {
  private policy?: Policy;
  private frames?: Iterator<Frame>;
  private change?: Vec3;
  private clock = 0;
  private readonly task;
  private readonly stage;
  private readonly tree;
  private readonly starts = streams(0)("starts in the page");

  constructor(
    task: string,
    private readonly report: (message: PlayerReport) => void,
  ) {
    this.task = findTask(task);
    this.tree = buildTree(this.task.model);
    this.stage = stageOf(this.task, "");
    report({ is: "scene", scene: packFrames(withoutFrames(this.stage.scene)) });
    setInterval(() => this.tick(), TICK);
  }

  obey(command: PlayerCommand): void {
    if (command.do === "push") this.change = command.velocity;
    else {
      this.policy?.dispose();
      this.policy = Policy.parse(command.policy);
    }
  }

  /** Makes the frames that are due. */
  private tick(): void {
    const now = performance.now();
    this.clock = Math.max(this.clock, now - LATE * TICK);
    if (!this.policy) return;
    const due: Frame[] = [];
    for (; this.clock < now; this.clock += 1000 * this.task.model.timeStep) due.push(this.next());
    if (due.length > 0) this.report({ is: "frames", ...packLive(due) });
  }

  private next(): Frame {
    this.frames ??= this.episode();
    const next: IteratorResult<Frame, unknown> = this.frames.next();
    if (!next.done) return next.value;
    this.frames = undefined;
    return this.next();
  }

  private episode(): Iterator<Frame> {
    const options = {
      stage: this.stage,
      start: this.task.reset(this.starts),
      before: (e: Environment) => this.shove(e),
    };
    return play(this.task, (seen) => this.policy!.act(seen), options);
  }

  private shove(environment: Environment): void {
    if (!this.change) return;
    environment.move(0, { qd: pushed(this.tree, environment.coordinates.qd, this.change) });
    this.change = undefined;
  }
}
