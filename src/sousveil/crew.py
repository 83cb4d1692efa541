"""The workers of one scan, or of several in a row: to start and lock them takes longer than a small file does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from sousveil.options import Options
from sousveil.work.feed import most_workers
from sousveil.work.jobs import warm, work
from sousveil.work.messages import Job, Message
from sousveil.work.pool import Pool
from sousveil.work.stations import Stations


class Crew:
    """Workers and their places; ``hand`` is what the scan at hand gives along with a job. It has to be closed."""

    def __init__(self, options: Options) -> None:
        self.size = most_workers(options.jobs or os.cpu_count() or 1)
        self.stations = Stations()
        self.hand: Callable[[Job], tuple[Job, Sequence[int]]] = lambda job: (job, ())
        self.pool: Pool[Job, Message] = Pool(
            work,
            Job,  # type: ignore[arg-type]
            Message,
            self.size,
            options.timeout,
            warm,
            stations=self.stations.make,
            hand=lambda job: self.hand(job),
            confined=options.sandbox != "off",
            required=options.sandbox == "required",
        )

    def rest(self) -> None:
        """End one scan: what its workers have not done is dropped, and what they kept."""
        if not self.pool.idle:
            self.pool.close()
        self.stations.empty()

    def close(self) -> None:
        """Stop every worker and remove what was spooled; safe to call twice."""
        self.pool.close()
        self.stations.close()
