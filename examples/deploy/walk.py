"""Walks a Go2 in native MuJoCo with an exported policy: its ONNX file, its description, and nothing else of DMO Lab.

    npx dmo-lab export data/policies/go2-robust.json --out go2.onnx
    PYTHONPATH=.venv/deploy .venv/bin/python examples/deploy/walk.py go2.deployment.json

A robot's program does what Controller does; docs/deployment.md says what else it has to.
"""

import argparse
import json
import time
from pathlib import Path

import mujoco
import numpy as np
import onnxruntime


class Controller:
    """From what a robot measures to joint angles that its motors should hold; all orders and scales are the description's."""

    def __init__(self, description):
        self.about = json.loads(Path(description).read_text())
        if self.about["format"] != "dmo-lab deployment 2":
            raise SystemExit(f"{description}: its format is {self.about['format']}; allowed: dmo-lab deployment 2.")
        model = Path(description).with_name(self.about["model"]["file"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options)
        self.rest = np.array([joint["rest"] for joint in self.about["joints"]])
        self.offsets = np.array([foot["offset"] for foot in self.about["gait"]["feet"]])
        self.begin()

    def begin(self):
        self.previous, self.phase, self.past = np.zeros(len(self.rest)), 0.0, []

    def targets(self, spin, gravity, angles, velocities, command):
        """Base's angular velocity [rad/s] and direction of gravity in its axes, joints [rad, rad/s], command [m/s, m/s, rad/s]."""
        measured = {
            "angular velocity of the base in its axes": spin,
            "unit vector of gravity in the base's axes": gravity,
            "joint angles": angles,
            "joint velocities": velocities,
            "commanded velocity of the base, forward and to the left": command[:2],
            "commanded turning to the left": command[2:],
            "previous action, within [-1, 1]": self.previous,
            "phase of each foot, as sin(2 pi (phase + offset))": np.sin(2 * np.pi * (self.phase + self.offsets)),
        }
        rows = self.about["observation"]
        self.past = [measured, *self.past][: 1 + max(row["stepsAgo"] for row in rows)]
        then = [self.past[min(row["stepsAgo"], len(self.past) - 1)] for row in rows]
        obs = np.concatenate([row["scale"] * at[row["source"]] for row, at in zip(rows, then)])
        names = self.about["model"]
        (action,) = self.session.run([names["output"]], {names["input"]: obs[None].astype(np.float32)})[0]
        limit = self.about["action"]["limit"]
        self.previous = np.clip(action, -limit, limit)
        self.phase = (self.phase + self.about["gait"]["frequency"] * self.about["secondsBetweenActions"]) % 1
        return self.rest + self.about["action"]["scale"] * self.previous


class Robot:
    """A Go2 in MuJoCo; joints and motors are found by name, whatever their order in the file."""

    def __init__(self, file, about):
        self.model = mujoco.MjModel.from_xml_path(str(file))
        self.data = mujoco.MjData(self.model)
        self.control, joints = about["control"], about["joints"]
        self.model.opt.timestep = self.control["seconds"]
        self.steps = round(about["secondsBetweenActions"] / self.control["seconds"])
        names = [mujoco.mj_id2name(self.model, mujoco.mjtObj.mjOBJ_JOINT, i) for i in range(self.model.njnt)]
        ids = [next(i for i, name in enumerate(names) if name in (j["name"], j["name"] + "_joint")) for j in joints]
        self.q, self.qd = self.model.jnt_qposadr[ids], self.model.jnt_dofadr[ids]
        self.motors = [list(self.model.actuator_trnid[:, 0]).index(i) for i in ids]
        self.effort = np.array([joint["effort"] for joint in joints])
        self.base = self.model.jnt_bodyid[list(self.model.jnt_type).index(mujoco.mjtJoint.mjJNT_FREE)]

    def begin(self, angles):
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:7], self.data.qpos[self.q] = [0, 0, 0.34, 1, 0, 0, 0], angles
        mujoco.mj_forward(self.model, self.data)

    def measured(self):
        upright = self.data.xmat[self.base].reshape(3, 3)
        return self.data.qvel[3:6].copy(), -upright[2], self.data.qpos[self.q], self.data.qvel[self.qd]

    def hold(self, targets):
        for _ in range(self.steps):
            q, qd = self.data.qpos[self.q], self.data.qvel[self.qd]
            torque = self.control["stiffness"] * (targets - q) - self.control["damping"] * qd
            self.data.ctrl[self.motors] = np.clip(torque, -self.effort, self.effort)
            mujoco.mj_step(self.model, self.data)
        mujoco.mj_kinematics(self.model, self.data)  # xmat is that of the last step's beginning otherwise

    def fallen(self):
        """Upside down, or on its base."""
        bodies = self.model.geom_bodyid[self.data.contact.geom].reshape(-1, 2)
        return self.data.xmat[self.base][8] < 0 or bool((bodies == self.base).any())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("description", help="the .deployment.json that dmo-lab export wrote, its ONNX file beside it")
    parser.add_argument("--robot", default=Path(__file__).with_name("go2") / "go2.xml", help="MJCF (default: Menagerie's)")
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of commands, which change every 2.5 s")
    parser.add_argument("--log", help="a JSON file for each step's coordinates, velocities, command and action")
    given = parser.parse_args()
    controller = Controller(given.description)
    if controller.about["task"].startswith("go2-bipedal"):
        parser.error(f"{given.description} is of a policy on two legs; allowed: one on four, where this robot starts")
    robot = Robot(given.robot, controller.about)
    largest = np.array([controller.about["commands"][name] for name in ("forward", "left", "turn")])
    random, falls, times, errors, log = np.random.default_rng(given.seed), 0, [], [], []
    seconds = controller.about["secondsBetweenActions"]
    for _ in range(given.episodes):
        controller.begin()
        robot.begin(controller.rest)
        for step in range(round(given.seconds / seconds)):
            if step % round(2.5 / seconds) == 0:
                command = random.uniform(-largest, largest)
            coordinates = [robot.data.qpos.tolist(), robot.data.qvel.tolist()]
            began = time.perf_counter()
            targets = controller.targets(*robot.measured(), command)
            times.append(time.perf_counter() - began)
            robot.hold(targets)
            log.append([*coordinates, command.tolist(), controller.previous.tolist()])
            forward, left, _ = robot.data.xmat[robot.base].reshape(3, 3).T @ robot.data.qvel[:3]
            errors.append(np.abs([forward, left, robot.data.qvel[5]] - command))
            if robot.fallen():
                falls += 1
                break
    print(f"falls: {falls} of {given.episodes}")
    print("mean errors: forward {:.3f} m/s, left {:.3f} m/s, turning {:.3f} rad/s".format(*np.mean(errors, 0)))
    median, slow = 1 / np.quantile(times, [0.5, 0.999])
    print(f"control loop: {median:.0f} Hz, but for one step in 1,000 {slow:.0f} Hz or more; needed: {1 / seconds:.0f} Hz")
    if given.log:
        Path(given.log).write_text(json.dumps(log))


if __name__ == "__main__":
    main()
