"""The simulator in a thread of this process, for tests, the demo and benchmarks."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from integrations.simulator.faults import Faults
from integrations.simulator.options import Options
from integrations.simulator.remote import Remote
from integrations.simulator.server import serve
from integrations.simulator.simulator import Simulator

START_SECONDS = 30


class SimulatorThread:
    """`with SimulatorThread(Options(port=0)) as simulator: simulator.url, simulator.remote.credits(grant_id) …`

    A port that is taken, or whatever else stops it from starting, is raised where it is entered.
    """

    url: str
    remote: Remote

    def __init__(self, options: Options | None = None, faults: Faults | None = None) -> None:
        self.options = options or Options(port=0, lives=False)
        self._faults = faults or Faults()
        self._bound = threading.Event()
        self._thread = threading.Thread(target=self._run, name="platform-simulator", daemon=True)
        self._trouble: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._bound.wait(START_SECONDS):
            raise TimeoutError("The simulator did not start.")
        if self._trouble:
            raise self._trouble
        self.remote = Remote(self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remote.close()
        if self._loop and self._end:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as trouble:
            self._trouble = trouble
        finally:
            self._bound.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        await serve(self.options, self._faults, until=self._end, bound=self._note_bound)

    def _note_bound(self, url: str, _simulator: Simulator) -> None:
        self.url = url
        self._bound.set()
