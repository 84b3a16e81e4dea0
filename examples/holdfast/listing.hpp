#ifndef HOLDFAST_TOOL_LISTING_HPP
#define HOLDFAST_TOOL_LISTING_HPP

#include "exit_status.hpp"
#include "output.hpp"

#include <holdfast/artifact/documents.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/model_document.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace tool {

/// A stored document may have line ends between its fields, where they mean as much as spaces.
std::string one_line(const holdfast::artifact_document& document);

/// A listing that goes on past damaged documents, and remembers that there were some.
class listing {
public:
    static listing of_task(output& out) { return {out, {"NAME"}, "no checkpoints"}; }
    static listing of_tasks(output& out) { return {out, {"TASK", "NAME"}, "no checkpoints"}; }
    static listing of_models(output& out) { return {out, {"TASK", "LABEL"}, "no models"}; }

    void add(const holdfast::checkpoint_reference& found);
    void add(const holdfast::model_reference& found);

    holdfast::damage_handler on_damage();
    exit_status status() const { return status_; }
    exit_status finish();

private:
    listing(output& out, const std::vector<std::string>& first_columns, std::string nothing);

    void add(const holdfast::artifact_document& found, const std::string& name, const std::string& version);

    output& out_;
    std::string nothing_;
    bool with_tasks_;
    table rows_ = {};
    exit_status status_ = done;
    std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
};

}  // namespace tool

#endif
