"""Trains the star-convex network that ships with spatile, on synthetic nuclei alone.

    python train.py --out FOLDER [--steps 4200] [--seed 20]

Every batch is a function of (seed, step), so a run that was stopped goes on from its last checkpoint as if it had not been.
The learning rate is 1e-3, falling by a cosine to 2e-5 over the last 40 % of the steps.
"""

import argparse
import json
import math
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

from network import StarNet
from samples import batch

SIDE = 160
BATCH = 4
RATE = 1e-3
LEAST_RATE = 2e-5
DECAY_SHARE = 0.4


def loss_of(logit, dist, prob_true, dist_true):
    """Cross entropy of the probability, and of the rays the mean error weighted by it (section 2.9 of the methods)."""
    entropy = F.binary_cross_entropy_with_logits(logit, prob_true)
    error = (dist - dist_true).abs().mean(dim=1, keepdim=True)
    inside = (prob_true * error).mean() / prob_true.mean().clamp_min(1e-3)
    outside = ((1 - prob_true) * dist.abs().mean(dim=1, keepdim=True)).mean()
    return entropy + 0.2 * (inside + 1e-4 * outside)


def rate_at(step: int, steps: int) -> float:
    start = steps * (1 - DECAY_SHARE)
    if step < 100:
        return RATE * (step + 1) / 100
    if step < start:
        return RATE
    through = (step - start) / (steps - start)
    return LEAST_RATE + (RATE - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * through))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=4200)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--stop-at", type=int, default=None)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    net = StarNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    checkpoint = os.path.join(options.out, "checkpoint.pt")
    first = 0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
    losses = []
    began = time.perf_counter()
    for step in range(first, options.stop_at or options.steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, options.steps)
        images, prob, dist = (torch.from_numpy(x) for x in batch(options.seed, step, BATCH, SIDE))
        loss = loss_of(*net.maps(images), prob, dist)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        if (step + 1) % 100 == 0:
            line = {"step": step + 1, "loss": float(np.mean(losses[-100:])), "seconds": time.perf_counter() - began}
            print(json.dumps(line), flush=True)
        if (step + 1) % 250 == 0:
            torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}, checkpoint + ".new")
            os.replace(checkpoint + ".new", checkpoint)
    torch.save(net.state_dict(), os.path.join(options.out, "weights.pt"))


if __name__ == "__main__":
    main()
