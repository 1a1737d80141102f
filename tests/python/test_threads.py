"""Other threads of Python go on while the library computes, and may use the same objects."""
import concurrent.futures
import threading
import time

import numpy

from alexnet_cpp import AlexNet, Classifier


def test_the_interpreter_goes_on_meanwhile() -> None:
    net = AlexNet(3, 10, threads=1)
    images = numpy.zeros((32, 3, 224, 224), numpy.float32)
    net(images)
    moments: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            moments.append(time.monotonic())
            time.sleep(0.001)
    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.monotonic()
    net(images)
    end = time.monotonic()
    done.set()
    watcher.join()
    quarter = (end - begin) / 4
    assert sum(begin + quarter < moment < end - quarter for moment in moments) > 5


def test_threads_share_a_network(images: numpy.ndarray) -> None:
    net = AlexNet(1, 10)
    batches = [images * scale for scale in (1, 2, 3, 4)]
    expected = [net(batch) for batch in batches]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            for found, wanted in zip(pool.map(net, batches), expected):
                assert numpy.array_equal(found, wanted)


def test_threads_share_a_classifier() -> None:
    classifier = Classifier(AlexNet(1, 10, image_size=64))
    pictures = [numpy.full((50, 70), grey, numpy.uint8) for grey in (10, 90, 170, 250)]
    expected = [classifier.classify(picture)[0].probability for picture in pictures]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert [found[0].probability for found in pool.map(classifier.classify, pictures)] == expected
