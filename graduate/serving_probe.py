"""Asks an exported model the trainer's questions, in a process that has TensorFlow and nothing of this project.

Run by its path as `python -I serving_probe.py`. It imports TensorFlow, says `ready`, waits for one JSON line on standard
input, {"model": folder, "raw": [base64, …], "repeats": n}, and answers with one:
{"probabilities": […], "latency_ms": […], "foreign": […]}, or {"error": "…"}. It ends when standard input does.
"""

import base64
import json
import os
import sys
import time

# What a serving machine does not have.
FOREIGN = {"graduate", "tfx", "tfx_bsl", "tensorflow_transform", "tensorflow_data_validation", "apache_beam"}


def main() -> None:
    """Serve one request."""
    _die_with_parent()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the Trainer may hold the GPU
    import tensorflow as tf

    _say({"ready": True})
    line = sys.stdin.readline()
    if not line:
        return
    try:
        _say(_answer(tf, json.loads(line)))
    except Exception as error:
        _say({"error": f"{type(error).__name__}: {str(error)[:1000]}"})


def _answer(tf, request):
    loaded = tf.saved_model.load(request["model"])
    serve = loaded.signatures["serving_default"]
    name = next(iter(serve.structured_input_signature[1]))
    raw = [base64.b64decode(one) for one in request["raw"]]
    probabilities = serve(**{name: tf.constant(raw)})["probabilities"].numpy().tolist()
    latencies = []
    for turn in range(request["repeats"] + 3):  # the first ones trace and warm up
        one = tf.constant([raw[turn % len(raw)]])
        start = time.perf_counter()
        serve(**{name: one})["probabilities"].numpy()
        latencies.append((time.perf_counter() - start) * 1000)
    foreign = sorted(FOREIGN & {module.split(".")[0] for module in sys.modules})
    return {"probabilities": probabilities, "latency_ms": latencies[3:], "foreign": foreign}


def _die_with_parent():
    """A killed parent closes no pipe that a sibling holds open; the kernel's own signal is sure (prctl, Linux)."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(0)


def _say(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
