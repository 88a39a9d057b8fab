/**
 * A first study: DMO and SHAC on CartPole, each with a short and a long horizon, two seeds of each.
 *
 *   npx dmo-lab sweep examples/study.ts
 *
 * docs/studies.md explains it.
 */
import { study } from "dmo-lab";

export default study.defineStudy({
  name: "horizons",
  tasks: ["cartpole"],
  algorithms: ["dmo", "shac"],
  seeds: [1, 2],
  base: { epochs: 40, decayEpochs: 40 },
  settings: [
    { name: "short", horizon: 16 },
    { name: "long", horizon: 48 },
  ],
});
