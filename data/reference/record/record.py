"""Records trajectories, observations, rewards and gradients of the float64 oracle in `rigid_body.py`.

    python record.py cheetah humanoid snu           writes ../dflex/<task>.json
    python record.py --check cartpole hopper ant    compares the oracle with what the benchmark's own simulator gave

Needs numpy.
"""
import json
import pathlib
import sys

import numpy as np

from rigid_body import Robot, apply, product, rotation

FOLDER = pathlib.Path(__file__).parent.parent / "dflex"
ENVS, STEPS, SHORT, SEED = 2, 32, 8, 1

# What a task observes and rewards, of states q, qd and the (clipped) action [env, .].


def running(q, qd, up, forward, target):
    """Observation of the free-floating runners, without the previous action."""
    R, velocity = rotation(q[:, 3:7]), qd[:, 3:6] + np.cross(qd[:, :3], q[:, :3])
    aim = np.array([target, 0, 0]) - q[:, :3] * [1, 0, 1]
    aim /= np.linalg.norm(aim, axis=1, keepdims=True)
    heading = np.sum(apply(R, np.array(forward)) * aim, 1, keepdims=True)
    upright = apply(R, np.array(up))[:, 1:2]
    return np.hstack([q[:, 1:2], q[:, 3:7], velocity, qd[:, :3], q[:, 7:], 0.1 * qd[:, 6:], upright, heading])


def progress(obs, after):
    """Forward velocity, uprightness and heading; the last two come `after` columns before the end."""
    return obs[:, 5] + 0.1 * obs[:, -2 - after] + obs[:, -1 - after]


def cartpole(q, qd, a):
    (x, angle), (speed, rate) = q.T, qd.T
    wrapped = np.arctan2(np.sin(angle), np.cos(angle))
    obs = np.stack([x, speed, np.sin(angle), np.cos(angle), rate], 1)
    return obs, -(wrapped**2) - 0.1 * rate**2 - 0.05 * x**2 - 0.1 * speed**2


def hopper(q, qd, a):
    h = np.clip(q[:, 1] + 0.3, -1, 0.3)
    reward = qd[:, 0] + np.where(h < 0, -200 * h * h, h) + 1 - (q[:, 2] / np.radians(30)) ** 2
    return np.hstack([q[:, 1:], qd]), reward - 0.1 * np.sum(a * a, 1)


def cheetah(q, qd, a):
    return np.hstack([q[:, 1:], qd]), qd[:, 0] - 0.1 * np.sum(a * a, 1)


def ant(q, qd, a):
    obs = np.hstack([running(q, qd, [0, 0, 1], [1, 0, 0], 1e4), a])
    return obs, progress(obs, 8) + obs[:, 0] - 0.27


def humanoid(q, qd, a):
    obs = np.hstack([running(q, qd, [0, 0, 1], [1, 0, 0], 200), a])
    h = np.clip(obs[:, 0] - 0.84, -1, 0.1)
    return obs, progress(obs, 21) + np.where(h < 0, -200 * h * h, 10 * h) - 0.002 * np.sum(a * a, 1)


def snu(q, qd, a):
    obs = running(q, qd, [0, 1, 0], [0, 0, 1], 1e4)
    return obs, progress(obs, 0) - 0.001 * np.sum(np.abs((a + 1) / 2), 1)


TASKS = {each.__name__: each for each in (cartpole, hopper, cheetah, ant, humanoid, snu)}
# Uniform noise of the start: position, rotation (planar: pitch), joints, velocities.
NOISE = {
    "cheetah": (0.1, 0.1, 0.1, 0.25),
    "humanoid": (0.1, np.radians(7.5), 0.2, 0.25),
    "snu": (0.1, np.radians(7.5), 0, 0.25),
}


def start(robot, noise, random):
    """States q, qd near the start; numbers that float32 holds."""
    position, rotate, joints, velocity = noise
    q = np.tile(np.array(robot.model["start_q"], float), (ENVS, 1))
    qd = random.uniform(-velocity, velocity, (ENVS, robot.nv))
    if robot.nq > robot.nv:
        angle, axis = random.uniform(-rotate, rotate, (ENVS, 1)), random.uniform(-0.5, 0.5, (ENVS, 3))
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        q[:, :3] += random.uniform(-position, position, (ENVS, 3))
        q[:, 3:7] = product(q[:, 3:7], np.hstack([axis * np.sin(angle / 2), np.cos(angle / 2)]))
        q[:, 7:] += random.uniform(-joints, joints, (ENVS, robot.nq - 7))
    else:
        q += random.uniform(-position, position, q.shape)
    return q.astype(np.float32).astype(float), qd.astype(np.float32).astype(float)


