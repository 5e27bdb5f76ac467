"""A watched script finds what `python SCRIPT` gives it, and ends as it would there. No script here trains anything."""

import multiprocessing
import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.unit.watch.watching import ENVIRONMENT, LIBRARY, plain, result, run, script

TELLS = """
import json, os, sys
import __main__
print(json.dumps({
    "argv": sys.argv, "path": sys.path, "file": __file__, "name": __name__, "main": __main__.__file__,
    "spec": __spec__ and __spec__.name, "package": __package__, "doc": __doc__, "cached": __cached__,
    "cwd": os.getcwd(), "environment": dict(os.environ), "builtins": type(__builtins__).__name__,
    "line": sys.stdin.readline(), "group": os.getpgrp() != os.getpid(), "executable": sys.executable,
    "names": sorted(globals()),
}))
"""


def output(done):
    return done.stdout.split(b"\ngraduate: ")[0].rstrip(b"\n")


@pytest.mark.parametrize("target", ["train.py", "./train.py", "sub/../train.py", "sub/deep.py", "link.py"])
def test_a_script_finds_itself_as_under_python(tmp_path, target):
    script(tmp_path, TELLS)
    script(tmp_path, TELLS, "sub/deep.py")
    (tmp_path / "link.py").symlink_to("sub/deep.py")
    words = [target, "--json", "-m", "a b", "--", "--quiet"]
    expected, got = (one(*words, cwd=tmp_path, input=b"typed\nmore") for one in (plain, run))
    assert output(got) == output(expected)
    assert got.returncode == expected.returncode == 0


def test_a_module_and_a_folder_find_themselves_as_under_python(tmp_path):
    script(tmp_path, TELLS, "package/train.py")
    script(tmp_path, TELLS, "package/__main__.py")
    for words in (["-m", "package.train", "--json", "x"], ["-m", "package"], ["package", "y"]):
        expected, got = (one(*words, cwd=tmp_path, input=b"") for one in (plain, run))
        assert output(got) == output(expected)


def test_bytes_pass_through_unchanged_and_in_order(tmp_path):
    body = """
    import os, sys
    sys.stdout.buffer.write(bytes(range(256)) * 300)
    sys.stdout.flush()
    os.write(1, b"\\xff\\x00 written past Python\\n")
    os.write(2, b"\\xfe err\\n")
    """
    file = script(tmp_path, body)
    expected, got = plain(file), run(file)
    assert got.stdout.startswith(expected.stdout)
    assert got.stderr == expected.stderr


def test_output_is_not_held_back(tmp_path):
    file = script(tmp_path, "import sys, time\nprint('now', flush=True)\nsys.stdin.readline()\n")
    process = subprocess.Popen([*LIBRARY, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stdout.readline() == b"now\n"  # while the script still waits
    process.communicate(b"go on\n", timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "body",
    [
        "import sys; sys.exit(0)",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('in words')",
        "raise SystemExit",
        "raise ValueError('of the script')",
        "def f():\n    g()\ndef g():\n    1 / 0\nf()",
        "this is no Python",
        "import nowhere",
        "import os; os._exit(7)",
        "import sys; sys.excepthook = lambda *a: print('own hook', a[0]); raise ValueError",
        "import atexit; atexit.register(print, 'at exit'); raise KeyError('x')",
        "import threading; threading.Timer(0.2, print, ['of a thread']).start(); print('main is done')",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('two') from e",
        "raise KeyboardInterrupt",
    ],
)
def test_it_ends_as_under_python(tmp_path, body):
    file = script(tmp_path, body)
    expected, got = plain(file), run(file)
    assert got.returncode == (130 if expected.returncode == -signal.SIGINT else expected.returncode)
    assert got.stderr == expected.stderr
    assert output(got) == output(expected)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT])
def test_a_signal_that_ends_it_is_kept_as_a_shell_shows_it(tmp_path, number):
    file = script(tmp_path, f"import os; os.kill(os.getpid(), {int(number)})")
    done = run("--json", file)
    assert done.returncode == 128 + number
    assert result(done)["script_signal"] == number.name
    assert result(done)["script_exit"] == 128 + number


def test_a_scripts_own_4_is_told_apart_from_a_sick_training(tmp_path):
    file = script(tmp_path, "import sys; sys.exit(4)")
    assert b"the script itself ended with exit code 4" in run(file).stdout
    done = run("--json", file)
    assert done.returncode == 4
    assert (result(done)["script_exit"], result(done)["verdict"]) == (4, "nothing_seen")


@pytest.mark.parametrize("last", ["print('text', end='')", "print('text')", "pass"])
def test_json_is_the_last_line_whatever_the_script_left(tmp_path, last):
    told = result(run("--json", script(tmp_path, last)))
    assert told["verdict"] == "nothing_seen"
    assert {"findings", "skipped", "script_exit", "ran", "traces"} <= set(told)


def interrupted(file, send):
    process = subprocess.Popen(
        [*LIBRARY, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True
    )
    assert process.stdout.readline() == b"ready\n"
    send(process)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


WAITS = """
import time
print("ready", flush=True)
times = 0
try:
    time.sleep(30)
except KeyboardInterrupt:
    try:
        time.sleep(1)  # a second one would come now
    except KeyboardInterrupt:
        print("twice", flush=True)
    raise
"""


@pytest.mark.parametrize(
    "send",
    [
        lambda process: os.kill(process.pid, signal.SIGINT),
        lambda process: os.killpg(process.pid, signal.SIGINT),
    ],
    ids=["to the one that watches", "to both, as a terminal does"],
)
def test_an_interrupt_reaches_the_script_once_and_the_findings_are_printed(tmp_path, send):
    code, out, err = interrupted(script(tmp_path, WAITS), send)
    assert code == 130
    assert b"twice" not in out
    assert b"KeyboardInterrupt" in err
    assert b"the script was interrupted" in out


def test_ctrl_c_at_a_terminal_ends_the_script(tmp_path):
    file = script(tmp_path, WAITS)
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*LIBRARY, file], stdin=child, stdout=child, stderr=child, env=ENVIRONMENT, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # it becomes the terminal that controls
    )  # fmt: skip
    os.close(child)
    seen = b""
    while b"ready" not in seen:
        seen += os.read(parent, 4096)
    os.write(parent, b"\x03")
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    assert process.wait(60) == 130
    assert b"the script was interrupted" in seen
    assert b"twice" not in seen


