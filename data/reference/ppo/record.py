"""Records one epoch of PPO as the package rl_games (MIT) computes it, on a tape of observations, rewards and ends.

    pip install --no-deps rl-games==1.6.5
    pip install "torch==2.6.0" numpy PyYAML gymnasium tensorboardX "psutil<6" "setproctitle<2" watchdog
    python record.py > epoch.json

The agent is rl_games' own, with the benchmark's settings, in small. Three things are made equal to ours: its observation
normaliser is off and the tape is scaled as a normaliser of variance 1 would; its value normaliser begins with the count
1e-4 (there: 1); its noise is on the tape. There are early ends, and no time-outs, which it treats otherwise.
"""
import contextlib, json, sys, tempfile
import gymnasium, numpy as np, torch
from rl_games.algos_torch.a2c_continuous import A2CAgent
from rl_games.algos_torch.model_builder import ModelBuilder
from rl_games.common.algo_observer import AlgoObserver
from rl_games.common.tr_helpers import DefaultRewardsShaper

ENVS, STEPS, OBS, ACT, HIDDEN, MINIBATCHES, PASSES = 8, 6, 5, 2, [8, 6], 2, 5
EPSILON = 1e-5  # of the observation normaliser
RATE = 7e-3  # so high that ratios and values are clipped, and that it comes down again

torch.manual_seed(3)
torch.set_num_threads(1)
random = np.random.default_rng(7)
rounded = lambda x: np.round(x, 4).astype(np.float32)
tape = {
    "obs": rounded(random.normal(size=(STEPS + 1, ENVS, OBS))),
    "noise": rounded(random.normal(size=(STEPS, ENVS, ACT))),
    "reward": rounded(100 * random.normal(size=(STEPS, ENVS))),
    "terminated": (random.uniform(size=(STEPS, ENVS)) < 0.2).astype(int),
}
seen = tape["obs"] / np.sqrt(np.float32(1 + EPSILON))


class Tape:
    """The environments: what comes next is on the tape, whatever the actions."""
    def __init__(self): self.t = 0
    def reset(self): return torch.tensor(seen[0])
    def set_train_info(self, *_): pass
    def step(self, action):
        t, self.t = self.t, self.t + 1
        ends = torch.tensor(tape["terminated"][t], dtype=torch.uint8)
        return torch.tensor(seen[t + 1]), torch.tensor(tape["reward"][t]), ends, {}


class Scale(DefaultRewardsShaper):
    def __init__(self): super().__init__(scale_value=0.01)


def agent():
    box = lambda n, high: gymnasium.spaces.Box(-high, high, (n,), np.float32)
    default, none = {"name": "default"}, "None"
    space = {"continuous": {"mu_activation": none, "sigma_activation": none, "mu_init": default, "fixed_sigma": True,
                            "sigma_init": {"name": "const_initializer", "val": 0}}}
    mlp = {"units": HIDDEN, "activation": "elu", "d2rl": False, "initializer": default, "regularizer": {"name": none}}
    params = {
        "algo": {"name": "a2c_continuous"},
        "model": {"name": "continuous_a2c_logstd"},
        "network": {"name": "actor_critic", "separate": False, "space": space, "mlp": mlp},
        "config": {
            "name": "tape", "env_name": "tape", "train_dir": tempfile.mkdtemp(), "device": "cpu", "vec_env": Tape(),
            "env_info": {"observation_space": box(OBS, np.inf), "action_space": box(ACT, 1.0)},
            "features": {"observer": AlgoObserver()}, "reward_shaper": Scale(),
            "num_actors": ENVS, "horizon_length": STEPS, "minibatch_size": ENVS * STEPS // MINIBATCHES,
            "mini_epochs": PASSES, "ppo": True, "normalize_input": False, "normalize_value": True,
            "normalize_advantage": True, "gamma": 0.99, "tau": 0.95, "learning_rate": RATE, "lr_schedule": "adaptive",
            "kl_threshold": 0.008, "grad_norm": 1.0, "entropy_coef": 0.0, "truncate_grads": True, "e_clip": 0.2,
            "critic_coef": 4, "clip_value": True, "bounds_loss_coef": 1e-4, "max_epochs": 1,
        },
    }
    params["config"]["network"] = ModelBuilder().load(params)
    return A2CAgent("tape", params)


