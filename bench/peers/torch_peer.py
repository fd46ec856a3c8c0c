"""PyTorch's side of the benchmarks. Speaks the JSON lines described in ../lib/peer.ts."""

import json
import platform
import sys
import time
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn import functional

OPTIONS = {
    "AdamW": {"lr": 1e-4, "weight_decay": 0.05},
    "SGD": {"lr": 1e-3, "weight_decay": 1e-4, "momentum": 0.9},
}
# The fused AdamW reached the CPU with 2.4.
HAS_FUSED = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 4)
CLASSES = {"AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}


class Muon(torch.optim.Optimizer):
    """Muon as PyTorch 2.9 defines it, written with plain operators: 1.13 has none."""

    def __init__(self, params, lr, weight_decay):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for param in group["params"]:
                state = self.state[param]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(param)
                buffer = state["momentum_buffer"].lerp_(param.grad, 0.05)
                direction = orthogonalize(param.grad.lerp(buffer, 0.95))
                rows, columns = param.shape
                rate = group["lr"] * max(1, rows / columns) ** 0.5
                param.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-rate)


def orthogonalize(matrix):
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.t() if tall else matrix
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(5):
        gram = x @ x.t()
        polynomial = torch.addmm(gram, gram, gram, beta=-4.775, alpha=2.0315)
        x = torch.addmm(x, polynomial, x, beta=3.4445)
    return x.t() if tall else x


def own_settings(index):
    return {"lr": 1e-4 * (1 + index / 1000), "weight_decay": 0 if index % 2 else 0.05}


def is_hidden_matrix(name, shape):
    return len(shape) == 2 and not name.startswith("head") and not name.endswith("_table")


def stepper(optimizers, params, foreach, clip=False):
    def step():
        if clip:
            nn.utils.clip_grad_norm_(params, 1)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["foreach"] = foreach
            optimizer.step()

    return step


def plain_stepper(optimizer, clipped=None):
    def step():
        if clipped is not None:
            nn.utils.clip_grad_norm_(clipped, 1)
        optimizer.step()

    return step


def prepare_optimizers(settings):
    names = [name for name, _ in settings["shapes"]]
    params = []
    for _, shape in settings["shapes"]:
        param = nn.Parameter(torch.randn(shape).mul_(0.02))
        param.grad = torch.randn(shape).mul_(1e-3)
        params.append(param)
    groups = [{"params": [param], **own_settings(index)} for index, param in enumerate(params)]
    if settings["algorithm"] == "Muon":
        hidden = [is_hidden_matrix(name, param.shape) for name, param in zip(names, params)]
        muon = Muon([group for group, wanted in zip(groups, hidden) if wanted], **OPTIONS["AdamW"])
        rest = [group for group, wanted in zip(groups, hidden) if not wanted]
        adamw = torch.optim.AdamW(rest, **OPTIONS["AdamW"])
        each = [muon, adamw]
        return {"groups": stepper(each, params, False), "groups_foreach": stepper(each, params, True)}, {}
    make, options = CLASSES[settings["algorithm"]], OPTIONS[settings["algorithm"]]
    each, together = make(groups, **options), make(params, **options)
    variants = {
        "groups": stepper([each], params, False),
        "groups_foreach": stepper([each], params, True),
        "groups_foreach_clipped": stepper([each], params, True, clip=True),
        "one": stepper([together], params, False),
        "one_foreach": stepper([together], params, True),
    }
    if settings["algorithm"] == "AdamW" and HAS_FUSED:
        # Optimizers of their own: whether a step is fused is decided when they are made. The first has left its defaults
        # in the groups that it was made of, and `fused` among them.
        each_fused = make([{**group, "fused": True} for group in groups], fused=True, **options)
        together_fused = make(params, fused=True, **options)
        variants["groups_fused"] = plain_stepper(each_fused)
        variants["groups_fused_clipped"] = plain_stepper(each_fused, clipped=params)
        variants["one_fused"] = plain_stepper(together_fused)
    return variants, {}


def prepare_calls(_):
    x, y = torch.ones(1), torch.ones(1)

    def in_place():
        for _ in range(1000):
            x.add_(y)

    def new():
        for _ in range(1000):
            x.add(y)

    return {"add_": in_place, "add": new}, {}


