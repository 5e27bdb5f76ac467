"""The whole digits pipeline against a plain Keras script that does the same work, and what a user waits for.

    python benchmarks/pipeline.py                 all of it, about ten minutes on two cores
    python benchmarks/pipeline.py --rounds 5      more rounds; --only pipeline,light,beam,transform picks parts

Every figure is of whole processes: start, imports, work, exit. Ratios are of medians of runs that alternated, so that a
machine whose speed drifts does not decide them.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRADUATE = [sys.executable, "-m", "graduate.pipeline.cli"]
DIGITS = "examples/digits.yaml"
PLAIN = [sys.executable, "benchmarks/plain_keras.py"]


def timed(command: list[str], expect: int = 0) -> tuple[float, float, str]:
    """(seconds, peak megabytes of the largest process, stdout) of a command that must end with `expect`."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        if process.returncode != expect:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}, not {expect}\n{out.read()}")
        return seconds, usage.ru_maxrss / 1024, out.read()


def alternate(rounds: int, arms: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Seconds of every arm, round by round; one uncounted round first."""
    found: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(rounds + 1):
        for name, run in arms.items():
            seconds = run()
            if turn:
                found[name].append(seconds)
    return found


def show(name: str, seconds: list[float], against: dict[str, list[float]], note: str = "") -> None:
    """One line: median, spread, and the ratio to each baseline of the same rounds."""
    ratios = "".join(
        f"  ÷ {other} {statistics.median(seconds) / statistics.median(base):.2f}" for other, base in against.items()
    )
    print(
        f"{name:<44} {statistics.median(seconds):7.2f} s  ({min(seconds):.2f}–{max(seconds):.2f}){ratios}{note}",
        flush=True,
    )


def fresh(folder: Path, *options: str) -> Callable[[], float]:
    """A run in an empty work folder."""

    def run() -> float:
        shutil.rmtree(folder, ignore_errors=True)
        seconds, megabytes, _ = timed([*GRADUATE, "run", DIGITS, "--workdir", str(folder), *options])
        peaks.append(megabytes)
        return seconds

    return run


peaks: list[float] = []


def pipeline(rounds: int, scratch: Path) -> None:
    """The pipeline, every node on and without the serving check, ÷ the plain script, as it is and tuned."""
    data = scratch / "images"
    timed([*GRADUATE, "run", DIGITS, "--workdir", str(scratch / "data"), "--until", "ExampleGen"])
    shutil.copytree(scratch / "data" / "data" / "digits", data)
    plain = [*PLAIN, str(data), str(scratch / "plain")]
    arms = {
        "plain": lambda: timed(plain)[0],
        "tuned": lambda: timed([*plain, "--tuned"])[0],
        "whole": fresh(scratch / "whole"),
        "without": fresh(scratch / "without", "--set", "serving.check=false"),
        "bare": fresh(scratch / "bare", "--set", "transform.statistics=false"),
    }
    found = alternate(rounds, arms)
    base = {"plain": found["plain"], "tuned": found["tuned"]}
    show("plain Keras script", found["plain"], {})
    show("plain Keras script, tuned likewise", found["tuned"], {"plain": found["plain"]})
    show("graduate run digits, every node", found["whole"], base)
    show("  without ServingCheck", found["without"], base)
    show("  without Transform's own statistics", found["bare"], base)
    print(f"{'peak memory of the largest process':<44} {max(peaks):7.0f} MB")
    shutil.rmtree(scratch / "twice", ignore_errors=True)
    timed([*GRADUATE, "run", DIGITS, "--workdir", str(scratch / "twice")])
    again = [*GRADUATE, "run", DIGITS, "--workdir", str(scratch / "twice"), "--json"]
    first, _, out = timed(again)
    assert json.loads(out)["unchanged"], "the first repetition ran again"
    show("nothing changed, the first repetition", [first], {})
    show("nothing changed", [timed(again)[0] for _ in range(5)], {"plain": found["plain"]})


def light(rounds: int, scratch: Path) -> None:
    """What is said before anything heavy is imported."""
    wrong = scratch / "wrong.yaml"
    wrong.write_text(
        (ROOT / DIGITS).read_text().replace("batch_size", "batchsize").replace("../schemas", str(ROOT / "schemas"))
    )
    missing = scratch / "missing.yaml"
    missing.write_text(
        (ROOT / DIGITS)
        .read_text()
        .replace("images: digits", "images: nowhere")
        .replace("../schemas", str(ROOT / "schemas"))
    )
    arms = {
        "graduate --help": lambda: timed([*GRADUATE, "--help"])[0],
        "an unknown key": lambda: timed([*GRADUATE, "run", str(wrong)], expect=2)[0],
        "a missing file": lambda: timed([*GRADUATE, "run", str(scratch / "none.yaml")], expect=2)[0],
        "a missing data folder": lambda: timed(
            [*GRADUATE, "run", str(missing), "--workdir", str(scratch / "w")], expect=5
        )[0],
        "an unknown node": lambda: timed([*GRADUATE, "run", DIGITS, "--until", "Trainr"], expect=2)[0],
    }
    for name, seconds in alternate(max(rounds, 5), arms).items():
        show(name, seconds, {})


def beam(rounds: int, scratch: Path) -> None:
    """BeamDagRunner ÷ LocalDagRunner."""
    found = alternate(rounds, {r: fresh(scratch / r, "--runner", r) for r in ("local", "beam")})
    show("LocalDagRunner", found["local"], {})
    show("BeamDagRunner", found["beam"], {"local": found["local"]})


def transform(rounds: int, scratch: Path, rows: int = 10_000) -> None:
    """Rows a second of the Transform node ÷ the same decoding and normalisation by hand in tf.data."""
    folder = scratch / "many"
    timed([sys.executable, __file__, "--write-images", str(folder), str(rows)])
    config = scratch / "many.yaml"
    config.write_text(
        f"name: many\ndata: {{images: {folder}}}\ntransform: {{size: [8, 8], channels: 1}}\n"
        "training: {steps: 1}\nevaluation: {bounds: {loss: {at_most: 9}}}\n"
    )

    def node() -> float:
        shutil.rmtree(scratch / "tw", ignore_errors=True)
        _, _, out = timed(
            [*GRADUATE, "run", str(config), "--workdir", str(scratch / "tw"), "--until", "Transform", "--json"]
        )
        return next(n["seconds"] for n in json.loads(out)["nodes"] if n["node"] == "Transform")

    def by_hand() -> float:
        return float(timed([sys.executable, __file__, "--by-hand", str(folder)])[2])

    found = alternate(rounds, {"node": node, "by hand": by_hand})
    for name, seconds in found.items():
        print(f"{f'Transform, {name}':<44} {rows / statistics.median(seconds):7.0f} rows/s")
    print(f"{'Transform ÷ by hand':<44} {statistics.median(found['by hand']) / statistics.median(found['node']):7.3f}")


def write_images(folder: Path, rows: int) -> None:
    """Grey 8x8 PNGs of noise, ten classes."""
    import random

    from graduate.pipeline.data.demo import png

    noise = random.Random(7)
    for row in range(rows):
        place = folder / str(row % 10)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{row}.png").write_bytes(png(noise.randbytes(64), width=8, height=8))


def by_hand(folder: Path) -> float:
    """Seconds for a full pass that learns mean and deviation, and one that normalises and writes TFRecords."""
    import tensorflow as tf

    paths = sorted(map(str, folder.glob("*/*.png")))
    start = time.perf_counter()
    images = tf.data.Dataset.from_tensor_slices(paths).map(
        lambda path: tf.io.decode_png(tf.io.read_file(path), 1), num_parallel_calls=tf.data.AUTOTUNE
    )
    total = squares = 0.0
    for batch in images.batch(1024):
        pixels = tf.cast(batch, tf.float64)
        total, squares = total + tf.reduce_mean(pixels) * len(batch), squares + tf.reduce_mean(pixels**2) * len(batch)
    mean = total / len(paths)
    deviation = tf.sqrt(squares / len(paths) - mean**2)
    with tf.io.TFRecordWriter(
        str(folder.parent / "by_hand.gz"), tf.io.TFRecordOptions(compression_type="GZIP")
    ) as writer:
        for batch in images.batch(1024):
            for row in ((tf.cast(batch, tf.float64) - mean) / deviation).numpy().astype("float32"):
                writer.write(row.tobytes())
    return time.perf_counter() - start


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"pipeline": pipeline, "light": light, "beam": beam, "transform": transform}
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(parts), metavar="PART,…", help=f"of {', '.join(parts)}")
    parser.add_argument("--write-images", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--by-hand", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write_images:
        write_images(Path(args.write_images[0]), int(args.write_images[1]))
    elif args.by_hand:
        print(by_hand(Path(args.by_hand)))
    else:
        for part in args.only.split(","):
            with tempfile.TemporaryDirectory() as scratch:
                parts[part](args.rounds, Path(scratch))


if __name__ == "__main__":
    main()
