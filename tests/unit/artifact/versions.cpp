#include <holdfast/artifact/versions.hpp>

#include <doctest/doctest.h>

#include <holdfast/storage/memory.hpp>

#include <string>

using namespace holdfast;

namespace {

const task_context task =
    task_context{.flow = "F", .run = "1", .step = "start", .task = "2", .metaflow_namespace = "user:alice"}.resolved();

detail::version_counter<memory_storage> counter(const memory_storage& store) {
    return {store, task};
}

}  // namespace

TEST_CASE("a look claims nothing, a claim is for ever and for all names") {
    const memory_storage store;
    auto first = counter(store);
    CHECK(first.peek() == 0);
    CHECK(counter(store).peek() == 0);
    CHECK(first.claim("a") == 0);
    CHECK(first.claim("b") == 1);
    CHECK(counter(store).claim("a") == 2);
    CHECK(first.claim("a") == 3);
    CHECK(counter(store).peek() == 4);
}

TEST_CASE("attempts count for themselves, the nodes of a gang do not") {
    const memory_storage store;
    CHECK(counter(store).claim("a") == 0);
    auto retry = task;
    retry.attempt = "1";
    CHECK(detail::version_counter<memory_storage>{store, retry}.claim("a") == 0);
    auto node = task;
    node.identifier = "c2df85824caf";
    CHECK(detail::version_counter<memory_storage>{store, node}.claim("a") == 1);
}

TEST_CASE("what Python wrote without a claim is found by its documents and its data") {
    const memory_storage store;
    const auto put = [&](const object_key& key) { store.put(key, byte_source::from_text("Python's")); };
    const metaflow::artifact_folder folder = metaflow::folder_of(task);
    const auto id = [](std::uint64_t version) {
        return metaflow::checkpoint_id{metaflow::pathspec_hash("F/1/start/2"), "0", "a", version};
    };
    put(metaflow::task_document_key(folder.root_prefix, "F/1/start/2", id(3)));
    CHECK(counter(store).peek() == 4);
    put(metaflow::data_key({folder, id(4)}) / "weights");
    put(metaflow::artifact_document_key({folder, id(5)}));
    CHECK(counter(store).claim("a") == 6);
}
