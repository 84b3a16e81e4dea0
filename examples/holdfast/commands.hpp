#ifndef HOLDFAST_TOOL_COMMANDS_HPP
#define HOLDFAST_TOOL_COMMANDS_HPP

#include "exit_status.hpp"
#include "options.hpp"
#include "output.hpp"

#include <string>
#include <vector>

// One function a command. They throw `holdfast::error` for what ends the command.
namespace tool {

exit_status list(const global_options& options, const list_arguments& arguments, output& out);
exit_status search(const global_options& options, const std::string& pathspec, output& out);
exit_status show(const global_options& options, const std::string& reference, output& out);
exit_status save(const global_options& options, const save_arguments& arguments, output& out);
exit_status load(const global_options& options, const load_arguments& arguments, output& out);
exit_status restore(const global_options& options, const restore_arguments& arguments, output& out);
exit_status verify(const global_options& options, const verify_arguments& arguments, output& out);
exit_status remove(const global_options& options, const std::vector<std::string>& references, output& out);
exit_status clean(const global_options& options, const clean_arguments& arguments, output& out);

exit_status save_model(const global_options& options, const model_save_arguments& arguments, output& out);
exit_status list_models(const global_options& options, const model_list_arguments& arguments, output& out);

}  // namespace tool

#endif
