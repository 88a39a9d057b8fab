"""Records what native MuJoCo does with small models, each of which has one thing that a reader may forget.

    python -m venv .venv && .venv/bin/pip install mujoco==3.3.7
    .venv/bin/python data/reference/mujoco/record.py > data/reference/mujoco/motions.json

Free joints start unturned; `q` and `qd` are theirs (position, velocity) and the angles and lengths of the others. Of a free
joint the position is recorded, of the others the coordinate relative to the model's pose (a ball's
quaternion as MuJoCo has it). `controls` hold for a second.
"""

import json

import mujoco

FLOOR = '<geom type="plane" size="5 5 .1" {}/>'
BALL = '<body name="ball" pos="0 0 1"><freejoint/><geom name="ball" type="sphere" size=".1" {}/></body>'
BOX = '<body name="box" pos="0 0 .1"><joint name="x" type="slide" axis="1 0 0"/><joint name="z" type="slide" axis="0 0 1"/><geom type="box" size=".1 .1 .1" mass="1" {}/></body>'
ROD = '<body name="rod" pos="0 0 3"><joint name="j" type="hinge" axis="0 1 0" {}/><geom type="sphere" size=".1" mass="1" pos="0 0 -.5" contype="0" conaffinity="0"/></body>'
CART = '<body name="cart" pos="0 0 .2"><joint name="x" type="slide" axis="1 0 0" damping="1"/><geom type="box" size=".1 .1 .05" mass="1" {}/></body>'
PUCK = '<body name="puck" pos=".5 0 .2"><joint name="p" type="slide" axis="1 0 0" damping="1"/><geom type="box" size=".1 .1 .05" mass="1" {}/></body>'
DRONE = '<body name="drone" pos="0 0 1"><freejoint/><geom type="box" size=".1 .1 .02" mass=".5"/><site name="l" pos="0 .1 0"/><site name="r" pos="0 -.1 0"/></body>'
THRUSTERS = '<actuator><motor site="l" gear="0 0 1 0 0 0" ctrlrange="0 5"/><motor site="r" gear="0 0 1 0 0 0" ctrlrange="0 5"/></actuator>'
TENDON = '<tendon><fixed name="both"><joint joint="x" coef="1"/><joint joint="p" coef="-.5"/></fixed></tendon><actuator><motor tendon="both" ctrlrange="-2 2"/></actuator>'
CEILING = '<geom type="box" size="1 1 .1" pos="0 0 1.2"/>'
HANGING = '<body name="magnet" pos="0 0 1"><freejoint/><geom type="sphere" size=".1" mass="1" margin=".01" gap=".01"/></body>'
ADHESION = '<actuator><adhesion body="magnet" ctrlrange="0 100"/></actuator>'
SWINGER = '<body pos="0 0 1"><joint name="b" type="ball"/><geom type="box" size=".1 .1 .1" mass="1" contype="0" conaffinity="0"/></body>'
BALL_MOTOR = '<actuator><motor joint="b" gear="0 1 0 0 0 0"/></actuator>'
SERVO = '<actuator><position joint="j" kp="20" timeconst=".2" ctrlrange="-2 2"/></actuator>'
STILL = [0] * 6
NOTHING = {"q": [0], "qd": [0]}
FALL = {"q": [0, 0, 1], "qd": STILL}
SLIDE = {"q": [0, 0], "qd": [1, 0]}
BUMP = {"q": [0, 0], "qd": [2, 0]}


def model(*world, option="", flag="", rest=""):
    flags = f"<flag {flag}/>" if flag else ""
    return f"<mujoco><option {option}>{flags}</option><worldbody>{''.join(world)}</worldbody>{rest}</mujoco>"


def motor(attributes=""):
    return f'<actuator><motor joint="j" gear="2" ctrllimited="true" ctrlrange="-1 1" {attributes}/></actuator>'


def rod(joint="", **more):
    return model(ROD.format(joint), **more)


