"""One peer of bench/data/compare: answers like bench_pipeline.

    peer.py NAME FOLDER

Everything on one thread, files read again for every image, uint8 results of 224x224 in batches of 64.
"""

import random
import sys
import time
from pathlib import Path

SIDE, SHORT, BATCH = 224, 256, 64


def files(folder):
    return [str(path) for path in sorted(Path(folder).glob("*/*.jpg"))]


def read(path):
    with open(path, "rb") as file:
        return file.read()


class TorchvisionPillow:
    """ImageFolder, transforms on Pillow images, DataLoader without worker processes."""

    def __init__(self, folder):
        import torch
        from torchvision import datasets, transforms
        torch.set_num_threads(1)
        t = transforms
        stages = {
            "train": [t.RandomResizedCrop(SIDE), t.RandomHorizontalFlip(), t.PILToTensor()],
            "eval": [t.Resize(SHORT), t.CenterCrop(SIDE), t.PILToTensor()],
        }
        self.decoded = datasets.ImageFolder(folder)
        self.loaders = {task: torch.utils.data.DataLoader(
            datasets.ImageFolder(folder, t.Compose(stage)), batch_size=BATCH)
            for task, stage in stages.items()}

    def run(self, task):
        if task == "decode":
            for path, _ in self.decoded.samples:
                self.decoded.loader(path)
            return
        for _ in self.loaders[task]:
            pass


class TorchvisionIo:
    """torchvision.io's decoder, transforms v2 on uint8 tensors (antialiased), no Pillow."""

    def __init__(self, folder):
        import torch
        from torchvision import io
        from torchvision.transforms import v2
        torch.set_num_threads(1)
        self.torch, self.io, self.paths = torch, io, files(folder)
        self.stages = {
            "train": v2.Compose([v2.RandomResizedCrop(SIDE, antialias=True),
                                 v2.RandomHorizontalFlip()]),
            "eval": v2.Compose([v2.Resize(SHORT, antialias=True), v2.CenterCrop(SIDE)]),
        }

    def run(self, task):
        batch = []
        for path in self.paths:
            image = self.io.decode_jpeg(self.io.read_file(path), mode=self.io.ImageReadMode.RGB)
            if task == "decode":
                continue
            batch.append(self.stages[task](image))
            if len(batch) == BATCH:
                self.torch.stack(batch)
                batch = []


class OpenCv:
    """A decoder, then slices and cv2.resize (INTER_LINEAR, which does not antialias)."""

    def __init__(self, folder):
        import cv2
        import numpy
        cv2.setNumThreads(0)
        self.cv2, self.numpy, self.paths = cv2, numpy, files(folder)

    def train(self, image):
        height, width = image.shape[:2]
        for _ in range(10):
            area = height * width * random.uniform(0.08, 1)
            ratio = 2.718281828 ** random.uniform(-0.28768207, 0.28768207)
            w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if w <= width and h <= height:
                break
        else:
            w, h = width, height
        top, left = random.randint(0, height - h), random.randint(0, width - w)
        part = self.cv2.resize(image[top:top + h, left:left + w], (SIDE, SIDE))
        return part[:, ::-1] if random.random() < 0.5 else part

    def eval(self, image):
        height, width = image.shape[:2]
        scale = SHORT / min(height, width)
        image = self.cv2.resize(image, (int(width * scale), int(height * scale)))
        top, left = (image.shape[0] - SIDE) // 2, (image.shape[1] - SIDE) // 2
        return image[top:top + SIDE, left:left + SIDE]

    def run(self, task):
        batch = self.numpy.empty((BATCH, SIDE, SIDE, 3), self.numpy.uint8)
        for number, path in enumerate(self.paths):
            image = self.decode(path)
            if task != "decode":
                batch[number % BATCH] = self.train(image) if task == "train" else self.eval(image)


class SimpleJpeg(OpenCv):
    def __init__(self, folder):
        super().__init__(folder)
        import simplejpeg
        self.simplejpeg = simplejpeg

    def decode(self, path):
        return self.simplejpeg.decode_jpeg(read(path), "RGB")


class PyTurboJpeg(OpenCv):
    def __init__(self, folder):
        super().__init__(folder)
        import turbojpeg
        self.jpeg = turbojpeg.TurboJPEG()

    def decode(self, path):
        return self.jpeg.decode(read(path))  # BGR, its default


class Dali:
    """DALI's CPU operators on one thread; training decodes only the crop."""

    def __init__(self, folder):
        from nvidia.dali import fn, pipeline_def, types
        self.folder, self.count = folder, len(files(folder))

        @pipeline_def(batch_size=BATCH, num_threads=1, device_id=None)
        def build(task):
            jpegs, _ = fn.readers.file(file_root=folder, name="reader")
            if task == "decode":
                return fn.decoders.image(jpegs, device="cpu")
            if task == "train":
                images = fn.decoders.image_random_crop(
                    jpegs, device="cpu", random_area=[0.08, 1.0],
                    random_aspect_ratio=[3 / 4, 4 / 3], num_attempts=10)
                images = fn.resize(images, size=[SIDE, SIDE], antialias=True,
                                   interp_type=types.INTERP_LINEAR)
                return fn.flip(images, horizontal=fn.random.coin_flip())
            images = fn.resize(fn.decoders.image(jpegs, device="cpu"), resize_shorter=SHORT,
                               antialias=True, interp_type=types.INTERP_LINEAR)
            return fn.crop(images, crop=[SIDE, SIDE])

        self.pipelines = {}
        for task in ("decode", "train", "eval"):
            self.pipelines[task] = build(task, prefetch_queue_depth=1)
            self.pipelines[task].build()

    def run(self, task):
        for _ in range((self.count + BATCH - 1) // BATCH):
            self.pipelines[task].run()


PEERS = {"torchvision-pillow": TorchvisionPillow, "torchvision-io": TorchvisionIo,
         "simplejpeg-opencv": SimpleJpeg, "pyturbojpeg-opencv": PyTurboJpeg, "dali-cpu": Dali}


def main():
    peer = PEERS[sys.argv[1]](sys.argv[2])
    for line in sys.stdin:
        start = time.perf_counter()
        peer.run(line.strip())
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
