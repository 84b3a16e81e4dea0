// Whatever the text, a key is taken apart or refused; what was taken apart makes the same key again.
#include <holdfast/metaflow/layout.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::metaflow;

void require_same(const object_key& made, std::string_view text) {
    if (made.str() != text) std::abort();
}

template <class Parse>
void unless_refused(Parse parse, errc refusal) {
    try {
        parse();
    } catch (const error& failure) {
        if (failure.kind() != refusal) std::abort();
    }
}

void take_apart_documents(std::string_view text) {
    if (const auto place = parse_artifact_document_key(text)) require_same(artifact_document_key(*place), text);
    if (const auto place = parse_task_document_key(text)) {
        require_same(task_document_key(place->root_prefix, place->pathspec, place->id), text);
    }
    if (const auto place = parse_model_task_document_key(text)) {
        require_same(model_task_document_key(place->pathspec, place->attempt, place->model_id), text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    unless_refused([&] { require_same(data_key(parse_checkpoint_key(text)), text); }, errc::key_not_compatible);
    unless_refused([&] { require_same(model_data_key(parse_model_key(text)), text); }, errc::key_not_compatible);
    take_apart_documents(text);
    unless_refused([&] { check_checkpoint_name(text); }, errc::invalid_argument);
    unless_refused([&] { task_context::from_pathspec(text).pathspec(); }, errc::invalid_argument);
    unless_refused(
        [&] {
            if (task_context::from_uid(text).uid() != text) std::abort();
        },
        errc::invalid_argument);
    return 0;
}
