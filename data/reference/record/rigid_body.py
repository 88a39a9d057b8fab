"""Articulated rigid bodies with ground contact and muscles in float64, as an oracle for the simulator of lib/physics.

Everything has a leading axis of environments. The equations of motion are projected onto the joints link by link
(Kane): M = sum_i m Jv'Jv + Jw'IJw, with every Jacobian and every bias acceleration in world axes. The library composes
inertias instead and generates code, so the two have the physics in common and nothing else.
"""
import numpy as np

SLIDE, HINGE, BALL, FIXED, FREE = range(5)
GRAVITY = np.array([0.0, -9.81, 0.0])


def rotation(q):
    """Rotation matrices of unit quaternions (x, y, z, w)."""
    x, y, z, w = np.moveaxis(np.asarray(q, float), -1, 0)
    return np.stack([
        np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], -1),
        np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], -1),
        np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1),
    ], -2)


def product(a, b):
    """Hamilton product of quaternions."""
    u, s, v, t = a[..., :3], a[..., 3:], b[..., :3], b[..., 3:]
    return np.concatenate([s * v + t * u + np.cross(u, v), s * t - np.sum(u * v, -1, keepdims=True)], -1)


def turn(q, w, dt):
    """Quaternions after a time dt at angular velocities w."""
    moved = q + dt / 2 * product(np.concatenate([w, np.zeros_like(w[..., :1])], -1), q)
    return moved / np.linalg.norm(moved, axis=-1, keepdims=True)


def apply(matrix, vector):
    return np.einsum("...ij,...j->...i", matrix, vector)


def incidence(link, links):
    """1 where a point is on a link, [link, point]."""
    return np.equal.outer(np.arange(links), link).astype(float)


