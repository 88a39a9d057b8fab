"""Records an epoch of SAPO on a linear system, every number by torch's automatic differentiation: python record.py > epoch.json

Needs torch (recorded with 2.6.0, CPU, float64). Written from the equations of arXiv 2412.12089 with torch's own
distributions (TransformedDistribution with TanhTransform) and optimiser, so that it shares nothing with lib/.
The system: s' = s + 0.1 (A s + B a), reward -|s'|^2 - 0.1 |a|^2; one robot times out and one ends early in between.
"""
import json

import torch
from torch import nn
from torch.distributions import Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
OBS, ACT, HIDDEN, STEPS, ROBOTS = 3, 2, 8, 5, 3
GAMMA, LAMBDA, ALPHA, RATE, TARGET = 0.99, 0.95, 0.3, 5e-3, -0.5 * ACT
UPDATES = 3
# [step][robot]: 1 an early end, 2 a time-out; after either the robot starts anew
ENDS = torch.tensor([[0, 0, 0], [0, 2, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]])

f32 = lambda x: x.to(torch.float32).to(torch.float64)
net = lambda out: nn.Sequential(nn.Linear(OBS, HIDDEN), nn.ELU(), nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, out))
actor, critics = net(ACT), [net(1), net(1)]
logstd = torch.full((ACT,), -0.5)
for module in [actor, *critics]:
    for p in module.parameters():
        p.data = f32(p.data + 0.05 * torch.randn_like(p))
    module[3].weight.data *= 2
logstd = f32(logstd + 0.1 * torch.randn(ACT)).requires_grad_()
A, B = f32(torch.randn(OBS, OBS)), f32(torch.randn(OBS, ACT))
mean, variance = f32(0.3 * torch.randn(OBS)), f32(1 + torch.rand(OBS))
start, resets = f32(torch.randn(ROBOTS, OBS)), f32(torch.randn(STEPS, ROBOTS, OBS))
noise = f32(torch.randn(STEPS, ROBOTS, ACT))

normalize = lambda s: (s - mean) / torch.sqrt(variance + 1e-5)
value = lambda s: torch.stack([c(normalize(s)).squeeze(-1) for c in critics]).mean(0)


def log_probability(mu, action):
    base = Normal(mu, torch.exp(logstd).expand_as(mu))
    return TransformedDistribution(base, [TanhTransform()]).log_prob(action).sum(-1)


s, objective, discount = start, 0, torch.ones(ROBOTS)
steps = []
for t in range(STEPS):
    mu = actor(normalize(s))
    action = torch.tanh(mu + torch.exp(logstd) * noise[t])
    entropy = -log_probability(mu, action)
    after = s + 0.1 * (s @ A.T + action @ B.T)
    reward = -(after**2).sum(-1) - 0.1 * (action**2).sum(-1)
    ended, early = ENDS[t] > 0, ENDS[t] == 1
    objective = objective + (discount * (reward + ALPHA * entropy)).sum()
    last = ended | (t == STEPS - 1)
    objective = objective + (discount * GAMMA * value(after) * (last & ~early)).sum()
    discount = torch.where(ended, 1.0, discount * GAMMA)
    steps.append([s, action, entropy, reward, after, torch.where(early, 0.0, value(after))])
    s = torch.where(ended[:, None], resets[t], after)
loss = -objective / (STEPS * ROBOTS)
parameters = [("logstd", logstd), *((f"actor.{k}", p) for k, p in actor.named_parameters())]
grads = torch.autograd.grad(loss, [p for _, p in parameters])

soft = [None] * STEPS
for t in reversed(range(STEPS)):
    _, _, entropy, reward, _, v = steps[t]
    later = v if t == STEPS - 1 else torch.where(ENDS[t] > 0, v, (1 - LAMBDA) * v + LAMBDA * soft[t + 1])
    soft[t] = reward + ALPHA * entropy + GAMMA * later

entropies = torch.stack([step[2] for step in steps])
log_alpha = torch.log(torch.tensor(ALPHA)).requires_grad_()
adam, alphas = torch.optim.Adam([log_alpha], lr=RATE), []
for _ in range(UPDATES):
    adam.zero_grad()
    (torch.exp(log_alpha) * (entropies - TARGET).detach().mean()).backward()
    adam.step()
    alphas.append(torch.exp(log_alpha).item())

# log-probabilities of actions at and near saturation, computed in float64 from the change of variables
far = torch.tensor([-30.0, -9.0, -1.0, 0.0, 0.001, 3.0, 9.0, 20.0, 30.0], requires_grad=True)
slope = torch.log(torch.tensor(4.0)) - 2 * torch.log(torch.exp(far) + torch.exp(-far))  # log(1 - tanh^2) = log 4 - 2 log(e^u + e^-u)
far_grad = torch.autograd.grad(slope.sum(), far)[0]


def rounded(x):
    if isinstance(x, torch.Tensor):
        return rounded(x.detach().tolist())
    return [rounded(y) for y in x] if isinstance(x, list) else float(f"{x:.9g}")


weights = lambda name, module: {f"{name}.{k}": rounded(p) for k, p in module.named_parameters()}
print(json.dumps({
    "made_by": f"record.py, torch {torch.__version__.split('+')[0]}",
    "gamma": GAMMA, "lambda": LAMBDA, "alpha": ALPHA, "temperature_rate": RATE, "target_entropy": TARGET,
    "A": rounded(A), "B": rounded(B), "mean": rounded(mean), "variance": rounded(variance),
    "start": rounded(start), "resets": rounded(resets), "noise": rounded(noise), "ends": ENDS.tolist(),
    "actor": {**weights("actor", actor), "logstd": rounded(logstd)},
    "critics": [weights("critic", c) for c in critics],
    "obs": rounded([step[0] for step in steps]),
    "action": rounded([step[1] for step in steps]),
    "entropy": rounded(entropies),
    "reward": rounded([step[3] for step in steps]),
    "loss": rounded(loss),
    "grad": {name: rounded(g) for (name, _), g in zip(parameters, grads)},
    "soft_targets": rounded(soft),
    "alphas": rounded(alphas),
    "slope": {"u": rounded(far), "log": rounded(slope), "grad": rounded(far_grad)},
}, separators=(",", ":")))
