"""The network of Cellpose 1 to 3 (Stringer et al., Nat Methods 18:100, 2021), named so that published weights load."""

import torch
from torch import nn
from torch.nn import functional as F


def normed(inputs, outputs, size):
    return nn.Sequential(
        nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05), nn.ReLU(), nn.Conv2d(inputs, outputs, size, padding=size // 2)
    )


def projected(inputs, outputs):
    return nn.Sequential(nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.05), nn.Conv2d(inputs, outputs, 1))


class Down(nn.Module):
    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.conv = nn.Sequential()
        self.proj = projected(inputs, outputs)
        for t in range(4):
            self.conv.add_module(f"conv_{t}", normed(inputs if t == 0 else outputs, outputs, size))

    def forward(self, x):
        x = self.proj(x) + self.conv[1](self.conv[0](x))
        return x + self.conv[3](self.conv[2](x))


class Styled(nn.Module):
    def __init__(self, inputs, outputs, style, size):
        super().__init__()
        self.conv = normed(inputs, outputs, size)
        self.full = nn.Linear(style, outputs)

    def forward(self, style, x, skip=None):
        if skip is not None:
            x = x + skip
        return self.conv(x + self.full(style)[:, :, None, None])


class Up(nn.Module):
    def __init__(self, inputs, outputs, style, size):
        super().__init__()
        self.conv = nn.Sequential()
        self.conv.add_module("conv_0", normed(inputs, outputs, size))
        for t in range(1, 4):
            self.conv.add_module(f"conv_{t}", Styled(outputs, outputs, style, size))
        self.proj = projected(inputs, outputs)

    def forward(self, x, skip, style):
        x = self.proj(x) + self.conv[1](style, self.conv[0](x), skip)
        return x + self.conv[3](style, self.conv[2](style, x))


class Downsample(nn.Module):
    def __init__(self, widths, size):
        super().__init__()
        self.down = nn.Sequential()
        for n in range(len(widths) - 1):
            self.down.add_module(f"res_down_{n}", Down(widths[n], widths[n + 1], size))

    def forward(self, x):
        levels = []
        for n, block in enumerate(self.down):
            levels.append(block(x if n == 0 else F.max_pool2d(levels[-1], 2)))
        return levels


class Upsample(nn.Module):
    def __init__(self, widths, size):
        super().__init__()
        self.up = nn.Sequential()
        for n in range(1, len(widths)):
            self.up.add_module(f"res_up_{n - 1}", Up(widths[n], widths[n - 1], widths[-1], size))

    def forward(self, style, levels):
        x = self.up[-1](levels[-1], levels[-1], style)
        for n in range(len(self.up) - 2, -1, -1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.up[n](x, levels[n], style)
        return x


class CPnet(nn.Module):
    """N x 2 x H x W to N x 3 x H x W: flow along rows and columns (a unit is 5) and the logit of lying in a cell."""

    def __init__(self, widths=(2, 32, 64, 128, 256), size=3):
        super().__init__()
        widths = list(widths)
        self.downsample = Downsample(widths, size)
        up = widths[1:] + [widths[-1]]
        self.upsample = Upsample(up, size)
        self.output = normed(up[0], 3, 1)
        self.diam_mean = nn.Parameter(torch.ones(1) * 30.0, requires_grad=False)
        self.diam_labels = nn.Parameter(torch.ones(1) * 30.0, requires_grad=False)

    def forward(self, x):
        levels = self.downsample(x)
        style = levels[-1].mean(dim=(2, 3))
        style = style / (style**2).sum(dim=1, keepdim=True) ** 0.5
        return self.output(self.upsample(style, levels))
