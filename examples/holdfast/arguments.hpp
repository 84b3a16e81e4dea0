#ifndef HOLDFAST_TOOL_ARGUMENTS_HPP
#define HOLDFAST_TOOL_ARGUMENTS_HPP

#include "options.hpp"

#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/any.hpp>

#include <string>
#include <vector>

// What the words of a command line mean. Errors: `invalid_argument` and its like, so that the exit status is 2.
namespace tool {

holdfast::any_storage store_of(const global_options& options);

holdfast::task_context task_of(const global_options& options);

/// A key, the JSON text of a reference, @FILE, or - for standard input.
holdfast::reference reference_of(const std::string& argument);
std::vector<holdfast::reference> references_of(const std::vector<std::string>& arguments);

}  // namespace tool

#endif
