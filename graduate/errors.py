"""Errors a user can act on: one sentence, where, and a hint. Anything else that is raised is a defect of ours."""

from __future__ import annotations

# The exit codes of every verb; they stand in `--help` and docs/cli.md too.
OK, FAILED, USAGE, REFUSED, SICK, DATA_REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class UserError(Exception):
    """Something the user can mend.

    Args:
        message: one sentence that names the file, key, row or node.
        hint: what to do, printed on a line of its own.
        where: `file`, `file:line` or a node; printed before the message.
    """

    exit_code = FAILED

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.where = message, hint, where
        if hint:  # Beam hands on a traceback as text: a note is what survives in it
            self.add_note(f"hint: {hint}")

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def __reduce__(self):  # Beam pickles what a bundle raises; keyword-only arguments would be lost
        return (_rebuild, (type(self), self.message, self.hint, self.where))

    def render(self) -> str:
        """The error as it is printed: `error: where: message`, an empty line, `hint: …`."""
        return f"error: {self}" + (f"\n\nhint: {self.hint}" if self.hint else "")


def _rebuild(kind: type[UserError], message: str, hint: str | None, where: str | None) -> UserError:
    return kind(message, hint=hint, where=where)


class UsageError(UserError):
    """Bad command line or config: exit 2."""

    exit_code = USAGE


class DataError(UserError):
    """Input data that cannot be used: exit 5."""

    exit_code = DATA_REFUSED
