#include "arguments.hpp"

#include <holdfast/core/error.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/default_storage.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/open.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <istream>
#include <string_view>

namespace tool {

using holdfast::errc;
using holdfast::error;

namespace {

constexpr std::size_t reference_limit = 16U << 20U;

std::string read_text(std::istream& in, const std::string& origin) {
    std::string text;
    std::array<char, 65536> part{};
    while (in.read(part.data(), part.size()) || in.gcount() > 0) {
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > reference_limit) {
            throw error(errc::too_large, "read reference", origin, "this is far longer than any reference");
        }
    }
    if (in.bad()) throw error(errc::io_failure, "read reference", origin, "it cannot be read");
    return text;
}

std::string read_file(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) throw error::from_errno(errno, "read reference", path);
    return read_text(in, path);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

holdfast::reference parsed_reference(std::string_view text) {
    if (text.empty()) throw error(errc::invalid_argument, "read reference", "", "the reference is empty");
    holdfast::reference which{text};
    const auto kind = holdfast::metaflow::kind_of_key(which.key());
    if (which.is_key()) return which;
    if (kind == holdfast::metaflow::artifact_kind::model) {
        which.as_model();
    } else {
        which.as_checkpoint();
    }
    return which;
}

/// @param attempt may take the place of a variable that is missing
holdfast::task_context surrounding_task(const std::optional<std::string>& attempt) {
    if (attempt) ::setenv("MF_ATTEMPT", attempt->c_str(), 0);
    try {
        return holdfast::task_context::from_environment();
    } catch (const error& problem) {
        if (problem.kind() != errc::not_in_task) throw;
        throw error(errc::not_in_task, "identify task", "",
                    "give --task FLOW/RUN/STEP/TASK, or run inside a step with @checkpoint, which sets "
                    "METAFLOW_CHECKPOINT_UID; search and show need no task");
    }
}

}  // namespace

holdfast::any_storage store_of(const global_options& options) {
    if (!options.store) return holdfast::default_storage();
    return holdfast::storage_at(*options.store);
}

holdfast::task_context task_of(const global_options& options) {
    using holdfast::task_context;
    auto context = options.task ? task_context::from_pathspec(*options.task) : surrounding_task(options.attempt);
    if (options.attempt) context.attempt = *options.attempt;
    if (options.metaflow_namespace) {
        context.metaflow_namespace = *options.metaflow_namespace;
        context.scope.clear();
    }
    if (const auto scope = holdfast::metaflow::scope_of_tags(options.tags)) context.scope = *scope;
    return context;
}

std::string searched_path(const global_options& options, const std::string& pathspec) {
    return pathspec.empty() ? options.task.value_or("") : pathspec;
}

std::optional<holdfast::symlink_policy> links_of(bool follow_links) {
    return follow_links ? std::optional(holdfast::symlink_policy::follow) : std::nullopt;
}

holdfast::reference reference_of(const std::string& argument) {
    const auto text = argument == "-"             ? read_text(std::cin, "standard input")
                      : argument.starts_with('@') ? read_file(argument.substr(1))
                                                  : argument;
    try {
        return parsed_reference(trimmed(text));
    } catch (const error& problem) {
        if (problem.kind() != errc::corrupt) throw;  // what is wrong with a command line is no damage in a store
        throw error(errc::invalid_argument, "read reference", "", problem.message());
    }
}

std::vector<holdfast::reference> references_of(const std::vector<std::string>& arguments) {
    std::vector<holdfast::reference> references;
    for (const auto& argument : arguments) references.push_back(reference_of(argument));
    return references;
}

}  // namespace tool
