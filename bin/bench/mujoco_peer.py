"""Times mj_step of native MuJoCo on one thread.

Started by the benchmark with JSON on its input: xml, timestep, steps (in a control step), inertia, starts (qpos, qvel of
each environment), actions [step][env * action], actionSize, seconds. Prints JSON: the library's version and the median
microseconds of a control step of one environment, or {} where there is no such library.
"""

import importlib.util
import json
import statistics
import sys
import time


def measure(mujoco, work):
    model = mujoco.MjModel.from_xml_string(work["xml"])
    model.opt.timestep = work["timestep"]
    model.body_inertia[:] = [work["inertia"][i : i + 3] for i in range(0, len(work["inertia"]), 3)]
    datas = [mujoco.MjData(model) for _ in work["starts"]]
    size, steps = work["actionSize"], work["steps"]

    def round_of_all():
        for data, start in zip(datas, work["starts"]):
            mujoco.mj_resetData(model, data)
            data.qpos[:], data.qvel[:] = start["qpos"], start["qvel"]
        began = time.perf_counter()
        for action in work["actions"]:
            for env, data in enumerate(datas):
                data.ctrl[:] = action[env * size : (env + 1) * size]
                mujoco.mj_step(model, data, steps)
        return time.perf_counter() - began

    round_of_all()
    times, began = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - began < work["seconds"]:
        times.append(round_of_all())
    return 1e6 * statistics.median(times) / (len(work["actions"]) * len(datas))


def main():
    work = json.load(sys.stdin)
    if importlib.util.find_spec("mujoco") is None:
        print("{}")
        return
    import mujoco

    print(json.dumps({"version": mujoco.__version__, "microseconds": measure(mujoco, work)}))


main()
