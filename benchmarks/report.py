"""Medians, the tables that are printed, and the page that is kept."""

import os
import platform
import statistics
from pathlib import Path

FLAGS = ("sse4_2", "pclmulqdq", "vpclmulqdq", "aes", "vaes", "sha_ni", "avx2", "avx512f", "pmull", "crc32", "sha2")


def median_of(runs):
    """The median of each quantity over the runs of one contender."""
    names = [name for name, value in runs[0].items() if value is not None]
    return {"runs": len(runs), **{name: statistics.median(run[name] for run in runs) for name in names}}


def number(value, form):
    return "" if value is None else format(value, form)


def reference(work, medians):
    """The contender that the ratios are to: our own with digests where it takes part."""
    own = [one.name for one in work.contenders if one.is_ours and one.name in medians]
    return next((name for name in own if "none" not in name), own[0] if own else next(iter(medians)))


def table(work, medians):
    """Rows of a Markdown table."""
    base = medians[reference(work, medians)]
    rows = [
        ["", "wall s", "CPU s/GB" if base["gigabytes"] >= 0.01 else "CPU ms", "peak MiB", "requests", "connections",
         "× wall", "× CPU", "runs"]
    ]
    for name, one in medians.items():
        cpu = one["cpu"] / one["gigabytes"] if base["gigabytes"] >= 0.01 else one["cpu"] * 1000
        rows.append(
            [
                name,
                number(one["wall"], ".6f" if one["wall"] < 0.001 else ".4f" if one["wall"] < 0.1 else ".2f"),
                number(cpu, ".3f" if cpu < 10 else ".1f"),
                number(one.get("peak", 0) / 2**20, ".1f"),
                number(one.get("requests"), ".0f"),
                number(one.get("connections"), ".0f"),
                number(one["wall"] / base["wall"], ".2f"),
                number(one["cpu"] / base["cpu"], ".2f") if base["cpu"] else "",
                str(one["runs"]),
            ]
        )
    filled = [any(row[i] for row in rows[1:]) or i == 0 for i in range(len(rows[0]))]
    return [[cell for cell, is_filled in zip(row, filled) if is_filled] for row in rows]


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    )


def markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- |" + " ---: |" * (len(rows[0]) - 1), *lines[1:]])


def goal_lines(work, medians):
    lines = []
    for goal in work.goals:
        try:
            value = goal.value(medians)
        except KeyError:
            continue  # somebody who is compared did not take part
        wanted = f"≤ {goal.at_most:g}" if goal.at_most is not None else f"≥ {goal.at_least:g}"
        lines.append(f"{goal.text}: {value:.3g} (goal {wanted}): {'met' if goal.is_met(value) else 'NOT MET'}")
    return lines


def machine(congestion):
    """Facts that explain numbers, and nothing that names the machine."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    flags = next((line.split(":")[1].split() for line in text.splitlines() if line.startswith(("flags", "Feat"))), [])
    known = ", ".join(flag for flag in FLAGS if flag in flags)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{os.cpu_count()} cores, {platform.machine()} ({known}), {memory:.0f} GiB of memory, "
        f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        f"TCP congestion control: {congestion}",
    ]
