"""Times one update of a dynamics model (forward, backward, Adam) in PyTorch (eager) and JAX (jit).

Started by the benchmark with JSON on its input: obs, action, hidden, batch, seconds, threads. Prints JSON: the median
milliseconds of each that is installed. The network and the loss are those of lib/dynamics/model.ts.
"""

import importlib.util
import json
import statistics
import sys
import time


def median_milliseconds(call, seconds):
    for _ in range(3):
        call()
    times = []
    began = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def torch_update(obs, action, hidden, batch, seconds, threads):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(threads)

    class SimNorm(nn.Module):
        def forward(self, x):
            return torch.softmax(x.view(*x.shape[:-1], -1, 8), dim=-1).view(*x.shape)

    net = nn.Sequential(
        nn.Linear(obs + action, hidden[0]),
        SimNorm(),
        nn.LayerNorm(hidden[0], eps=1e-3),
        nn.Linear(hidden[0], hidden[1]),
        nn.SiLU(),
        nn.LayerNorm(hidden[1], eps=1e-3),
        nn.Linear(hidden[1], 2 * obs),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    mean, variance = torch.zeros(obs), torch.ones(obs)
    s, a, target = torch.randn(batch, obs), torch.randn(batch, action), torch.randn(batch, obs)

    def update():
        normalized = (s - mean) / torch.sqrt(variance + 1e-5)
        prediction, raw = net(torch.cat([normalized, a], dim=-1)).chunk(2, dim=-1)
        log_variance = 0.5 - F.softplus(0.5 - raw)
        log_variance = -10 + F.softplus(log_variance + 10)
        error = prediction - (target - s)
        loss = (error**2 * torch.exp(-log_variance)).mean() + log_variance.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return median_milliseconds(update, seconds)


def jax_update(obs, action, hidden, batch, seconds, threads):
    import jax
    import jax.numpy as jnp

    sizes = [obs + action, *hidden, 2 * obs]
    keys = jax.random.split(jax.random.key(0), 6)

    def linear(key, fan_in, fan_out):
        bound = fan_in**-0.5
        return {
            "w": jax.random.uniform(key, (fan_in, fan_out), minval=-bound, maxval=bound),
            "b": jnp.zeros(fan_out),
        }

    params = {
        "linear": [linear(keys[i], sizes[i], sizes[i + 1]) for i in range(3)],
        "norm": [{"scale": jnp.ones(size), "shift": jnp.zeros(size)} for size in hidden],
    }
    s, a, target = (jax.random.normal(keys[3 + i], (batch, n)) for i, n in enumerate([obs, action, obs]))
    mean, variance = jnp.zeros(obs), jnp.ones(obs)

    def layer_norm(p, x):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-3) * p["scale"] + p["shift"]

    def loss_of(params, mean, variance, s, a, target):
        first, second, output = params["linear"]
        x = jnp.concatenate([(s - mean) / jnp.sqrt(variance + 1e-5), a], -1)
        h = (x @ first["w"] + first["b"]).reshape(batch, -1, 8)
        h = layer_norm(params["norm"][0], jax.nn.softmax(h, -1).reshape(batch, -1))
        h = layer_norm(params["norm"][1], jax.nn.silu(h @ second["w"] + second["b"]))
        prediction, raw = jnp.split(h @ output["w"] + output["b"], 2, -1)
        log_variance = 0.5 - jax.nn.softplus(0.5 - raw)
        log_variance = -10 + jax.nn.softplus(log_variance + 10)
        error = prediction - (target - s)
        return (error**2 * jnp.exp(-log_variance)).mean() + log_variance.mean()

    @jax.jit
    def step(params, m, v, t, *data):
        loss, grads = jax.value_and_grad(loss_of)(params, *data)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)

        def moved(p, m, v):
            return p - 1e-4 * m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

        return jax.tree.map(moved, params, m, v), m, v, t, loss

    state = [params, *(jax.tree.map(jnp.zeros_like, params) for _ in range(2)), jnp.zeros(())]

    def update():
        *state[:], loss = step(*state, mean, variance, s, a, target)
        return float(loss)

    return median_milliseconds(update, seconds)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    peers = {"torch": torch_update, "jax": jax_update}
    print(json.dumps({name: time_of(**request) for name, time_of in peers.items() if importlib.util.find_spec(name)}))