def test_a_script_that_ends_well_after_an_interrupt_ended_well(tmp_path):
    body = "import time\nprint('ready', flush=True)\ntry:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    pass\n"
    code, _, _ = interrupted(script(tmp_path, body), lambda process: os.kill(process.pid, signal.SIGINT))
    assert code == 0


def test_a_scripts_own_handler_gets_the_signal(tmp_path):
    body = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *a: sys.exit(9))
    print("ready", flush=True)
    time.sleep(30)
    """
    code, _, _ = interrupted(script(tmp_path, body), lambda process: process.terminate())
    assert code == 9


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_that_a_script_starts_are_left_alone(tmp_path, method):
    body = f"""
    import multiprocessing, sys
    def work(n):
        return n * n
    if __name__ == "__main__":
        with multiprocessing.get_context("{method}").Pool(2) as pool:
            print(pool.map(work, range(5)))
    """
    assert method in multiprocessing.get_all_start_methods()
    file = script(tmp_path, body)
    expected, got = plain(file), run(file)
    assert output(got) == output(expected)
    assert got.returncode == 0


def test_a_fork_that_goes_on_alone_tells_nothing_twice(tmp_path):
    body = """
    import os, sys
    if os.fork() == 0:
        sys.exit(5)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
    """
    done = run(script(tmp_path, body))
    assert output(done) == b"5"
    assert done.stdout.count(b"graduate:") == 1


def test_a_script_that_is_not_there_is_a_usage_error(tmp_path):
    for words in (["nowhere.py"], [], ["--every", "0", "x.py"], ["--nonsense", "x.py"]):
        done = run(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr


def test_an_old_trace_is_not_written_over(tmp_path):
    (tmp_path / "kept/1-model").mkdir(parents=True)
    (tmp_path / "kept/1-model/header.json").write_text("{}")
    done = run("--trace", tmp_path / "kept", script(tmp_path, "print('ran')"))
    assert done.returncode == 2
    assert b"ran" not in done.stdout


def test_quiet_says_nothing_where_there_is_nothing_to_say(tmp_path):
    assert run("--quiet", script(tmp_path, "print('of the script')")).stdout == b"of the script\n"


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path):
    place = tmp_path / "temporary"
    place.mkdir()
    run(script(tmp_path, "pass"), env={**ENVIRONMENT, "TMPDIR": str(place)})
    assert not list(place.iterdir())


def test_the_process_that_watches_stays_light(tmp_path):
    body = """
    import os, sys, time
    maps = open(f"/proc/{os.getppid()}/maps").read()
    print("numpy" in maps, "tensorflow" in maps)
    """
    if not os.path.exists("/proc/self/maps"):
        pytest.skip("no /proc")
    assert output(run(script(tmp_path, body))) == b"False False"


def test_an_interpreters_options_are_the_scripts_too(tmp_path):
    file = script(tmp_path, "import sys; print(sys.flags.optimize, sys.flags.dev_mode, sys.warnoptions)")
    command = [sys.executable, "-O", "-X", "dev", "-W", "ignore"]
    expected, got = run(file, command=command), run(file, command=[*command, "-m", "graduate.watch"])
    assert output(got) == output(expected)


def test_nothing_of_ours_slows_a_script_that_does_not_train(tmp_path):
    file = script(tmp_path, "import sys; print(sorted(m for m in sys.modules if 'numpy' in m or 'keras' in m))")
    assert output(run(file)) == b"[]"


def test_a_reader_that_goes_away_and_a_closed_output_leave_no_traceback_of_ours(tmp_path):
    file = script(tmp_path, "print('one', flush=True)")
    for end in ("| head -c 1", ">&-", "2>&-"):
        done = subprocess.run(["sh", "-c", f"{' '.join(LIBRARY)} {file} {end}"], capture_output=True, env=ENVIRONMENT)
        assert b"graduate/watch" not in done.stderr


def test_where_no_trace_can_be_kept_the_script_is_not_begun(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("--trace", tmp_path / "file/trace", script(tmp_path, "print('ran')"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"hint:" in done.stderr


def test_an_option_behind_a_script_that_reads_no_arguments_is_taken_for_graduate(tmp_path):
    file = script(tmp_path, "print('ran')")
    done = run(file, "--json", "--every=2", "other")
    assert result(done)["verdict"] == "nothing_seen"
    assert b"reads no arguments" in done.stderr
    bad = run(file, "--every", "x")
    assert (bad.returncode, bad.stdout) == (2, b"")


@pytest.mark.parametrize("body", ["import sys; print(sys.argv[1:])", "import helper; helper.show()"])
def test_an_option_behind_a_script_that_may_read_it_is_the_scripts(tmp_path, body):
    script(tmp_path, "import sys\ndef show(): print(sys.argv[1:])", "helper.py")
    done = run(script(tmp_path, body), "--json", "--page", "x.html")
    assert output(done) == b"['--json', '--page', 'x.html']"
    assert not done.stderr
