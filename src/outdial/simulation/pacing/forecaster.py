"""Forecasts made in another process, so that neither the API nor a dialer beside it waits for them."""

import asyncio
import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Self

from outdial.domain.forecasts import Material, Question
from outdial.simulation.pacing.twin import foresee


class Forecaster:
    """One process for as long as it is open, begun with the first question. Implements `ports.forecasts.Foresee`."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()

    async def __call__(self, material: Material, question: Question) -> Mapping[str, Any]:
        if self._pool is None:
            # Begun from scratch: a copy of this process would have its sockets and its locks.
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_be_modest)
        return await asyncio.get_running_loop().run_in_executor(self._pool, foresee, material, question)


def _be_modest() -> None:
    os.nice(10)