def roll_out(robot, judge, q, qd, actions):
    """Lists over the steps: q, qd, observations, rewards."""
    rows = []
    for action in actions:
        q, qd = robot.step(q, qd, action)
        rows.append((q, qd, *judge(q, qd, action)))
    return [np.stack(column) for column in zip(*rows)]


def gradient(robot, judge, q, qd, actions, h=1e-6):
    """Of the reward summed over the steps, at the actions [step, env, action]: central differences."""
    steps, envs, size = actions.shape
    moves = h * np.eye(steps * size).reshape(-1, steps, size)
    result = np.empty(actions.shape)
    for env in range(envs):
        moved = np.swapaxes(actions[:, env] + np.concatenate([moves, -moves]), 0, 1)
        total = []
        for some in np.array_split(moved, -(-moved.shape[1] // 128), axis=1):
            states = [np.repeat(x[env:env + 1], some.shape[1], 0) for x in (q, qd)]
            total.extend(roll_out(robot, judge, *states, some)[3].sum(0))
        total = np.array(total)
        result[:, env] = ((total[:len(moves)] - total[len(moves):]) / (2 * h)).reshape(steps, size)
    return result


def numbers(x):
    """JSON with as many digits as the comparison needs."""
    if isinstance(x, (list, tuple, np.ndarray)):
        return "[" + ",".join(map(numbers, x)) + "]"
    text = f"{x:.7g}"
    return text.replace("e-0", "e-") if "e" in text else text


def section(robot, judge, q, qd, actions):
    rows = dict(zip(("q", "qd", "obs", "reward"), roll_out(robot, judge, q, qd, actions)))
    initial = {"q": q, "qd": qd, "obs": judge(q, qd, np.zeros_like(actions[0]))[0]}
    rows["gradient8"] = gradient(robot, judge, q, qd, actions[:SHORT])
    body = ",".join(f'"{name}":{numbers(values)}' for name, values in rows.items())
    return '{"initial":{' + ",".join(f'"{k}":{numbers(v)}' for k, v in initial.items()) + "}," + body + "}"


def record(name):
    robot, judge, random = Robot(load(name + "_model")), TASKS[name], np.random.default_rng(SEED)
    actions = np.round(random.uniform(-0.99, 0.99, (STEPS, ENVS, robot.actions)), 2)
    q = np.tile(np.array(robot.model["start_q"], float), (ENVS, 1)).astype(np.float32).astype(float)
    parts = {
        "actions": numbers(actions),
        "deterministic": section(robot, judge, q, np.zeros((ENVS, robot.nv)), actions[:SHORT]),
        "stochastic": section(robot, judge, *start(robot, NOISE[name], random), actions),
    }
    source = "float64 oracle, recorded by ../record/record.py"
    text = "{" + f'"source":"{source}",' + ",\n".join(f'"{key}":{value}' for key, value in parts.items()) + "}\n"
    (FOLDER / f"{name}.json").write_text(text)


def check(name):
    """Largest differences between the oracle and the benchmark's own float32 records."""
    robot, given = Robot(load(name + "_model")), load(name)
    for kind in ("deterministic", "stochastic"):
        part = given[kind]
        q, qd = (np.array(part["initial"][key], float) for key in ("q", "qd"))
        actions = np.array(given["actions"], float)[:len(part["q"])]
        got = dict(zip(("q", "qd", "obs", "reward"), roll_out(robot, TASKS[name], q, qd, actions)))
        got["gradient8"] = gradient(robot, TASKS[name], q, qd, actions[:SHORT])
        for key, values in got.items():
            wanted = np.array(part[key], float)
            worst = np.max(np.abs(values - wanted) / np.maximum(1, np.abs(wanted)))
            if key == "gradient8":
                worst = np.linalg.norm(values - wanted) / np.linalg.norm(wanted)
            print(f"{name}, {kind} start, {len(wanted)} steps: {key} differs by {worst:.1e}")


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--check"]
    for each in names:
        (check if "--check" in sys.argv else record)(each)