def mlp():
    return nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.dw = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm = nn.GroupNorm(4, channels)
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.project = nn.Conv2d(2 * channels, channels, 1)
        self.gamma = nn.Parameter(torch.full((channels, 1, 1), 0.5))

    def forward(self, x):
        return x + self.project(functional.gelu(self.expand(self.norm(self.dw(x))))) * self.gamma


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.norm = nn.GroupNorm(4, outputs)

    def forward(self, x):
        return functional.relu(self.norm(self.conv(x)))


class FashionNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(Down(1, 24), Block(24), Down(24, 48), Block(48), Down(48, 96))
        self.norm = nn.LayerNorm(96)
        self.head = nn.Linear(96, 10)

    def forward(self, x):
        return self.head(self.norm(self.backbone(x).mean((2, 3))))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = functional.relu_(self.bn1(self.conv1(x)))
        outer = self.bn2(self.conv2(inner))
        outer += x if self.downsample is None else self.downsample(x)
        return functional.relu_(outer)


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [64, 64, 128, 128, 256, 256, 512, 512]
        blocks = [BasicBlock(i, o, 1 if i == o else 2) for i, o in zip([64, *widths], widths)]
        self.layers = nn.Sequential(*blocks)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        return self.fc(self.layers(self.pool(functional.relu_(self.bn1(self.conv1(x))))).mean((2, 3)))


NETWORKS = {"mlp": mlp, "example": FashionNet, "resnet18": ResNet18}
NORMS = (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)


def mmengine_groups(model, decay):
    """One group a parameter, without decay for norms and biases: what MMEngine makes of the config."""
    groups = []
    for module in model.modules():
        for name, param in module.named_parameters(recurse=False):
            free = isinstance(module, NORMS) or name == "bias"
            groups.append({"params": [param], "weight_decay": 0 if free else decay})
    return groups


def prepare_training(settings):
    torch.manual_seed(1)
    model = NETWORKS[settings["network"]]()
    options = dict(settings["config"]["optimizer"])
    make = CLASSES[options.pop("type")]
    optimizer = make(mmengine_groups(model, options["weight_decay"]), **options)
    images = torch.randn(settings["input"])
    labels = torch.randint(settings["classes"], settings["input"][:1])

    def loss_of():
        return functional.cross_entropy(model(images), labels)

    def train(foreach=False):
        for group in optimizer.param_groups:
            group["foreach"] = foreach
        loss_of().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def backward():
        loss_of().backward()
        optimizer.zero_grad(set_to_none=True)

    variants = {"train": train, "train_foreach": lambda: train(True), "forward": loss_of, "backward": backward}
    return variants, {"loss": loss_of().item()}


def prepare_ranks(settings):
    address = "tcp://127.0.0.1:%d" % settings["port"]
    distributed.init_process_group(
        "gloo", init_method=address, rank=settings["rank"], world_size=settings["ranks"], timeout=timedelta(minutes=1)
    )
    torch.manual_seed(1)
    model = nn.parallel.DistributedDataParallel(NETWORKS[settings["network"]]())
    options = dict(settings["config"]["optimizer"])
    make = CLASSES[options.pop("type")]
    optimizer = make(mmengine_groups(model, options["weight_decay"]), **options)
    torch.manual_seed(2 + settings["rank"])
    images = torch.randn(settings["input"])
    labels = torch.randint(settings["classes"], settings["input"][:1])

    def train():
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return {"train": train}, {}


WORKS = {"ranks": prepare_ranks, "optimizers": prepare_optimizers, "calls": prepare_calls, "training": prepare_training}


def timed(run, times):
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spent.append((time.perf_counter() - start) * 1000)
    return spent


def peak_mib():
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def serve():
    variants = {}
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if message["do"] == "hello":
                torch.set_num_threads(message["threads"])
                answer = {"versions": {"pytorch": torch.__version__, "python": platform.python_version()}}
            elif message["do"] == "setup":
                variants, answer = WORKS[message["work"]](message["settings"])
                answer["variants"] = list(variants)
            elif message["do"] == "run":
                answer = {"ms": timed(variants[message["variant"]], message["times"])}
            else:
                answer = {"peak_mib": peak_mib()}
        except Exception as error:  # whoever asked is told, and goes on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


serve()
