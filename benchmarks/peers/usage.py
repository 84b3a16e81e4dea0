"""What a stretch of work takes, its child processes included."""

import json
import resource
import time
from contextlib import contextmanager


def _cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def measured():
    """Prints wall and CPU seconds as JSON, and what the work adds: a long-lived process pays for its imports once."""
    more = {}
    wall, cpu = time.perf_counter(), _cpu()
    yield more
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu, **more}), flush=True)
