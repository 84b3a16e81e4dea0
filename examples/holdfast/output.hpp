#ifndef HOLDFAST_TOOL_OUTPUT_HPP
#define HOLDFAST_TOOL_OUTPUT_HPP

#include <holdfast/core/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tool {

/// Rows under titles, as wide as they have to be.
struct table {
    struct column {
        std::string title;
        bool is_number = false;
    };
    std::vector<column> columns;
    std::vector<std::vector<std::string>> rows = {};
};

/// Results go to stdout, all else to stderr.
class output {
public:
    output(bool json, bool quiet);

    bool json() const noexcept { return json_; }

    /// One line on stdout.
    void result(std::string_view line);
    void result(const table& rows);

    /// What a person may like to know; not under --json or --quiet.
    void note(std::string_view text);

    /// Something went wrong, and the command goes on.
    void warning(const holdfast::error& problem);

    /// Something went wrong, and the exit status says so.
    void failure(const holdfast::error& problem);

    /// Overwrites the one before; only on a terminal, and not under --quiet.
    void progress(std::string_view text);

    /// Errors: `io_failure` where stdout did not take everything.
    void finish();

private:
    void complain(std::string_view label, const holdfast::error& problem);
    void end_progress();

    bool json_;
    bool quiet_;
    bool colours_;
    bool progress_allowed_;
    bool progress_shown_ = false;
};

}  // namespace tool

#endif