def parameters(model):
    """By our names; weights [in][out]."""
    names = {"mu": "output", "value": "value"} | {f"actor_mlp.{2 * i}": f"layer{i}" for i in range(len(HIDDEN))}
    result = {}
    for key, value in model.named_parameters():
        name = key.removeprefix("a2c_network.")
        if name == "sigma": result["logStd"] = value.tolist()
        else:
            layer, part = name.rsplit(".", 1)
            result[f"{names[layer]}.{part}"] = (value.T if part == "weight" else value).tolist()
    return result


def record():
    learner = agent()
    learner.value_mean_std.count.fill_(1e-4)
    with torch.no_grad():  # further from 0 than at the start, so that every term of the loss counts
        learner.model.a2c_network.mu.weight.mul_(6)
        learner.model.a2c_network.sigma.copy_(torch.tensor([-0.4, 0.2]))
        learner.model.a2c_network.mu.bias.copy_(torch.tensor([0.3, -0.2]))
    noise = iter(torch.tensor(tape["noise"]))
    torch.distributions.Normal.sample = lambda self, *_: self.loc + self.scale * next(noise, 0)  # the last is for a value alone
    before = parameters(learner.model)
    learner.init_tensors()
    learner.obs = learner.env_reset()
    updates, rows, norms = [], {}, []
    # what passes by: the training set, and each update's terms
    prepare, train, step = learner.prepare_dataset, learner.train_actor_critic, learner.trancate_gradients_and_step

    def prepared(batch):
        prepare(batch)
        keys = {"advantages": "advantage", "returns": "target", "old_values": "value", "old_logp_actions": "negative_log_probability", "actions": "action"}
        for key, name in keys.items():
            values = learner.dataset.values_dict[key]
            rows[name] = values.reshape(ENVS, STEPS, *values.shape[1:]).squeeze(-1).transpose(0, 1).tolist()

    def stepped():
        norms.append(torch.sqrt(sum(p.grad.square().sum() for p in learner.model.parameters())).item())
        rows["last"] = {"before": parameters(learner.model), "gradient": gradient(learner.model)}
        step()

    def trained(minibatch):
        rate = learner.last_lr
        result = train(minibatch)
        a_loss, c_loss, _, kl, *_, b_loss = result
        updates.append({"actor_loss": a_loss.item(), "critic_loss": c_loss.item(), "bound_loss": b_loss.item(),
                        "kl": kl.item(), "norm": norms[-1], "rate": rate})
        return result

    learner.prepare_dataset, learner.train_actor_critic, learner.trancate_gradients_and_step = prepared, trained, stepped
    learner.train_epoch()
    statistics = learner.value_mean_std
    return {
        "source": f"rl_games 1.6.5, torch {torch.__version__}",
        "settings": {"hidden": HIDDEN, "minibatches": MINIBATCHES, "passes": PASSES, "learningRate": RATE},
        "tape": {key: value.tolist() for key, value in tape.items()},
        "before": before, **rows, "updates": updates, "rate_after": learner.last_lr,
        "value_statistics": {"mean": statistics.running_mean.item(), "variance": statistics.running_var.item()},
        "after": parameters(learner.model),
    }


def gradient(model):
    copy = {key: value.grad.clone() for key, value in model.named_parameters()}
    class Gradients:
        named_parameters = staticmethod(copy.items)
    return parameters(Gradients)


with contextlib.redirect_stdout(sys.stderr):
    recorded = record()
shorten = lambda x: float(np.format_float_positional(np.float32(x), unique=True)) if isinstance(x, float) else \
    [shorten(y) for y in x] if isinstance(x, list) else {k: shorten(v) for k, v in x.items()} if isinstance(x, dict) else x
print(json.dumps(shorten(recorded)))
