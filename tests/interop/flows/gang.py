"""A gang of two, in which every rank saves by Python and by C++."""

import os

from metaflow import FlowSpec, checkpoint, current, parallel, step
from notes import holdfast, note, scratch


class Gang(FlowSpec):
    @step
    def start(self):
        self.next(self.train, num_parallel=2)

    @checkpoint(show_card=False)
    @parallel
    @step
    def train(self):
        rank = current.parallel.node_index
        path = scratch(f"gang-{rank}") / "shard.bin"
        path.write_bytes(b"shard %d" % rank)
        note(
            f"gang-{rank}",
            {
                "python": current.checkpoint.save(str(path), name=f"python{rank}"),
                "cpp": holdfast("save", path, "--name", f"cpp{rank}")[0],
                "uid": os.environ["METAFLOW_CHECKPOINT_UID"],
                "identifier": current.checkpoint.task_identifier,
                "pathspec": current.pathspec,
            },
        )
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Gang()
