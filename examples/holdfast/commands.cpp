#include "commands.hpp"

#include "arguments.hpp"
#include "interrupt.hpp"
#include "words.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

namespace tool {

using holdfast::any_storage;
using holdfast::checkpoint;
using holdfast::checkpoint_reference;
using holdfast::errc;
using holdfast::error;

namespace {

checkpoint<any_storage> in_task(const global_options& options) {
    return {store_of(options), task_of(options)};
}

checkpoint<any_storage> in_store(const global_options& options) {
    return checkpoint<any_storage>{store_of(options)};
}

// A stored document may have line ends between its fields, where they mean as much as spaces.
std::string one_line(const checkpoint_reference& reference) {
    auto text = reference.to_json();
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

// A listing that goes on past damaged documents, and remembers that there were some.
class listing {
public:
    listing(output& out, bool with_tasks) : out_(out), with_tasks_(with_tasks) {
        if (with_tasks) rows_.columns.push_back({"TASK"});
        for (const auto* title : {"NAME", "SAVED"}) rows_.columns.push_back({title});
        for (const auto* title : {"SIZE", "ATTEMPT", "VERSION"}) rows_.columns.push_back({title, true});
        rows_.columns.push_back({"KEY"});
    }

    void add(const checkpoint_reference& found) {
        if (out_.json()) return out_.result(one_line(found));
        std::vector<std::string> row;
        if (with_tasks_) row.push_back(printable(found.pathspec));
        row.insert(row.end(), {printable(found.name), age_in_words(found.created_on, now_), size_in_words(found.size),
                               found.attempt, std::to_string(found.version), printable(found.key)});
        rows_.rows.push_back(std::move(row));
    }

    holdfast::damage_handler on_damage() {
        return [this](const error& problem) {
            out_.failure(problem);
            status_ = first_problem(status_, status_of(problem.kind()));
        };
    }

    exit_status status() const { return status_; }

    exit_status finish() {
        if (!rows_.rows.empty()) out_.result(rows_);
        if (rows_.rows.empty() && status_ == done) out_.note("no checkpoints");
        return status_;
    }

private:
    output& out_;
    bool with_tasks_;
    table rows_ = {};
    exit_status status_ = done;
    std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
};

std::string with_files(const checkpoint_reference& document, const std::vector<holdfast::stored_file>& files) {
    boost::json::array list;
    for (const auto& file : files) {
        boost::json::object entry{{"path", file.path}, {"size", file.size}};
        if (!file.digest.empty()) entry["digest"] = file.digest;
        list.push_back(std::move(entry));
    }
    const auto text = one_line(document);
    return text.substr(0, text.rfind('}')) + ", \"files\": " + boost::json::serialize(list) + '}';
}

void describe(const checkpoint_reference& document, const std::vector<holdfast::stored_file>& files, output& out) {
    for (const auto& [name, value] : document.fields) {
        auto text = value.is_string() ? std::string(value.get_string()) : holdfast::to_python_json(value);
        if (name == "created_on") text += ", " + age_in_words(text, std::chrono::system_clock::now());
        if (name == "size") text += ", " + size_in_words(document.size);
        const std::string gap(name.size() < 18 ? 18 - name.size() : 1, ' ');
        out.result(printable(std::string(name) + gap + text));
    }
    out.result("");
    table rows{{{"SIZE", true}, {"DIGEST"}, {"FILE"}}};
    for (const auto& file : files) rows.rows.push_back({size_in_words(file.size), file.digest, printable(file.path)});
    out.result(rows);
}

template <class Archive>
checkpoint_reference save_as(const global_options& options, const std::string& path,
                             const holdfast::save_options& how) {
    return checkpoint<any_storage, Archive>{store_of(options), task_of(options)}.save(path, how);
}

exit_status report(const std::string& key, const holdfast::verification& seen, output& out, table& rows) {
    const std::string status(to_string(seen.status));
    if (out.json()) {
        out.result(
            boost::json::serialize(boost::json::object{{"key", key}, {"status", status}, {"detail", seen.detail}}));
    } else {
        rows.rows.push_back({status, printable(key), printable(seen.detail)});
    }
    using result = holdfast::verification::result;
    return seen.status == result::ok || seen.status == result::unverifiable ? done : damaged;
}

}  // namespace

exit_status list(const global_options& options, const list_arguments& arguments, output& out) {
    listing found{out, arguments.whole_namespace};
    const auto task = in_task(options);
    for (const auto& reference : task.list({.name = arguments.name,
                                 .attempt = options.attempt,
                                 .whole_namespace = arguments.whole_namespace,
                                 .limit = arguments.limit,
                                 .on_damage = found.on_damage()})) {
        found.add(reference);
    }
    return found.finish();
}

exit_status search(const global_options& options, const std::string& pathspec, output& out) {
    listing found{out, true};
    const auto visit = [&](const checkpoint_reference& reference) {
        found.add(reference);
        return true;
    };
    in_store(options).search(pathspec, visit, found.on_damage());
    return found.finish();
}

exit_status show(const global_options& options, const std::string& reference, output& out) {
    const auto store = in_store(options);
    const auto document = store.show(reference_of(reference).key());  // what is stored, not what was given
    const auto files = store.files_of(document);
    if (out.json()) {
        out.result(with_files(document, files));
    } else {
        describe(document, files, out);
    }
    return done;
}

exit_status save(const global_options& options, const save_arguments& arguments, output& out) {
    const holdfast::save_options how{.name = arguments.name,
                                     .metadata = holdfast::parse_metadata(arguments.metadata),
                                     .latest = !arguments.no_latest,
                                     .stop = stop_on_interrupt()};
    const auto saved = arguments.format == "tar"      ? save_as<holdfast::tar>(options, arguments.path, how)
                       : arguments.format == "tar.gz" ? save_as<holdfast::tar_gz>(options, arguments.path, how)
                                                      : save_as<holdfast::files>(options, arguments.path, how);
    out.result(out.json() ? one_line(saved) : saved.key);
    out.note("saved " + size_in_words(saved.size));
    return done;
}

exit_status load(const global_options& options, const load_arguments& arguments, output& out) {
    const auto which = reference_of(arguments.reference);
    const auto loaded = in_store(options).load(which, arguments.directory, {.stop = stop_on_interrupt()});
    if (out.json()) {
        out.result(boost::json::serialize(boost::json::object{{"key", which.key()},
                                                              {"directory", arguments.directory},
                                                              {"files", loaded.files},
                                                              {"bytes", loaded.bytes}}));
    } else {
        out.result(arguments.directory);
    }
    out.note("loaded " + count_in_words(loaded.files, "file") + ", " + size_in_words(loaded.bytes));
    return done;
}

exit_status restore(const global_options& options, const restore_arguments& arguments, output& out) {
    using holdfast::load_policy;
    auto task = in_task(options);
    const auto policy = arguments.policy == "eager" ? load_policy::eager : load_policy::fresh;
    const auto found = task.restore(
        policy, {.name = arguments.name, .directory = arguments.directory, .load = {.stop = stop_on_interrupt()}});
    if (!found) {
        throw error(errc::not_found, "restore", task.context().pathspec(),
                    "there is nothing to restore; see holdfast list for what is there");
    }
    for (const auto& passed : found->skipped()) out.warning(error(passed.kind, "restore", passed.key, passed.why));
    out.result(out.json() ? one_line(found->info()) : found->info().key);
    out.note("restored what was saved " + age_in_words(found->info().created_on, std::chrono::system_clock::now()));
    return done;
}

exit_status verify(const global_options& options, const std::vector<std::string>& references, output& out) {
    listing of_task{out, false};
    auto wanted = references_of(references);
    auto store = references.empty() ? in_task(options) : in_store(options);
    if (references.empty()) {
        for (const auto& found : store.list({.attempt = options.attempt, .on_damage = of_task.on_damage()})) {
            wanted.emplace_back(found.key);
        }
    }
    exit_status status = wanted.empty() ? of_task.finish() : of_task.status();
    table rows{{{"STATUS"}, {"KEY"}, {"DETAIL"}}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        out.progress("verifying " + std::to_string(i + 1) + " of " + std::to_string(wanted.size()));
        status = first_problem(status, report(wanted[i].key(), store.verify(wanted[i]), out, rows));
    }
    if (!rows.rows.empty()) out.result(rows);
    return status;
}

exit_status remove(const global_options& options, const std::vector<std::string>& references, output& out) {
    const auto store = in_store(options);
    exit_status status = done;
    for (const auto& which : references_of(references)) {
        if (store.remove(which)) {
            out.note("removed " + which.key());
            continue;
        }
        out.failure(error(errc::not_found, "remove", which.key(), "no checkpoint has this key in this store"));
        status = first_problem(status, not_found);
    }
    return status;
}

}  // namespace tool
