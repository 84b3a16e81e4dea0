#ifndef HOLDFAST_TOOL_OPTIONS_HPP
#define HOLDFAST_TOOL_OPTIONS_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tool {

/// What stands before or after any command.
struct global_options {
    std::optional<std::string> store;
    std::optional<std::string> task;
    std::optional<std::string> attempt;
    std::optional<std::string> metaflow_namespace;
    std::vector<std::string> tags;
    bool json = false;
    bool quiet = false;
};

struct list_arguments {
    std::optional<std::string> name;
    std::optional<std::size_t> limit;
    bool whole_namespace = false;
};

struct save_arguments {
    std::string path;
    std::string name = "mfchckpt";
    std::string metadata = "{}";
    std::string format = "files";
    bool follow_links = false;
    bool no_latest = false;
};

struct load_arguments {
    std::string reference;
    std::string directory;
};

struct restore_arguments {
    std::string directory;
    std::string policy = "fresh";
    std::optional<std::string> name;
};

struct verify_arguments {
    std::vector<std::string> references;
    bool all = false;
};

struct clean_arguments {
    long hours = 24;
    bool dry_run = false;
};

struct model_save_arguments {
    std::string path;
    std::optional<std::string> label;
    std::string metadata = "{}";
    std::string format = "tar";
    bool follow_links = false;
};

struct model_list_arguments {
    std::string pathspec;
    std::optional<std::string> label;
    std::optional<std::size_t> limit;
};

}  // namespace tool

#endif
