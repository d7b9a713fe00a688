"""Reading the log beside the work."""

from __future__ import annotations

from shared.consuming.reading import Reading
from shared.platform import Health


class InTheBackground:
    """A consumer that intake can do without for a while: what comes is accepted all the same."""

    def __init__(self, reading: Reading) -> None:
        self.name = reading.name
        self._reading = reading

    async def start(self) -> None:
        """Read from now on."""
        await self._reading.start()

    async def stop(self) -> None:
        """Finish the batch in work."""
        await self._reading.stop()

    async def cancel(self) -> None:
        """End the reading where it waits."""
        await self._reading.cancel()

    def health(self) -> Health:
        """Ready as long as it didn't crash; the detail says what it waits for."""
        return Health(self.crashed is None, self._reading.health().detail)

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""
        return self._reading.crashed
