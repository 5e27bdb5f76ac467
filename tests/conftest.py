"""What holds for all tests."""

import signal

# A shell that starts the suite in the background has it ignore Ctrl-C, and every process that a test interrupts too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
