#include "listing.hpp"

#include "words.hpp"

#include <holdfast/core/error.hpp>

#include <algorithm>
#include <utility>

namespace tool {

std::string one_line(const holdfast::artifact_document& document) {
    auto text = document.to_json();
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

listing::listing(output& out, const std::vector<std::string>& first_columns, std::string nothing)
    : out_(out), nothing_(std::move(nothing)), with_tasks_(first_columns.front() == "TASK") {
    for (const auto& title : first_columns) rows_.columns.push_back({title});
    rows_.columns.push_back({"SAVED"});
    for (const auto* title : {"SIZE", "ATTEMPT"}) rows_.columns.push_back({title, true});
    if (first_columns.back() == "NAME") rows_.columns.push_back({"VERSION", true});
    rows_.columns.push_back({"KEY"});
}

void listing::add(const holdfast::checkpoint_reference& found) {
    add(found, found.name, std::to_string(found.version));
}

void listing::add(const holdfast::model_reference& found) {
    add(found, found.label, {});
}

void listing::add(const holdfast::artifact_document& found, const std::string& name, const std::string& version) {
    if (out_.json()) return out_.result(one_line(found));
    std::vector<std::string> row;
    if (with_tasks_) row.push_back(printable(found.pathspec));
    row.insert(row.end(),
               {printable(name), age_in_words(found.created_on, now_), size_in_words(found.size), found.attempt});
    if (!version.empty()) row.push_back(version);
    row.push_back(printable(found.key));
    rows_.rows.push_back(std::move(row));
}

holdfast::damage_handler listing::on_damage() {
    return [this](const holdfast::error& problem) {
        out_.failure(problem);
        status_ = first_problem(status_, damaged);
    };
}

exit_status listing::finish() {
    if (!rows_.rows.empty()) out_.result(rows_);
    if (rows_.rows.empty() && status_ == done) out_.note(nothing_);
    return status_;
}

}  // namespace tool
