#!/usr/bin/env python3
"""Runs every contender on every work, one after the other and round after round, and prints medians and ratios.

Goals are printed beside what was reached; only a run that fails, or that moves a wrong number of bytes, fails this.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report
from contenders import Holdfast, Job, Limit, Tools, clean_environment, folder_of, versions
from local_works import LOCAL
from servers import LocalStore, StandIn, VersityGateway, content_of, use_cubic
from stage import DOCUMENTS, Stage, fill_page_cache, remove
from works import ALL, Work

GATEWAY_WORKS = ("save_big", "load_big", "save_tiny", "load_tiny", "save_tar", "load_tar", "list")
MIB, GIB = 2**20, 2**30
FEW = 8  # files: as many are removed after a run; more stay, because what is created after a removal is slow


def size(text):
    factors = {"K": 2**10, "M": 2**20, "G": 2**30}
    return int(text[:-1]) * factors[text[-1]] if text[-1] in factors else int(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="where stand_in, limit and the others lie")
    parser.add_argument("--scratch", type=Path, help="a folder on a disk; default: the temporary one")
    parser.add_argument("--python", type=Path, help="a Python that has benchmarks/requirements.txt")
    parser.add_argument("--versitygw", type=Path, help="the gateway's program")
    parser.add_argument("--rclone")
    parser.add_argument("--s5cmd", type=Path)
    parser.add_argument("--curl")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1, help="of who needs minutes")
    parser.add_argument("--size", type=size, default=2 * GIB, help="of the large file")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--checkpoints", type=int, default=10_000, help="in the store that is listed")
    parser.add_argument("--few-checkpoints", type=int, default=300, help="in the store on S3 that Python lists too")
    parser.add_argument("--flat-size", type=size, default=8 * GIB, help="of the file that shows flat memory")
    parser.add_argument("--only", default="", help="names of works, with commas; 's3' and 'local' name all on one")
    parser.add_argument("--without", default="", help="names of contenders, with commas")
    parser.add_argument("--servers", default="stand-in,versitygw", help="for the works on S3")
    parser.add_argument("--results", type=Path, help="a Markdown file to write")
    return parser.parse_args()


def rotated(contenders, by):
    """Another first one in each round: who comes after whom makes a difference to the file system."""
    start = by % max(len(contenders), 1)
    return contenders[start:] + contenders[:start]


class Benchmark:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tools = Tools(options.build, options.python, options.rclone, options.s5cmd, options.curl)
        self.stage = Stage(scratch, options)
        self.failures = []
        self.page = []
        self.pattern = b""

    def say(self, text, for_page=None):
        print(text, flush=True)
        self.page.append(text if for_page is None else for_page)

    def contenders(self, work, server):
        unwanted = self.options.without.split(",")
        return [
            one
            for one in work.contenders
            if one.is_there(self.tools)
            and one.name not in unwanted
            and (one.signs or server.name != "versitygw")
        ]

    def measure(self, contender, job):
        """One run: wall and CPU seconds, peak memory in bytes."""
        command = [str(word) for word in contender.command(job, self.tools)]
        surroundings = {**clean_environment(job), **contender.environment(job)}
        usage = self.scratch / "usage"
        script = 'exec 3>"$0"; exec "$@"'
        fill_page_cache(self.scratch)
        done = subprocess.run(
            ["bash", "-c", script, str(usage), str(self.tools.build / "measure"), *command],
            env=surroundings,
            cwd=job.home,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{contender.name} {contender.verb}: {(done.stderr or done.stdout).strip()[-1500:]}")
        taken = json.loads(usage.read_text())
        said = done.stdout.strip().splitlines()
        if contender.inside:
            taken.update(json.loads(said[-1]))
        elif said and '"listed"' in said[-1]:
            taken["listed"] = json.loads(said[-1])["listed"]
        return taken

    def run_once(self, work, contender, server):
        path, files, size = self.stage.source(work.source, self.pattern)
        job = Job(server, work.bucket, self.stage.fresh_key(), str(path), self.stage.home)
        if server.ca_file:
            job.last = str(server.ca_file) if isinstance(contender, Limit) else ""
        is_local = server.name == "local"
        is_load = work.loads in ("big", "tiny", "tar", "files")
        if work.loads:
            prepare = self.stage.prepare_local if is_local else self.stage.prepare
            job.key = prepare(work, contender, server, self.tools, self.pattern)
        if work.repeat:
            job.last = str(work.repeat)
        if is_load:
            job.path = str(self.stage.fresh_path(contender.verb not in ("get", "get_digested", "copy_back")))
            if contender.verb in ("extract", "copy_back"):
                job.last = str(self.stage.local_tar(path) if contender.verb == "extract" else path)
        server.set_delay(work.delay)
        server.take_counts()
        taken = self.measure(contender, job)
        counts = server.take_counts()
        server.set_delay(0)
        self.check(work, contender, job, files, size, taken.pop("listed", None))
        if files <= FEW and (is_load or is_local and not work.loads):
            remove(job.path if is_load else folder_of(job))
        kinds = counts.kinds or {}
        taken.update(
            requests=counts.requests,
            connections=counts.connections,
            lists=kinds.get("list", 0),
            pages=max(1, -(-files // 1000)),
            files=files,
            gigabytes=size / 1e9,
        )
        return taken

    def check(self, work, contender, job, files, size, listed=None):
        """That what was moved is as much as it should be."""
        if work.loads in ("eight", "one"):
            return
        if work.loads in DOCUMENTS:
            wanted = int(contender.last or self.stage.checkpoints(work))
            if listed != wanted:
                raise RuntimeError(f"{contender.name} listed {listed} checkpoints, not {wanted}")
            return
        if work.loads:
            found = content_of(job.path)
            is_right = found == (files, size)
        else:
            found = job.server.stored(f"{job.bucket}/{job.key}")
            with_more = contender.verb in ("save", "save_tar", "create")  # documents and padding
            is_right = found == (files, size) or (with_more and found[0] >= 1 and found[1] >= size)
        if not is_right:
            raise RuntimeError(f"{contender.name} {contender.verb}: {found} files and bytes, not {(files, size)}")

    def run(self, work, server):
        runs = {}
        broken = set()
        rounds = max(self.options.rounds, self.options.slow_rounds)
        taking_part = self.contenders(work, server)
        for round_number in range(rounds):
            for contender in rotated(taking_part, round_number):
                allowed = self.options.slow_rounds if contender.slow else self.options.rounds
                if round_number >= allowed or contender.name in broken:
                    continue
                try:
                    taken = self.run_once(work, contender, server)
                except (RuntimeError, ValueError) as failure:
                    print(f"FAILED: {work.name}: {failure}", file=sys.stderr, flush=True)
                    self.failures.append(f"{work.name} on {server.name}: {contender.name}")
                    broken.add(contender.name)
                    continue
                runs.setdefault(contender.name, []).append(taken)
            if not work.loads:
                server.clear()
                self.stage.prepared = {one for one in self.stage.prepared if one[0] != server.endpoint}
        medians = {one.name: report.median_of(runs[one.name]) for one in taking_part if one.name in runs}
        self.show(work, server, medians)

    def show(self, work, server, medians):
        if not medians:
            return
        self.say(f"\n### {work.title} ({server.name})\n")
        rows = report.table(work, medians)
        self.say(report.aligned(rows), report.markdown(rows))
        goals = report.goal_lines(work, medians) if server.name != "versitygw" else []
        self.say("".join(f"\n- {line}" for line in goals))

    def show_flat_memory(self, server):
        """Peak memory of small and large transfers; the large file is sparse."""
        rows = [["", "wall s", "peak MiB"]]
        peaks = []
        for label, verb, integrity in (
            ("put, none", "put", "none"),
            ("put, crc32c", "put", "crc32c"),
            ("get, crc32c", "get_digested", "crc32c"),
        ):
            for length in (64 * MIB, self.options.flat_size):
                source = self.stage.sparse(length)
                contender = Holdfast(verb, integrity)
                job = Job(server, "zeros-bench", f"flat-{length}", str(source), self.stage.home)
                if verb != "put":
                    job.path = str(self.stage.fresh_path(False))
                try:
                    taken = self.measure(contender, job)
                    self.check(Work("flat", "", "", [], loads="" if verb == "put" else "big"), contender, job, 1, length)
                except RuntimeError as failure:
                    print(f"FAILED: flat memory: {failure}", file=sys.stderr, flush=True)
                    self.failures.append(f"flat memory: {label}")
                    continue
                if verb != "put":
                    remove(job.path)
                peaks.append(taken["peak"] / MIB)
                rows.append([f"{label}, {length // MIB} MiB", f"{taken['wall']:.2f}", f"{peaks[-1]:.1f}"])
        self.say(f"\n### Peak memory, whatever the size ({server.name})\n")
        self.say(report.aligned(rows), report.markdown(rows))
        if peaks:
            verdict = "met" if max(peaks) <= 16 else "NOT MET"
            self.say(f"\n- the highest peak in MiB: {max(peaks):.1f} (goal ≤ 16): {verdict}")


def wanted_works(options):
    groups = {"s3": [*(work.name for work in ALL), "memory"], "local": [work.name for work in LOCAL]}
    names = options.only.split(",") if options.only else list(groups)
    wanted = [one for name in names for one in groups.get(name, [name])]
    unknown = set(wanted) - {one for group in groups.values() for one in group}
    if unknown:
        sys.exit(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(sum(groups.values(), []))}")
    return wanted


def on_local(bench, wanted):
    bench.pattern = bench.pattern or random.Random(1).randbytes(MIB)
    store = LocalStore(bench.scratch)
    store.make_buckets(["bench"])
    for work in LOCAL:
        if work.name in wanted:
            bench.run(work, store)


def on_s3(bench, options, wanted):
    plain = StandIn(options.build / "stand_in", bench.scratch)
    secure = StandIn(options.build / "stand_in", bench.scratch, tls=True)
    started = [plain, secure]
    try:
        bench.pattern = plain.pattern()
        if "stand-in" in options.servers:
            for work in ALL:
                if work.name in wanted:
                    bench.run(work, secure if work.tls else plain)
            if "memory" in wanted:
                bench.show_flat_memory(plain)
        if "versitygw" in options.servers and options.versitygw:
            gateway = VersityGateway(options.versitygw, bench.scratch)
            started.append(gateway)
            gateway.make_buckets(("bench", "keep-bench"))
            for work in ALL:
                if work.name in wanted and work.name in GATEWAY_WORKS:
                    bench.run(work, gateway)
    finally:
        for server in started:
            server.stop()


def main():
    options = arguments()
    wanted = wanted_works(options)
    options.build = options.build.resolve()
    if options.python:
        options.python = options.python.absolute()
    congestion, undo = use_cubic()
    with tempfile.TemporaryDirectory(prefix="holdfast-benchmarks-", dir=options.scratch) as folder:
        bench = Benchmark(options, Path(folder))
        try:
            bench.say(f"# Benchmarks of holdfast, {time.strftime('%Y-%m-%d', time.gmtime())}\n")
            facts = report.machine(congestion)
            facts.append(f"load average at the start: {os.getloadavg()[0]:.1f}; rounds: {options.rounds} (medians)")
            facts.append(
                f"large file, or eight together: {options.size / MIB:.0f} MiB; small files: {options.files}; "
                f"checkpoints listed: {options.checkpoints}, few: {options.few_checkpoints}"
            )
            facts.append("peers: " + ", ".join(versions(bench.tools)))
            facts.append("page cache: full at the start of each run, so that none pays for memory that the host took back")
            facts.append("limit: the least legal HTTP that does the work; × columns: ÷ holdfast with digests, where it runs")
            bench.say("".join(f"- {fact}\n" for fact in facts))
            if any(work.name in wanted for work in ALL) or "memory" in wanted:
                on_s3(bench, options, wanted)
            on_local(bench, wanted)
        finally:
            undo()
    if options.results:
        options.results.write_text("\n".join(bench.page) + "\n")
    if bench.failures:
        sys.exit("failed: " + "; ".join(bench.failures))


if __name__ == "__main__":
    main()
