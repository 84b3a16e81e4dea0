#include "output.hpp"

#include "words.hpp"

#include <boost/json/object.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>

namespace tool {

namespace {

bool wants_colours() {
    const char* refused = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) != 0 && (refused == nullptr || *refused == '\0');
}

std::vector<std::size_t> widths_of(const table& what) {
    std::vector<std::size_t> widths;
    for (const auto& column : what.columns) widths.push_back(width_of(column.title));
    for (const auto& row : what.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    return widths;
}

std::string aligned(const table& what, const std::vector<std::size_t>& widths, const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - width_of(cells[i]), ' ');
        if (i > 0) line += "  ";
        line += what.columns[i].is_number ? padding + cells[i] : cells[i] + padding;
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

output::output(bool json, bool quiet)
    : json_(json), quiet_(quiet), colours_(wants_colours()), progress_allowed_(!quiet && isatty(STDERR_FILENO) != 0) {}

void output::result(std::string_view line) {
    end_progress();
    std::cout << line << '\n';
}

void output::result(const table& rows) {
    const auto widths = widths_of(rows);
    std::vector<std::string> titles;
    for (const auto& column : rows.columns) titles.push_back(column.title);
    const auto heading = aligned(rows, widths, titles);
    result(colours_ ? "\x1b[1m" + heading + "\x1b[0m" : heading);
    for (const auto& row : rows.rows) result(aligned(rows, widths, row));
}

void output::note(std::string_view text) {
    if (json_ || quiet_) return;
    end_progress();
    std::cerr << printable(text) << '\n';
}

void output::warning(const holdfast::error& problem) {
    complain("warning", problem);
}

void output::failure(const holdfast::error& problem) {
    complain("error", problem);
}

void output::complain(std::string_view label, const holdfast::error& problem) {
    end_progress();
    if (!json_) {
        std::cerr << "holdfast: " << (label == "error" ? "" : "warning: ") << printable(problem.what()) << '\n';
        return;
    }
    const boost::json::object line{{label,
                                    {{"kind", holdfast::to_string(problem.kind())},
                                     {"operation", problem.operation()},
                                     {"key", problem.key()},
                                     {"message", problem.message()}}}};
    std::cerr << json_text(line) << '\n';
}

void output::progress(std::string_view text) {
    if (!progress_allowed_) return;
    std::cerr << "\r\x1b[K" << printable(text) << std::flush;
    progress_shown_ = true;
}

void output::end_progress() {
    if (progress_shown_) std::cerr << "\r\x1b[K" << std::flush;
    progress_shown_ = false;
}

void output::finish() {
    end_progress();
    if (!std::cout.flush()) {
        throw holdfast::error(holdfast::errc::io_failure, "write", "standard output",
                              "not everything could be written; is the disk full?");
    }
}

}  // namespace tool