MODELS = {
    "gravity off": (model(FLOOR.format(""), BALL.format(""), flag='gravity="disable"'), FALL),
    "contact off": (model(FLOOR.format(""), BALL.format(""), flag='contact="disable"'), FALL),
    "constraints off": (model(FLOOR.format(""), BALL.format(""), flag='constraint="disable"'), FALL),
    "limits off": (rod('range="-10 10" limited="true"', option='gravity="0 0 0"', flag='limit="disable"'), {"q": [0], "qd": [1]}),
    "springs off": (rod('stiffness="50"', flag='spring="disable"'), {"q": [0.5], "qd": [0]}),
    "dampers off": (rod('damping="5"', flag='damper="disable"'), {"q": [0.5], "qd": [0]}),
    "friction loss off": (rod('frictionloss="5"', flag='frictionloss="disable"'), {"q": [0.5], "qd": [0]}),
    "actuation off": (rod(flag='actuation="disable"', rest=motor()), {**NOTHING, "controls": [1]}),
    "an actuator's group off": (rod(option='actuatorgroupdisable="2"', rest=motor('group="2"')), {**NOTHING, "controls": [1]}),
    "a motor": (rod(rest=motor()), {**NOTHING, "controls": [1]}),
    "equality off": (rod(flag='equality="disable"', rest='<equality><joint joint1="j"/></equality>'), {"q": [0.5], "qd": [0]}),
    "an equality that is not active": (rod(rest='<equality><joint joint1="j" active="false"/></equality>'), {"q": [0.5], "qd": [0]}),
    "bits of ball and floor": (model(FLOOR.format(""), BALL.format('contype="2" conaffinity="2"')), FALL),
    "one bit in common": (model(FLOOR.format('contype="0" conaffinity="4"'), BALL.format('contype="6" conaffinity="0"')), {"q": [0, 0, 0.1], "qd": STILL}),
    "ball and world excluded": (model(FLOOR.format(""), BALL.format(""), rest='<contact><exclude body1="world" body2="ball"/></contact>'), FALL),
    "two bodies excluded": (model(CART.format(""), PUCK.format(""), rest='<contact><exclude body1="puck" body2="cart"/></contact>'), BUMP),
    "bits of two bodies": (model(CART.format('conaffinity="2"'), PUCK.format('conaffinity="2"')), BUMP),
    "a wall with other bits": (model('<geom type="box" size=".1 1 1" pos=".5 0 0" contype="0" conaffinity="2"/>', CART.format("")), {"q": [0], "qd": [2]}),
    "two bodies, contact off": (model(CART.format(""), PUCK.format(""), flag='contact="disable"'), BUMP),
    "a pair, contact off": (model(CART.format('name="c"'), PUCK.format('name="p"'), flag='contact="disable"', rest='<contact><pair geom1="c" geom2="p"/></contact>'), BUMP),
    "a cylinder, contact off": (model(FLOOR.format(""), BALL.format("").replace('type="sphere" size=".1"', 'type="cylinder" size=".1 .1"'), flag='contact="disable"'), FALL),
    "no friction (condim 1)": (model(FLOOR.format('condim="1"'), BOX.format('condim="1"')), SLIDE),
    "friction of the floor": (model(FLOOR.format('friction=".6"'), BOX.format('friction=".2"')), SLIDE),
    "friction of the box, which has priority": (model(FLOOR.format('friction=".6"'), BOX.format('friction=".2" priority="1"')), SLIDE),
    "friction of a floor with priority": (model(FLOOR.format('friction=".2" priority="2"'), BOX.format('friction=".6"')), SLIDE),
    "dry friction of a hinge": (rod('frictionloss="0.3"'), {"q": [1], "qd": [0]}),
    "dry friction of a slide": (model(CART.format("").replace('damping="1"', 'frictionloss="2"')), {"q": [0], "qd": [1]}),
    "a motor against dry friction": (rod('frictionloss="0.3"', option='gravity="0 0 0"', rest=motor()), {**NOTHING, "controls": [1]}),
    "a force range of a joint above its motor": (rod('actuatorfrcrange="-3 3"', rest=motor()), {**NOTHING, "controls": [1]}),
    # What follows MuJoCo alone runs; `actions` stand for the controls.
    "thrusters at sites": (model(FLOOR.format(""), DRONE, rest=THRUSTERS), {**FALL, "controls": [2.5, 2.5], "actions": [0, 0]}),
    "a tendon's motor": (model(CART.format(""), PUCK.format('contype="0"'), rest=TENDON), {"q": [0, 0], "qd": [0, 0], "controls": [2], "actions": [1]}),
    "adhesion": (model(CEILING, HANGING, rest=ADHESION), {"q": [0, 0, 1], "qd": STILL, "controls": [100], "actions": [1]}),
    "a motor of a ball": (model(SWINGER, option='gravity="0 0 0"', rest=BALL_MOTOR), {"q": [1, 0, 0, 0], "qd": [0, 0, 0], "controls": [0.1], "actions": [0.1]}),
    "a filtered servo": (rod('damping="1"', rest=SERVO), {**NOTHING, "controls": [1], "actions": [0.5]}),
    "one-sided": (rod(rest=motor().replace("-1 1", "0 1")), {**NOTHING, "controls": [0.5], "actions": [0]}),
    # What follows is refused.
    "a force range of a joint below its motor": (rod('actuatorfrcrange="-.5 .5"', rest=motor()), {**NOTHING, "controls": [1]}),
    "two bodies": (model(CART.format(""), PUCK.format("")), BUMP),
    "a wall": (model('<geom type="box" size=".1 1 1" pos=".5 0 .2"/>', CART.format("")), {"q": [0], "qd": [2]}),
    "a pair": (model(CART.format('name="c" contype="0"'), PUCK.format('name="p" contype="0"'), rest='<contact><pair geom1="c" geom2="p"/></contact>'), BUMP),
    "an equality": (rod(rest='<equality><joint joint1="j"/></equality>'), {"q": [0.5], "qd": [0]}),
}


def after_a_second(mjcf, q, qd, controls=()):
    m = mujoco.MjModel.from_xml_string(mjcf)
    m.opt.timestep = 1 / 4096
    d = mujoco.MjData(m)
    free = m.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    d.qpos[: len(q)] = q if m.nq > m.nv else q + m.qpos0
    d.qvel[:] = qd
    d.ctrl[: len(controls)] = controls
    for _ in range(4096):
        mujoco.mj_step(m, d)
    return [float(x) for x in (d.qpos[:3] if free else d.qpos if m.nq > m.nv else d.qpos - m.qpos0)]


def without_actions(start):
    return {key: value for key, value in start.items() if key != "actions"}


records = [{"name": name, "mjcf": mjcf, **start, "after": after_a_second(mjcf, **without_actions(start))} for name, (mjcf, start) in MODELS.items()]
print(json.dumps({"mujoco": mujoco.__version__, "motions": records}, indent=1))
