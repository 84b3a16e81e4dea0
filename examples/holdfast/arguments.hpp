#ifndef HOLDFAST_TOOL_ARGUMENTS_HPP
#define HOLDFAST_TOOL_ARGUMENTS_HPP

#include "options.hpp"

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/any.hpp>

#include <optional>
#include <string>
#include <vector>

// What the words of a command line mean. Errors: `invalid_argument` and its like, so that the exit status is 2.
namespace tool {

holdfast::any_storage store_of(const global_options& options);

holdfast::task_context task_of(const global_options& options);

/// What a search goes through: below a pathspec that is given, else the task of the options, else the whole store.
std::string searched_path(const global_options& options, const std::string& pathspec);

std::optional<holdfast::symlink_policy> links_of(bool follow_links);

/// A key, the JSON text of a reference, @FILE, or - for standard input.
holdfast::reference reference_of(const std::string& argument);
std::vector<holdfast::reference> references_of(const std::vector<std::string>& arguments);

}  // namespace tool

#endif