class Robot:
    """A model as the benchmark builds it (`../dflex/*_model.json`)."""

    def __init__(self, model):
        self.model = model
        self.nq, self.nv = model["joint_q_start"][-1], model["joint_qd_start"][-1]
        self.links = range(len(model["joint_type"]))
        self.joint_rotation = [rotation(np.array(x[3:]) / np.linalg.norm(x[3:])) for x in model["joint_X_pj"]]
        self.muscles = self.segments(model["muscles"]) if "muscles" in model else None
        self.actions = len(model["muscles"]["names"]) if self.muscles else len(model["motors"])

    def segments(self, muscles):
        """(muscle, strength, link and point, link and point) of neighbouring points on different links."""
        start, link, point = (muscles[f"muscle_{name}"] for name in ("start", "links", "points"))
        pairs = [(k, j) for k in range(len(start) - 1) for j in range(start[k], start[k + 1] - 1)]
        pairs = [(k, j) for k, j in pairs if link[j] != link[j + 1]]
        of, first = np.array(pairs).T
        link, point, strength = np.array(link), np.array(point), np.array(muscles["muscle_strengths"])
        return of, strength[of], link[first], point[first], link[first + 1], point[first + 1]

    def move(self, q, qd):
        """Per link: rotation, origin, its Jacobians [env, 3, dof], velocities, and accelerations where qdd = 0."""
        m, e = self.model, len(q)
        state = []
        still = (np.broadcast_to(np.eye(3), (e, 3, 3)), np.zeros((e, 3)), np.zeros((e, 3, self.nv)),
                 np.zeros((e, 3, self.nv)), *(np.zeros((e, 3)) for _ in range(4)))
        for i in self.links:
            kind, a, d = m["joint_type"][i], m["joint_q_start"][i], m["joint_qd_start"][i]
            R, p, Jw, Jv, w, v, alpha, acc = state[m["joint_parent"][i]] if m["joint_parent"][i] >= 0 else still
            Jw, Jv = Jw.copy(), Jv.copy()
            if kind == FREE:
                p, w = q[:, a:a + 3], qd[:, d:d + 3]
                Jw[:, :, d:d + 3], Jv[:, :, d + 3:d + 6] = np.eye(3), np.eye(3)
                Jv[:, :, d:d + 3] = np.swapaxes(np.cross(np.eye(3), p[:, None]), 1, 2)
                v = qd[:, d + 3:d + 6] + np.cross(w, p)
                state.append((rotation(q[:, a + 3:a + 7]), p, Jw, Jv, w, v, alpha, np.cross(w, v)))
                continue
            frame = R @ self.joint_rotation[i]
            axis = apply(frame, np.array(m["joint_axis"][i]))
            r = apply(R, np.array(m["joint_X_pj"][i][:3])) + (axis * q[:, a:a + 1] if kind == SLIDE else 0)
            Jv += np.swapaxes(np.cross(np.swapaxes(Jw, 1, 2), r[:, None]), 1, 2)
            acc = acc + np.cross(alpha, r) + np.cross(w, np.cross(w, r))
            p, v = p + r, v + np.cross(w, r)
            axes = np.swapaxes(frame, 1, 2) if kind == BALL else axis[:, None]
            own = np.einsum("ek,ekx->ex", qd[:, d:d + axes.shape[1]], axes) if kind != FIXED else 0
            if kind == SLIDE:
                Jv[:, :, d] += axis
                acc, v = acc + 2 * np.cross(w, own), v + own
            elif kind in (HINGE, BALL):
                Jw[:, :, d:d + axes.shape[1]] += np.swapaxes(axes, 1, 2)
                alpha, w = alpha + np.cross(w, own), w + own
            if kind == HINGE:
                half = q[:, a:a + 1] / 2
                frame = frame @ rotation(np.concatenate([np.array(m["joint_axis"][i]) * np.sin(half), np.cos(half)], -1))
            elif kind == BALL:
                frame = frame @ rotation(q[:, a:a + 4])
            state.append((frame, p, Jw, Jv, w, v, alpha, acc))
        return [np.stack(part, 1) for part in zip(*state)]

    def bodies(self, R):
        """Masses, and centres from the links' origins and inertias about them in world axes."""
        m = self.model
        com = apply(R, np.array(m["body_com"]))
        return np.array(m["body_mass"])[:, None], com, R @ np.array(m["body_inertia"]) @ np.swapaxes(R, 2, 3)

    def mass_matrix(self, moving):
        """With armature, [env, dof, dof]."""
        R, _, Jw, Jv, *_ = moving
        mass, com, inertia = self.bodies(R)
        Jc = Jv + np.swapaxes(np.cross(np.swapaxes(Jw, 2, 3), com[:, :, None]), 2, 3)
        M = np.einsum("eixk,eixl->ekl", mass[:, :, None] * Jc, Jc, optimize=True)
        M += np.einsum("eixk,eixl->ekl", inertia @ Jw, Jw, optimize=True)
        return M + np.diag(self.model["joint_armature"])

    def forces(self, moving, q, qd, action):
        """Generalised forces [env, dof]."""
        R, p, Jw, Jv, w, v, alpha, acc = moving
        mass, com, inertia = self.bodies(R)
        centre = acc + np.cross(alpha, com) + np.cross(w, np.cross(w, com))
        force = mass * (GRAVITY - centre)
        moment = np.cross(com, force) - apply(inertia, alpha) - np.cross(w, apply(inertia, w))
        self.touch(R, p, w, v, force, moment)
        if self.muscles:
            self.pull(R, p, action, force, moment)
        tau = np.einsum("eixk,eix->ek", Jv, force) + np.einsum("eixk,eix->ek", Jw, moment)
        return tau + self.joint_forces(q, qd, action)

    def touch(self, R, p, w, v, force, moment):
        """Adds the ground's penalty forces on the contact points."""
        m = self.model
        if not m["contact_body0"]:
            return
        ke, kd, kf, mu = m["contact_material"]
        body = np.array(m["contact_body0"])
        arm = apply(R[:, body], np.array(m["contact_point0"])) - np.array(m["contact_dist"])[:, None] * [0, 1, 0]
        depth = np.maximum(-(p[:, body, 1] + arm[..., 1]), 0)
        velocity = v[:, body] + np.cross(w[:, body], arm)
        normal = depth * (ke + kd * np.maximum(-velocity[..., 1], 0))
        sliding = velocity * [1, 0, 1]
        speed = np.linalg.norm(sliding, axis=-1)
        friction = np.minimum(kf * speed, mu * ke * depth) / np.where(speed > 0, speed, 1)
        f = normal[..., None] * [0, 1, 0] - friction[..., None] * sliding
        at = incidence(body, len(self.links))
        force += at @ f
        moment += at @ np.cross(arm, f)

    def pull(self, R, p, action, force, moment):
        """Adds the muscles' forces."""
        of, strength, a, at_a, b, at_b = self.muscles
        arm_a, arm_b = apply(R[:, a], at_a), apply(R[:, b], at_b)
        apart = p[:, b] + arm_b - p[:, a] - arm_a
        tension = strength * (np.clip(action[:, of], -1, 1) + 1) / 2
        f = apart * (tension / np.linalg.norm(apart, axis=-1))[..., None]
        at_a, at_b = incidence(a, len(self.links)), incidence(b, len(self.links))
        force += (at_a - at_b) @ f
        moment += at_a @ np.cross(arm_a, f) - at_b @ np.cross(arm_b, f)

    def joint_forces(self, q, qd, action):
        """Motors, springs, dampers and limits."""
        m, tau = self.model, np.zeros_like(qd)
        if not self.muscles:
            tau[:, m["motors"]] = np.clip(action, -1, 1) * m["strength"]
        for i in self.links:
            kind, a, d = m["joint_type"][i], m["joint_q_start"][i], m["joint_qd_start"][i]
            ke, kd = m["joint_target_ke"][i], m["joint_target_kd"][i]
            if kind == BALL:
                tau[:, d:d + 3] -= ke * q[:, a:a + 3] + kd * qd[:, d:d + 3]
            elif kind in (SLIDE, HINGE):
                low, high = m["joint_limit_lower"][a], m["joint_limit_upper"][a]
                beyond = np.maximum(low - q[:, a], 0) - np.maximum(q[:, a] - high, 0)
                tau[:, d] += m["joint_limit_ke"][i] * beyond - (kd + m["joint_limit_kd"][i]) * qd[:, d]
                tau[:, d] -= ke * (q[:, a] - m["joint_target"][a])
        return tau

    def step(self, q, qd, action):
        """One control step."""
        m = self.model
        dt = m["dt"] / m["substeps"]
        for k in range(m["substeps"]):
            moving = self.move(q, qd)
            if k % m["mass_matrix_every"] == 0:
                inverse = np.linalg.inv(self.mass_matrix(moving))
            qd = qd + dt * apply(inverse, self.forces(moving, q, qd, action))
            q = self.integrate(q, qd, dt)
        return q, qd

    def integrate(self, q, qd, dt):
        m, moved = self.model, q.copy()
        for i in self.links:
            kind, a, d = m["joint_type"][i], m["joint_q_start"][i], m["joint_qd_start"][i]
            if kind in (SLIDE, HINGE):
                moved[:, a] += dt * qd[:, d]
            elif kind == BALL:
                moved[:, a:a + 4] = turn(q[:, a:a + 4], qd[:, d:d + 3], dt)
            elif kind == FREE:
                w = qd[:, d:d + 3]
                moved[:, a:a + 3] += dt * (qd[:, d + 3:d + 6] + np.cross(w, q[:, a:a + 3]))
                moved[:, a + 3:a + 7] = turn(q[:, a + 3:a + 7], w, dt)
        return moved
