/** Tasks, those of the library and your own; batched environments, episodes, trials of the Go2. */
import "../robots/index.js";

export { defineTask } from "../lib/tasks/define-task.js";
export { engineNames, enginesOf, type EngineName } from "../lib/tasks/engines.js";
export { Environment, type Advance, type EnvironmentState, type Outcome, type Step } from "../lib/tasks/environment.js";
export { episodes, type Act, type EpisodeStep } from "../lib/tasks/episodes.js";
export { createEnvironment, findTask, registerTasks, taskNames } from "../lib/tasks/index.js";
export { byRow, column, placed, reader, total, type Reader, type TableRow } from "../lib/tasks/read.js";
export {
  sense,
  sensorsOf,
  sumOfSquares,
  uniforms,
  type Actions,
  type ActorPart,
  type Context,
  type ContextRow,
  type Ends,
  type ForEngines,
  type Measure,
  type ObservationRow,
  type RewardTerm,
  type Sensors,
  type State,
  type Task,
  type TaskDefinition,
} from "../lib/tasks/task.js";
export { loadTask } from "../tools/user/task-file.js";
export { allegro } from "../robots/allegro/allegro.js";
export { go2Bipedal } from "../robots/go2/go2-bipedal.js";
export { conditions as go2Conditions, type Conditions as Go2Conditions } from "../robots/go2/go2-conditions.js";
export {
  demonstrate,
  demonstrations,
  isGo2,
  tryInConditions,
  type Demonstration,
  type TrialsInConditions,
} from "../robots/go2/go2-demonstration.js";
export {
  scoreTrials,
  trials,
  type Commands,
  type Moment,
  type Trial,
  type TrialScore,
} from "../robots/go2/go2-trials.js";
export { go2 } from "../robots/go2/go2.js";
export { simulate, type Matrix, type SimulateOptions, type Simulation } from "../tools/simulate/simulate.js";
