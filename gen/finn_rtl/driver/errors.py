"""What can go wrong with hardware."""

from __future__ import annotations

from finn_rtl.common.errors import FinnError


class DriverError(FinnError):
    """The accelerator cannot be used, or a job failed. One line says what, and what to do."""


class WrongHardwareError(DriverError):
    """What answers is not the accelerator that the description is of."""


class JobError(DriverError):
    """The hardware ended a job with an error: its results are not to be used. The next job can run."""


class JobTimeoutError(DriverError):
    """A job did not end in time, and was aborted."""
