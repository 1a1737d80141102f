#!/usr/bin/python3
"""Makes the files in tests/formats/pytorch/fixtures/ with the torch that runs it.

    python3 tests/formats/pytorch/make_fixtures.py

writes VERSION-CASE.zip.pth and VERSION-CASE.legacy.pth for every case below, and VERSION.json with
the float32 values that a reader should find, as bits; and modules/VERSION-CASE.pth. Made with Debian's python3-torch (1.13) and
with torch 2.15.
"""

import argparse
import json
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path, PurePosixPath

import numpy
import torch
from torch import nn

FOLDER = Path(__file__).parent / "fixtures"
VERSION = ".".join(torch.__version__.split(".")[:2])


def ramp(*shape: int, begin: float = 0.0) -> torch.Tensor:
    """Distinct values, exact in float16 and bfloat16: sixteenths."""
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float32) / 16 + begin).reshape(shape)


class Narrow(nn.Module):
    """The shape of an AlexNet, small."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU())
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(12, 4))
        with torch.no_grad():
            for number, parameter in enumerate(self.parameters()):
                parameter.copy_(ramp(*parameter.shape, begin=number))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


def state_dict() -> object:
    return Narrow().state_dict()


def plain_dict_of_parameters() -> object:
    return dict(Narrow().named_parameters())


def data_parallel() -> object:
    return nn.DataParallel(Narrow()).state_dict()


def dtypes() -> object:
    odd = [0.0, -0.0, 1.0, -1.5, 65504.0, 6.1e-5, 6e-8, -6e-8, float("inf"), -float("inf"), float("nan")]
    values = OrderedDict()
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        values[str(dtype).removeprefix("torch.")] = torch.tensor(odd, dtype=dtype)
    values["beyond"] = torch.tensor([1e300, -1e300, 1e-300, 0.1], dtype=torch.float64)
    return values


def strided() -> object:
    base = ramp(4, 6)
    cube = ramp(2, 3, 4)
    return OrderedDict(
        transposed=base.t(),
        columns=base[:, 1:4],
        every_other=base[::2, ::3],
        rows=base[1:3],
        expanded=ramp(3, 1).expand(3, 5),
        permuted=cube.permute(2, 0, 1),
        half_permuted=cube.half().permute(1, 2, 0),
        one=ramp(1, 1, 1, begin=7).squeeze(0),
        scalar=torch.tensor(2.5),
        empty=torch.empty(0, 3),
        whole=base,
        channels_last=ramp(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
    )


def checkpoint() -> object:
    model = Narrow()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.classifier(torch.ones(1, 12)).sum().backward()
    optimizer.step()
    model = Narrow()
    return {
        "epoch": 3,
        "steps": 5_000_000_000,
        "huge": 2**70,
        "negative": -7,
        "loss": 0.25,
        "best": True,
        "note": "naïve",
        "nothing": None,
        "history": [0.5, [1, 2], ("a", None)],
        "empty": [(), [], {}],
        "counts": torch.arange(5),
        "seen": torch.tensor([True, False]),
        "optimizer": optimizer.state_dict(),
        "state_dict": model.state_dict(),
    }


def under_model() -> object:
    return {"model": Narrow().state_dict(), "epoch": 1}


def under_model_state_dict() -> object:
    return {"model_state_dict": OrderedDict(Narrow().state_dict()), "epoch": 1}


def objects() -> object:
    """What training scripts keep beside the state dict."""
    schedule = defaultdict(list)
    schedule["lr"].append(0.1)
    return {
        "args": argparse.Namespace(lr=0.1, device=torch.device("cpu"), rates=(0.1, 0.2)),
        "best": numpy.float64(3.5),
        "counts": numpy.arange(3),
        "path": PurePosixPath("/data/run"),
        "classes": {"cat", "dog"},
        "dtype": torch.float16,
        "shape": torch.Size([1, 2]),
        "schedule": schedule,
        "bytes": b"abc",
        "state_dict": Narrow().state_dict(),
    }


def whole_module() -> object:
    return Narrow()


class Small(nn.Module):
    """torchvision's AlexNet with two channels, whose shapes are a network's."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 2, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(2, 2, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(),
            nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(72, 4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Trainer:
    """An object that is no module, with one among its attributes."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net
        self.seen = {1, 2}
        self.device = torch.device("cpu")


def save_modules() -> None:
    """One network, as its state dict and as modules in every wrapping."""
    net = Small().eval()
    folder = FOLDER / "modules"
    folder.mkdir(exist_ok=True)
    cases = {
        "state_dict": net.state_dict(),
        "module": net,
        "parallel": nn.DataParallel(net),
        "sequential": nn.Sequential(net),
        "in_dict": {"model": net, "epoch": 2, "device": torch.device("cpu")},
        "in_object": Trainer(net),
    }
    for name, saved in cases.items():
        torch.save(saved, folder / f"{VERSION}-{name}.pth")
    scripts = {"script": torch.jit.script(net), "trace": torch.jit.trace(net, torch.zeros(1, 3, 224, 224))}
    for name, script in scripts.items():
        path = folder / f"{VERSION}-{name}.pth"
        script.save(str(path))
        forget_where(path)


def expected(saved: object) -> dict:
    if isinstance(saved, nn.Module):
        saved = saved.state_dict()
    for key in ("state_dict", "model_state_dict", "model"):
        saved = saved[key] if isinstance(saved.get(key), dict) else saved
    names = [name.removeprefix("module.") for name in saved]
    tensors = [tensor.detach().float().contiguous() for tensor in saved.values()]
    return {
        name: {"shape": list(tensor.shape), "bits": tensor.view(-1).view(torch.int32).tolist()}
        for name, tensor in zip(names, tensors)
    }


CASES = (
    state_dict,
    plain_dict_of_parameters,
    data_parallel,
    dtypes,
    strided,
    checkpoint,
    under_model,
    under_model_state_dict,
    objects,
)


def forget_where(file: Path) -> None:
    """Takes out what TorchScript says about the script and its folder."""
    with zipfile.ZipFile(file) as archive:
        kept = [(i, archive.read(i)) for i in archive.infolist() if not i.filename.endswith(".debug_pkl")]
    with zipfile.ZipFile(file, "w") as archive:
        for info, data in kept:
            archive.writestr(info.filename, data, info.compress_type)


def save_odd_ones(answers: dict) -> None:
    """Protocols, modules, TorchScript, and files without checksums."""
    for protocol in (3, 4, 5):
        stem = f"{VERSION}-protocol{protocol}"
        saved = objects()
        torch.save(saved, FOLDER / f"{stem}.zip.pth", pickle_protocol=protocol)
        torch.save(
            saved, FOLDER / f"{stem}.legacy.pth", pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
        answers[stem] = expected(saved)
    stem = f"{VERSION}-whole_module"  # the older format keeps torch's source code beside it
    torch.save(whole_module(), FOLDER / f"{stem}.zip.pth")
    answers[stem] = expected(whole_module())
    stem = f"{VERSION}-torchscript"
    torch.jit.script(Narrow()).save(str(FOLDER / f"{stem}.zip.pth"))
    forget_where(FOLDER / f"{stem}.zip.pth")
    answers[stem] = expected(Narrow())
    if hasattr(torch.serialization, "set_crc32_options"):
        stem = f"{VERSION}-no_checksums"
        torch.serialization.set_crc32_options(False)
        torch.save(state_dict(), FOLDER / f"{stem}.zip.pth")
        torch.serialization.set_crc32_options(True)
        answers[stem] = expected(state_dict())


def main() -> None:
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    answers = {}
    for case in CASES:
        saved = case()
        stem = f"{VERSION}-{case.__name__}"
        torch.save(saved, FOLDER / f"{stem}.zip.pth")
        torch.save(saved, FOLDER / f"{stem}.legacy.pth", _use_new_zipfile_serialization=False)
        answers[stem] = expected(saved)
    save_odd_ones(answers)
    save_modules()
    lines = (f"{json.dumps(stem)}: {json.dumps(tensors)}" for stem, tensors in answers.items())
    (FOLDER / f"{VERSION}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
