"""Writes network.json: loss and gradients of a small ResolVI step by PyTorch, which the test compares with ours.

Written from the model's equations, not from our graph. Run with torch: python network.py > network.json
"""

import json

import torch
import torch.nn.functional as F
from torch.distributions import Dirichlet, Exponential, Gamma, Normal, Poisson

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
G, B, N, P, L, H, E, K = 7, 3, 2, 2, 3, 4, 5, 3
KL, RATIO, CELLS, WEIGHT = 0.7, 0.2, 11, 3


def layer(name, i, o):
    return [(name + ".weights", (i, o)), (name + ".offsets", (o,))]


shapes = (
    layer("z1", G, E) + layer("z2", E, E) + layer("zMean", E, L) + layer("zVariance", E, L)
    + layer("a1", G, E) + layer("a2", E, E) + layer("aShares", E, 3)
    + layer("d1", L, H) + layer("d2", H, H) + layer("dGenes", H, G) + layer("labels", L, K)
    + [("background", (G,)), ("sparsity", (1,)), ("trueShare", (1,)), ("diffusionShare", (1,)),
       ("backgroundShare", (1,)), ("distanceScale", (1,)), ("mixture", (K,)), ("means", (K, L))]
)
p = {n: (torch.randn(s) * 0.6).requires_grad_() for n, s in shapes}
x = torch.poisson(torch.full((B, G), 2.0)) + 1
r = torch.poisson(torch.full((B, G), 2.0)) + 1
r = r / r.mean(1, keepdim=True)
xn = torch.poisson(torch.full((B * N, G), 2.0)) + 1
xn = xn / xn.mean(1, keepdim=True)
d = torch.rand(B, N) * 3
u = torch.randn(B, N).requires_grad_()
eps, epsn = torch.randn(P, B, L), torch.randn(P, B * N, L)
m1, m2 = torch.bernoulli(torch.full((B, E), 0.8)) / 0.8, torch.bernoulli(torch.full((B, E), 0.8)) / 0.8
y = torch.zeros(B, K)
y[0, 1] = y[2, 2] = 1


def lin(n, a, q=p):
    return a @ q[n + ".weights"] + q[n + ".offsets"]


def block(n, a, q=p, m=1.0):
    h = lin(n, a, q)
    return F.relu(F.layer_norm(h, (h.shape[-1],))) * m


def encode(a, q=p, masks=(1.0, 1.0)):
    h = block("z2", block("z1", torch.log1p(a), q, masks[0]), q, masks[1])
    return lin("zMean", h, q), lin("zVariance", h, q).exp() + 1e-4


def decode(z, q=p):
    return torch.softmax(lin("dGenes", block("d2", block("d1", z, q), q), q), -1)


s = p["sparsity"].exp() + 1e-3
ct, cd, cb = (p[n].exp() + 1e-6 for n in ("trueShare", "diffusionShare", "backgroundShare"))
tau = p["distanceScale"].exp() + 1e-6
bg = torch.softmax(p["background"], -1)
v = s * torch.tensor([1.0, 0.3, 10 * RATIO + 1e-3])
prior = Gamma(10.0, 10 / 3.0).log_prob(s).sum() + Exponential(torch.tensor(1.0)).log_prob(tau).sum()
for c, mean in zip((ct, cd, cb), v):
    prior = prior + Gamma(torch.tensor(10.0), 10 / mean).log_prob(c).sum()
prior = prior + 4 * bg.log().sum()

alpha = torch.softmax(lin("aShares", block("a2", block("a1", torch.log1p(x)))), -1) + torch.tensor([1e-3, 1.1e-2, 1e-3])
beta = torch.softmax(20 * torch.sigmoid(u) - 10 - torch.clamp(d.sqrt(), max=10.0), -1)
conc = 30 * (torch.exp(-torch.clamp(tau * d, max=20.0)) + 1e-3)
per_cell = Dirichlet(conc, validate_args=False).log_prob(beta)
per_cell = per_cell + 5 * Dirichlet(torch.cat([ct, cd, cb]).detach(), validate_args=False).log_prob(alpha)

qm, qv = encode(r, masks=(m1, m2))
z = qm + qv.sqrt() * eps
sd = 1.0 + 1e-4
logits = torch.log_softmax(p["mixture"] + 10 * y, -1)
comp = Normal(p["means"], sd).log_prob(z[:, :, None, :]).sum(-1)
log_p = torch.logsumexp(comp + logits, -1)
log_q = Normal(qm, qv.sqrt()).log_prob(z).sum(-1)
frozen = {n: t.detach() for n, t in p.items()}
nm, nv = encode(xn, frozen)
rho_n = decode(nm + nv.sqrt() * epsn, frozen).reshape(P, B, N, G)
l = x.sum(1, keepdim=True)
rate = l * (alpha[:, :1] * decode(z) + alpha[:, 1:2] * (beta[:, :, None] * rho_n).sum(2) + alpha[:, 2:] * bg)
log_x = Poisson(rate, validate_args=False).log_prob(x).sum(-1)
log_y = (y * torch.log_softmax(lin("labels", z), -1)).sum(-1)
per_cell = per_cell + (KL * (log_p - log_q) + WEIGHT * log_x + 50 * log_y).mean(0)
loss = -(CELLS / B * per_cell.sum() + prior)
loss.backward()

constant = (l.squeeze(1) * l.squeeze(1).log() - torch.lgamma(x + 1).sum(1)).sum() * CELLS / B
flat = lambda t: [round(float(f"{a:.12g}"), 15) for a in t.detach().reshape(-1)]
zero = lambda t: flat(torch.zeros_like(t) if t.grad is None else t.grad)
print(json.dumps({
    "size": {"genes": G, "neighbours": N, "latent": L, "hidden": H, "encoderHidden": E, "components": K,
             "supervised": True, "batch": B, "particles": P, "likelihoodWeight": WEIGHT},
    "backgroundRatio": RATIO,
    "inputs": {
        "packed": sum((flat(p[n]) for n, _ in shapes), []), "counts": flat(x), "resampled": flat(r),
        "neighbourCounts": flat(xn), "distance": flat(d), "neighbourLogits": flat(u), "noise": flat(eps),
        "neighbourNoise": flat(epsn), "dropout1": flat(m1), "dropout2": flat(m2), "labels": flat(y),
        "library": flat(l), "weight": [CELLS / B] * B, "latentWeight": [KL],
    },
    # What depends on counts alone, and the constants of the background's density, are left out of ours.
    "loss": float((loss + WEIGHT * constant).detach()),
    "gradient": sum((zero(p[n]) for n, _ in shapes), []),
    "neighbourGradient": flat(u.grad),
}))
