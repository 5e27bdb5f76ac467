"""Asks an exported model the trainer's questions, in a process that has TensorFlow and nothing of this project.

Run by its path: `python -I serving_probe.py [PARENT]`. It imports TensorFlow while it waits for a JSON line on standard
input, {"model": folder, "raw": {feature: [value, …]}, "kinds": {feature: dtype}, "repeats": n}, strings in base64, and
answers with one line on standard output: {"answers": [[…]], "names": […], "load_seconds": s, "latency_ms": […]}, or
{"error": "…"}. Before it, a line {"model": folder} may come: the model is loaded, and nothing is said.

It ends when standard input does, at any time: so it never outlives whoever started it. With PARENT, a process id, the
kernel kills it too when that process's main thread ends.
"""

import base64
import gc
import json
import os
import queue
import sys
import threading
import time

# What a serving machine does not have; TensorFlow takes Keras along where it finds it, which costs a second.
FOREIGN = ("graduate", "keras", "tfx", "tfx_bsl", "tensorflow_transform", "tensorflow_data_validation", "apache_beam")
_WARM_UP = 3  # the first requests trace and allocate


def main() -> None:
    """Answer one request."""
    gc.disable()  # nothing here makes garbage worth collecting
    if len(sys.argv) > 1:
        _die_with(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that TensorFlow prints is taken for the answer
    requests = _Requests()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the trainer may hold the GPU, and its answers are computed on the CPU
    for name in FOREIGN:
        sys.modules[name] = None  # type: ignore[assignment]  # whoever imports it gets an ImportError
    try:
        import tensorflow

        model = _Model(tensorflow)
        while "raw" not in (request := requests.wait()):
            model.load(request["model"])
        answer = model.answer(request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {str(error)[:1000]}"}
    out.write(json.dumps(answer) + "\n")
    out.flush()


class _Requests:
    """Reads standard input beside the import of TensorFlow."""

    def __init__(self):
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self):
        return json.loads(self._lines.get())

    def _read(self):
        for line in sys.stdin.buffer:
            self._lines.put(line)
        os._exit(0)  # nobody is there any more


class _Model:
    """A SavedModel, loaded once."""

    def __init__(self, tensorflow):
        self._tensorflow, self._folder = tensorflow, None

    def load(self, folder):
        if folder != self._folder:
            start = time.perf_counter()
            self._loaded = self._tensorflow.saved_model.load(folder)
            self._folder, self._seconds = folder, time.perf_counter() - start

    def answer(self, request):
        self.load(request["model"])
        serve, constant = self._loaded.signatures["serving_default"], self._tensorflow.constant
        kinds = request["kinds"]
        raw = {name: _decoded(values, kinds[name]) for name, values in request["raw"].items()}
        given = serve(**{name: constant(values, kinds[name]) for name, values in raw.items()})
        answers, names = ("probabilities", "classes") if "probabilities" in given else ("values", "names")
        number, latencies = len(next(iter(raw.values()))), []
        for turn in range(request["repeats"] + _WARM_UP):
            one = {name: constant([values[turn % number]], kinds[name]) for name, values in raw.items()}
            start = time.perf_counter()
            serve(**one)[answers].numpy()
            latencies.append((time.perf_counter() - start) * 1000)
        return {
            "answers": given[answers].numpy().tolist(),
            "names": [one.decode() for one in given[names].numpy()[0]],
            "load_seconds": self._seconds,
            "latency_ms": latencies[_WARM_UP:],
        }


def _decoded(values, kind):
    """Values of one feature: strings are base64, a missing number is None."""
    if kind == "string":
        return [base64.b64decode(one) for one in values]
    return [float("nan") if one is None else one for one in values]


def _die_with(parent):
    """Linux: PR_SET_PDEATHSIG. It is bound to the thread that started this process, which must be one that stays."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was asked
        os._exit(0)


if __name__ == "__main__":
    main()
    os._exit(0)  # unloading TensorFlow takes a second and frees nothing
