import { expect, test } from "vitest";
import { parseModel } from "./mjcf.js";

const world = `<worldbody><body name="b"><joint name="h" axis="0 1 0"/><joint name="s" type="slide"/><geom size=".1"/><site name="tip"/>
  <body name="c" pos="0 0 1"><joint name="ball" type="ball"/><geom size=".1"/></body></body></worldbody>
  <tendon><fixed name="t"><joint joint="h" coef="1"/></fixed></tendon>`;

// What MuJoCo's documentation of each shortcut says that its control is.
test.each<[actuator: string, control: string, unit: string, range: [number, number], activations?: number]>([
  ['<position joint="h" kp="50" ctrlrange="-2 1"/>', "target angle of joint h", "rad", [-2, 1]],
  ['<position joint="s" kp="50" ctrlrange="0 1" gear="2"/>', "target position of joint s", "m", [0, 0.5]],
  [
    '<position joint="h" kp="50" dampratio="1" timeconst=".1" ctrlrange="0 1"/>',
    "target angle of joint h, filtered over 0.1 s",
    "rad",
    [0, 1],
    1,
  ],
  ['<velocity joint="h" kv="3" ctrlrange="-4 4"/>', "target velocity of joint h", "rad/s", [-4, 4]],
  [
    '<intvelocity joint="h" kp="50" ctrlrange="-2 2" actrange="-1 1"/>',
    "rate of the target angle of joint h",
    "rad/s",
    [-2, 2],
    1,
  ],
  ['<damper joint="h" kv="3" ctrlrange="0 2"/>', "damping of joint h", "N m / (rad/s)", [0, 6]],
  ['<motor joint="h" gear="3" ctrlrange="0 2"/>', "torque of joint h", "N m", [0, 6]],
  ['<motor joint="ball" gear="0 0 4"/>', "torque of joint ball", "N m", [-4, 4]],
  ['<motor site="tip" gear="0 0 1 0 0 0" ctrlrange="0 5"/>', "force of site tip", "N", [0, 5]],
  ['<motor site="tip" gear="0 0 0 0 0 -2" ctrlrange="0 5"/>', "torque of site tip", "N m", [-0, -10]],
  ['<motor tendon="t" gear="5"/>', "force of tendon t", "N", [-5, 5]],
  ['<adhesion body="c" gain="3" ctrlrange="0 2"/>', "adhesion of body c", "N", [0, 6]],
  ['<muscle joint="h" ctrlrange="0 1" lengthrange="0 1"/>', "excitation of joint h", "1", [0, 1], 1],
  [
    '<general joint="h" gainprm="7" dyntype="filter" dynprm=".3" ctrlrange="-1 1"/>',
    "torque of joint h, filtered over 0.3 s",
    "N m",
    [-7, 7],
    1,
  ],
])("%s", async (actuator, control, unit, range, activations) => {
  const named = actuator.replace("/>", ' name="a"/>');
  const { actuators } = await parseModel(`<mujoco>${world}<actuator>${named}</actuator></mujoco>`, "x.xml", {
    mujocoOnly: true,
  });
  expect(actuators).toEqual([{ name: "a", control, unit, range, ...(activations ? { activations } : {}) }]);
});

test("motors of joints, an actuator each, stay what they are", async () => {
  const text = `<mujoco>${world}<actuator><motor joint="h" gear="3" ctrlrange="-2 2"/><motor joint="s"/></actuator></mujoco>`;
  const { actuators } = await parseModel(text, "x.xml", { mujocoOnly: true });
  expect(actuators).toEqual([
    { link: "b/h", strength: 6 },
    { link: "b", strength: 1 },
  ]);
});
