"""What runs in one event loop of an application: the open database, and the subscribers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from headcount import assembly
from headcount.assembly import Embedded
from headcount.embedding.recognising import Recognition, Saying
from headcount.embedding.subscribing import Enlisted, Subscription
from headcount.feed import holding
from headcount.feed.watching import Watch
from headcount.feed.working import Worker
from headcount.settings import Settings


@dataclass(frozen=True, slots=True)
class Home:
    """The parts of Headcount, as long as they are open."""

    parts: Embedded
    watch: Watch
    worker: Worker

    @classmethod
    async def open(
        cls, settings: Settings, saying: Saying, wanted: Mapping[str, Subscription]
    ) -> Self:
        """Open the database, and begin.

        Every subscriber has its place before the first request is answered, so none of the events
        of these requests is missed, whatever happens to the process.

        Raises:
            Unavailable: the database cannot be used.
        """
        parts = assembly.embedded(
            settings, lambda runtime, tokens: Recognition(saying, runtime, tokens)
        )
        store = parts.runtime.store
        try:
            await store.ready()
            enlisted = Enlisted(store, parts.clock, wanted)
            await enlisted()
            await holding.free(store.followers)
        except BaseException:
            await store.close()
            raise
        watch = Watch(store)
        worker = Worker(store, watch, parts.clock, holding.holder(), enlisted)
        worker.start()
        if parts.recorder is not None:
            parts.recorder.start()
        return cls(parts, watch, worker)

    async def close(self) -> None:
        """End what runs, and let go of the database."""
        await self.worker.close()
        await self.watch.close()
        await self.parts.connections.close()
        if self.parts.recorder is not None:
            await self.parts.recorder.close()
        await self.parts.runtime.store.close()
