"""Records SAC's losses, their gradients and one whole update on a small batch: python record.py > sac.json

Needs torch (recorded with 2.6.0, CPU, float64) and numpy. Written from the equations of arXiv 1812.05905 with torch's own
distributions (TransformedDistribution with TanhTransform) and optimiser, so that it shares nothing with lib/.
"""
import copy
import json

import numpy as np
import torch
from torch import nn
from torch.distributions import Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

torch.set_default_dtype(torch.float64)
OBS, ACT, HIDDEN, BATCH = 4, 2, (8, 6), 5
SETTINGS = {
    "gamma": 0.99,
    "tau": 0.05,
    "rates": {"actor": 5e-4, "critic": 1e-3, "temperature": 5e-3},
    "target_entropy": -ACT,
    "log_std_bounds": [-5, 2],
    "temperature": 0.2,
}
draw = np.random.RandomState(3)


def array(*shape):
    """Standard normal numbers that float32 holds exactly."""
    return draw.standard_normal(shape).astype(np.float32)


def network(inputs, outputs):
    sizes = [inputs, *HIDDEN, outputs]
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layer = nn.Linear(n, m)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(array(m, n) / np.float32(np.sqrt(n)), dtype=torch.float64))
            layer.bias.copy_(torch.tensor(array(m) * np.float32(0.1), dtype=torch.float64))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def weights(net):
    """By layer, in the order of the network; a weight is [out][in]."""
    return [{"weight": l.weight.tolist(), "bias": l.bias.tolist()} for l in net if isinstance(l, nn.Linear)]


def gradients(net):
    return [{"weight": l.weight.grad.tolist(), "bias": l.bias.grad.tolist()} for l in net if isinstance(l, nn.Linear)]


actor = network(OBS, 2 * ACT)
with torch.no_grad():
    actor[-1].bias[-1] += 1.75  # so that some log-stds are cut off and some actions lie close to 1
critics = [network(OBS + ACT, 1) for _ in range(2)]
targets = [network(OBS + ACT, 1) for _ in range(2)]
log_temperature = nn.Parameter(torch.tensor(float(np.log(SETTINGS["temperature"]))))
batch = {
    "obs": array(BATCH, OBS),
    "action": np.tanh(array(BATCH, ACT)),
    "nextObs": array(BATCH, OBS),
    "reward": array(BATCH),
    "terminated": np.array([0, 1, 0, 0, 1], np.float32),
    "noise": array(BATCH, ACT),
    "nextNoise": array(BATCH, ACT),
}
normalizer = {"mean": array(OBS), "variance": np.abs(array(OBS)) + np.float32(0.5)}
at = {name: torch.tensor(x, dtype=torch.float64) for name, x in {**batch, **normalizer}.items()}
initial = {
    "actor": weights(actor),
    "critics": [weights(c) for c in critics],
    "targets": [weights(t) for t in targets],
}


def normalize(x):
    return (x - at["mean"]) / torch.sqrt(at["variance"] + 1e-5)


def sample(obs, noise):
    """Actions and their log-probabilities, by torch's own squashed distribution."""
    mean, log_std = actor(normalize(obs)).chunk(2, dim=1)
    std = log_std.clamp(*SETTINGS["log_std_bounds"]).exp()
    squash = TanhTransform(cache_size=1)  # remembers the Gaussian's sample: atanh would lose its digits
    action = squash(mean + std * noise)
    return action, TransformedDistribution(Normal(mean, std), [squash]).log_prob(action).sum(1)


def smaller(nets, obs, action):
    x = torch.cat([normalize(obs), action], 1)
    return torch.minimum(*[net(x).squeeze(1) for net in nets])


temperature = log_temperature.exp().detach()
optimisers = {
    "critic": torch.optim.Adam([p for c in critics for p in c.parameters()], SETTINGS["rates"]["critic"]),
    "actor": torch.optim.Adam(actor.parameters(), SETTINGS["rates"]["actor"]),
    "temperature": torch.optim.Adam([log_temperature], SETTINGS["rates"]["temperature"]),
}

with torch.no_grad():
    next_action, next_log_prob = sample(at["nextObs"], at["nextNoise"])
    next_value = smaller(targets, at["nextObs"], next_action) - temperature * next_log_prob
    target = at["reward"] + SETTINGS["gamma"] * (1 - at["terminated"]) * next_value

x = torch.cat([normalize(at["obs"]), at["action"]], 1)
critic_loss = sum(((c(x).squeeze(1) - target) ** 2).mean() for c in critics)
optimisers["critic"].zero_grad()
critic_loss.backward()
critic_gradients = [gradients(c) for c in critics]
optimisers["critic"].step()

action, log_prob = sample(at["obs"], at["noise"])
actor_loss = (temperature * log_prob - smaller(critics, at["obs"], action)).mean()
optimisers["actor"].zero_grad()
actor_loss.backward()
actor_gradients = gradients(actor)
optimisers["actor"].step()

temperature_loss = -(log_temperature.exp() * (log_prob.detach() + SETTINGS["target_entropy"])).mean()
optimisers["temperature"].zero_grad()
temperature_loss.backward()
temperature_gradient = log_temperature.grad.item()
optimisers["temperature"].step()

with torch.no_grad():
    for slow, net in zip(targets, critics):
        for p, q in zip(slow.parameters(), net.parameters()):
            p.copy_((1 - SETTINGS["tau"]) * p + SETTINGS["tau"] * q)

result = {
    "versions": {"torch": torch.__version__, "numpy": np.__version__},
    "command": "python record.py > sac.json",
    "settings": SETTINGS,
    **initial,
    "normalizer": {name: x.tolist() for name, x in normalizer.items()},
    "batch": {name: x.tolist() for name, x in batch.items()},
    "action": action.tolist(),
    "log_prob": log_prob.tolist(),
    "next_log_prob": next_log_prob.tolist(),
    "target": target.tolist(),
    "critic_loss": critic_loss.item(),
    "critic_gradients": critic_gradients,
    "actor_loss": actor_loss.item(),
    "actor_gradients": actor_gradients,
    "temperature_loss": temperature_loss.item(),
    "temperature_gradient": temperature_gradient,
    "after": {
        "actor": weights(actor),
        "critics": [weights(c) for c in critics],
        "targets": [weights(t) for t in targets],
        "log_temperature": log_temperature.item(),
    },
}


def shortened(value):
    """Nine digits: more than float32 holds."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return {k: shortened(v) for k, v in value.items()} if isinstance(value, dict) else value


print(json.dumps(shortened(result)))
