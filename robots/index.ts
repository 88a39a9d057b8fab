/** All robots that live in folders of their own: importing this makes their tasks known by name. */
import { registerTasks } from "../lib/tasks/index.js";
import { allegro } from "./allegro/allegro.js";
import "./go2/go2-laptop.js";
import { go2Tasks } from "./go2/go2-trials.js";

registerTasks({ allegro, ...go2Tasks });
