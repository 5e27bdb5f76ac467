"""The script's process: begins as `python child.py FOLDER EVERY RECEIPTS script|module TARGET ARGS…`.

It sets the interpreter up as `python TARGET ARGS…` would find it, installs the observer, which waits until the script
imports Keras, runs the script, and tells the observer how it ended. Nothing that fails in the observer reaches the
script. Only modules that the interpreter has loaded anyway are imported before the script imports its own.

RECEIPTS is a pipe: the kernel's signals to this process are noted there, so that the process which watches knows
whether a Ctrl-C at the terminal has reached both of them or must be handed on.
"""

import os
import sys

_OURS = sys.modules[__name__]  # kept: the script's module takes its place
_PROCESS = os.getpid()


def main(words):
    """Run the script; what is left to the interpreter is raised."""
    folder, every, receipts, kind, target, *arguments = words
    _note_signals(int(receipts))
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder
    observer = _Observer(folder, int(every))
    observer.wait_for_keras()
    _pretend(kind, target, arguments)
    ended, again = _run(kind, target)
    observer.finish(ended)
    if again is not None:
        raise again


def _run(kind, target):
    """Run it; how it ended, and what the interpreter has yet to see."""
    try:
        _run_module(target) if kind == "module" else _run_script(target)
        _await_threads()
    except SystemExit as left:
        return ("failed" if left.code not in (None, 0) else "finished"), _left(left)
    except KeyboardInterrupt as interrupt:
        _ignore_interrupts()
        _show(interrupt)
        sys.excepthook = lambda *shown: None
        return "interrupted", KeyboardInterrupt()
    except BaseException as error:
        _show(error)
        return "failed", SystemExit(1)
    return "finished", None


def _left(left):
    try:
        _await_threads()
    except KeyboardInterrupt as interrupt:
        return interrupt
    return SystemExit(left.code)


def _run_script(target):
    import io
    from importlib.machinery import SourceFileLoader

    names = _new_main()
    if os.path.isdir(target) or _is_zip(target):  # `python FOLDER` runs its __main__.py
        return _run_by_name("__main__", alter_argv=False)
    path = os.path.join(os.getcwd(), target)
    names.update(__file__=path, __cached__=None, __loader__=SourceFileLoader("__main__", path))
    with io.open_code(path) as opened:
        source = opened.read()
    exec(compile(source, path, "exec", dont_inherit=True), names)


def _run_module(name):
    _new_main()
    _run_by_name(name, alter_argv=True)


def _run_by_name(name, alter_argv):
    import runpy

    runpy._run_module_as_main(name, alter_argv)


def _new_main():
    """An empty `__main__`; its names."""
    import builtins
    import types

    module = sys.modules["__main__"] = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __annotations__={})
    return module.__dict__


def _is_zip(target):
    with open(target, "rb") as opened:
        return opened.read(4) == b"PK\x03\x04"


def _pretend(kind, target, arguments):
    """argv and path as the interpreter would have made them."""
    if kind == "module":
        first, place, shown = "-m", os.getcwd(), ["-m", target]
    else:
        whole = os.path.isdir(target) or _is_zip(target)
        place = os.path.join(os.getcwd(), target) if whole else os.path.dirname(os.path.realpath(target))
        first, shown = target, [target]
    sys.argv[:] = [first, *arguments]
    sys.orig_argv[:] = [*sys.orig_argv[: sys.orig_argv.index(__file__)], *shown, *arguments]
    if not sys.flags.safe_path:
        sys.path.insert(0, place)


def _note_signals(receipts):
    import signal

    os.set_inheritable(receipts, False)
    os.set_blocking(receipts, False)
    signal.set_wakeup_fd(receipts, warn_on_full_buffer=False)


def _ignore_interrupts():
    """A second Ctrl-C must not cost what was recorded."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _await_threads():
    """As the interpreter does at its end: a script may train in a thread."""
    threading = sys.modules.get("threading")
    for thread in threading.enumerate() if threading else ():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()


def _show(error):
    """The traceback as it is without us."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    sys.stdout.flush()
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _is_ours(file):
    return file == __file__ or file.startswith("<frozen ") or os.path.basename(file) == "runpy.py"


class _Observer:
    """The observer, held at arm's length: the script must not notice when it fails."""

    def __init__(self, folder, every):
        self._folder, self._every = folder, every
        self._found = None

    def wait_for_keras(self):
        """Have `install` called when the script has imported Keras."""
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        sys.path.insert(0, root)  # for this import; further modules of ours are found by their package
        try:
            from graduate.observe.hook import install_on_import

            install_on_import(lambda: self)
        except Exception as error:
            self._complain("could not be installed", error)
        finally:
            sys.path.remove(root)
        self._leave = os._exit
        os._exit = self._exit
        os.register_at_fork(after_in_child=self._leave_alone)

    def install(self):
        """Called by the import hook."""
        if os.getpid() != _PROCESS:
            return
        try:
            from graduate.observe import Observer

            backend = sys.modules["keras"].backend.backend()
            if backend != "tensorflow":
                return self._say(f"Keras runs on {backend} here: only its TensorFlow backend is observed")
            self._found = Observer(self._folder, self._every)
            self._found.install()
        except Exception as error:
            self._complain("could not be installed", error)

    def finish(self, ended):
        """Once, and in this process alone: a fork has nothing to tell."""
        observer, self._found = self._found, None
        if observer is None or os.getpid() != _PROCESS:
            return
        try:
            observer.finish(ended)
        except Exception as error:
            self._complain("could not finish", error)

    def _leave_alone(self):
        """In a process that the script forked: it is not observed, and must not write to our traces."""
        observer, self._found = self._found, None
        if observer is not None:
            try:
                observer.uninstall()
            except Exception as error:
                self._complain("could not be taken out of a fork", error)

    def _exit(self, status):
        """Instead of os._exit, which takes the process down with what was not yet written."""
        self.finish("finished" if status == 0 else "failed")
        self._leave(status)

    def _complain(self, what, error):
        self._say(f"the observer {what}: {type(error).__name__}: {error}")

    def _say(self, text):
        """For the report; nothing of it goes to the script's streams."""
        try:
            with open(os.path.join(self._folder, "observer.txt"), "a", encoding="utf-8") as opened:
                opened.write(text.replace("\n", " ") + "\n")
        except OSError:
            pass


if __name__ == "__main__":
    main(sys.argv[1:])
