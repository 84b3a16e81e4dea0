"""Python and C++ save models in one step, each loads the other's in the next, by every kind of reference."""

import json

from metaflow import FlowSpec, checkpoint, current, load_model, model, step
from metaflow_extensions.obcheckpoint.plugins.machine_learning_utilities.datastructures import ModelArtifact
from notes import FOLDER, holdfast, note, scratch, tree
from world import RICH_METADATA, rich_tree

GIVEN = str(FOLDER / "scratch" / "models-given")


def described(folder):
    """A note of a tree, with bytes as hex."""
    return {path: content if content is None else content.hex() for path, content in tree(folder, True).items()}


class Models(FlowSpec):
    @checkpoint(show_card=False)
    @model
    @step
    def start(self):
        folder = scratch("models")
        directory = rich_tree(folder / "directory")
        single = folder / "Grüße ☃.bin"
        single.write_bytes(bytes(range(256)) * 5)
        python, cpp = {}, {}
        for layout in ("tar", "files"):
            python[f"directory-{layout}"] = current.model.save(
                str(directory), label="org/py label", metadata=RICH_METADATA, storage_format=layout
            )
            python[f"single-{layout}"] = current.model.save(str(single), storage_format=layout)
        for layout in ("tar", "files", "tar.gz"):
            save = ("model", "save", "--format", layout)
            metadata = ("--label", "v1.0 ü", "--metadata", json.dumps(RICH_METADATA))
            cpp[f"directory-{layout}"] = holdfast(*save, *metadata, directory)[0]
            cpp[f"single-{layout}"] = holdfast(*save, single)[0]
        note("python-models", python)
        note("cpp-models", cpp)
        self.python, self.cpp = python, cpp
        self.as_dict, self.as_key = cpp["directory-tar"], cpp["directory-files"]["key"]
        self.as_given, self.compressed = cpp["single-tar"], cpp["directory-tar.gz"]
        self.next(self.use)

    @model(load=["as_dict", "as_key", ("as_given", GIVEN), ("compressed", None)])
    @step
    def use(self):
        names = ("as_dict", "as_key", "as_given", "compressed")
        note("decorator-loads", {name: described(current.model.loaded[name]) for name in names})
        note("given", described(GIVEN))
        note("infos", {name: current.model.loaded.info[name] for name in names})
        loads, functions, tools = {}, {}, {}
        for name, reference in self.cpp.items():
            loads[name] = described(current.model.load(reference))
            for how, given in {
                "dict": reference, "key": reference["key"], "object": ModelArtifact(**reference),
            }.items():
                target = scratch(f"load-model/{name}-{how}")
                load_model(given, str(target))
                functions[f"{name}-{how}"] = described(target)
        for name, reference in self.python.items():
            for how, argument in {"dict": json.dumps(reference), "key": reference["key"]}.items():
                target = scratch(f"tool-load/{name}-{how}")
                holdfast("model", "load", argument, target)
                tools[f"{name}-{how}"] = described(target)
        note("runtime-loads", loads)
        note("function-loads", functions)
        note("tool-loads", tools)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Models()
